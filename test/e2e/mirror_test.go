package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestMirrors runs images of public registries where none of them can be
// reached: the built-in registry stands for them. What tasks say of their
// images is what the user wrote, and the digest is the mirror's.
func TestMirrors(t *testing.T) {
	p := start(t)
	for _, repository := range []string{"hub/library/busybox", "public/public.ecr.aws/docker/library/busybox"} {
		if _, err := p.ecr.CreateRepository(context.Background(), &ecr.CreateRepositoryInput{RepositoryName: aws.String(repository)}); err != nil {
			t.Fatal(err)
		}
		p.push(p.listen+"/"+repository+":latest", "FROM="+repository)
	}
	p.interrupt()
	p.flags = []string{"--mirror-only", "--mirror", "docker.io=" + p.listen + "/hub", "--mirror", "*=" + p.listen + "/public"}
	p.up()
	for image, says := range map[string]string{
		"busybox": "hub/library/busybox",
		"public.ecr.aws/docker/library/busybox:latest": "public/public.ecr.aws/docker/library/busybox",
	} {
		task := p.untilTask(p.run(p.register("mirrored", image, `[ "$FROM" = "`+says+`" ] && exec sleep 1000`, nil)), "RUNNING")
		if c := task.Containers[0]; aws.ToString(c.Image) != image || !strings.HasPrefix(aws.ToString(c.ImageDigest), "sha256:") {
			t.Errorf("%s runs as %s with digest %s", image, aws.ToString(c.Image), aws.ToString(c.ImageDigest))
		}
	}
	ended := p.untilTask(p.run(p.register("absent", "nginx:1.25", "true", nil)), "STOPPED")
	if reason := aws.ToString(ended.Containers[0].Reason); !strings.HasPrefix(reason, "CannotPullContainerError: ") || !strings.Contains(reason, "docker.io/library/nginx:1.25: not found") ||
		!strings.Contains(reason, p.listen+"/hub") {
		t.Errorf("an image that no mirror has: %s", reason)
	}
	cpu, memory := "256", "512"
	fargate := p.register("isolated", "busybox", `[ "$FROM" = hub/library/busybox ] && exec sleep 1000`, func(in *ecs.RegisterTaskDefinitionInput) {
		in.RequiresCompatibilities, in.NetworkMode, in.Cpu, in.Memory = []types.Compatibility{types.CompatibilityFargate}, types.NetworkModeAwsvpc, &cpu, &memory
		in.ContainerDefinitions[0].Memory = nil
	})
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: &fargate, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: defaultSubnets()}}})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	p.untilTask(aws.ToString(out.Tasks[0].TaskArn), "RUNNING")
}
