package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestTaskKnowsItself asks from inside a container what it is, what it uses and
// whether it is protected.
func TestTaskKnowsItself(t *testing.T) {
	p := start(t)
	in := p.enter("knowing", p.image(), nil)
	_, out := in.do("echo $ECS_CONTAINER_METADATA_URI_V4; echo $ECS_CONTAINER_METADATA_URI; echo $ECS_AGENT_URI")
	uris := strings.Fields(out)
	if len(uris) != 3 {
		t.Fatalf("the environment names %v", uris)
	}
	for _, uri := range []string{uris[0] + "/task", uris[1] + "/task"} {
		body, ok := in.get(uri)
		var task struct {
			TaskARN, KnownStatus string
			Containers           []struct {
				DockerID string `json:"DockerId"`
				Name     string
				Networks []struct{ IPv4Addresses []string }
			}
		}
		if err := json.Unmarshal([]byte(body), &task); err != nil || !ok {
			t.Fatalf("%s: %v: %s", uri, err, body)
		}
		if task.TaskARN != *in.task.TaskArn || len(task.Containers) != 1 || task.Containers[0].Name != "main" ||
			task.Containers[0].DockerID != *in.task.Containers[0].RuntimeId || task.Containers[0].Networks[0].IPv4Addresses[0] != in.address {
			t.Errorf("%s: %s", uri, body)
		}
	}
	if body, ok := in.get(uris[0] + "/stats"); !ok || !strings.Contains(body, `"total_usage":`) {
		t.Errorf("stats: %s", body)
	}
	other := p.enter("curious", p.listen+"/busybox:latest", nil)
	if body, ok := other.get(uris[0] + "/task"); ok {
		t.Errorf("another task is told: %s", body)
	}
}

// TestNoNetwork looks for a network from inside a container that has none.
func TestNoNetwork(t *testing.T) {
	p := start(t)
	dir := t.TempDir()
	definition := p.register("alone", p.image(), "ls /sys/class/net > /w/seen; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		c := &in.ContainerDefinitions[0]
		c.DisableNetworking = aws.Bool(true)
		c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
	})
	p.untilTask(p.run(definition), "RUNNING")
	seen := func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "seen"))
		return strings.TrimSpace(string(text))
	}
	until(t, stepPatience, "the container to look", func() bool { return seen() != "" })
	if seen() != "lo" {
		t.Errorf("the container has %s", seen())
	}
}

// TestSecretInside reads a secret's value from inside a container, looks for it
// where others could read it, and takes a secret that is not there.
func TestSecretInside(t *testing.T) {
	p := start(t)
	const role = "arn:aws:iam::000000000000:role/reading"
	p.aws("iam", "create-role", "--role-name", "reading", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "reading", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","kms:Decrypt","ecr:*"],"Resource":"*"}]}`)
	const canary = "canary-5d8f0c"
	secret := strings.TrimSpace(p.aws("secretsmanager", "create-secret", "--name", "db", "--secret-string", `{"password":"`+canary+`"}`, "--query", "ARN", "--output", "text"))
	with := func(from string) func(*types.ContainerDefinition) {
		return func(c *types.ContainerDefinition) {
			c.Secrets = []types.Secret{{Name: aws.String("PASSWORD"), ValueFrom: aws.String(from)}}
		}
	}
	asRole := func(in *ecs.RegisterTaskDefinitionInput, from string) {
		in.ExecutionRoleArn = aws.String(role)
		with(from)(&in.ContainerDefinitions[0])
	}
	image := p.image()
	dir := t.TempDir()
	definition := p.register("telling", image, "echo $PASSWORD > /w/seen; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		asRole(in, secret+":password::")
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
	})
	p.untilTask(p.run(definition), "RUNNING")
	until(t, stepPatience, "the container to tell", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "seen"))
		return strings.TrimSpace(string(text)) == canary
	})
	for _, root := range []string{p.dir, p.runDir()} {
		readableByOthers(t, root, canary)
	}
	missing := p.register("wanting", image, "sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) { asRole(in, secret+":user::") })
	task := p.untilTask(p.run(missing), "STOPPED")
	want := "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: " +
		"service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key user"
	if task.StopCode != types.TaskStopCodeTaskFailedToStart || *task.StoppedReason != want {
		t.Errorf("%s: %s", task.StopCode, *task.StoppedReason)
	}
}

// readableByOthers fails the test for each file below root that holds the text
// and that somebody else than root can reach. The runtime keeps a container's
// environment with its configuration: that is where it may be.
func readableByOthers(t *testing.T, root, text string) {
	t.Helper()
	open := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || strings.Contains(path, "/rootfs") {
			return nil // what vanishes, and what containers see
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		above, known := open[filepath.Dir(path)]
		if d.IsDir() {
			open[path] = (above || !known) && info.Mode().Perm()&0o001 != 0
			return nil
		}
		if !info.Mode().IsRegular() || info.Size() > 64<<20 || !above || info.Mode().Perm()&0o004 == 0 {
			return nil
		}
		if content, err := os.ReadFile(path); err == nil && strings.Contains(string(content), text) {
			t.Errorf("everybody can read the secret in %s (%v)", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
