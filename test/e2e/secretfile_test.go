package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestSecretChanges changes a secret under two services: one has it in a file,
// which is rewritten while its task goes on; the other in its environment, and
// is deployed anew. The file belongs to the container's user and is on no disk.
func TestSecretChanges(t *testing.T) {
	p := start(t)
	const role = "arn:aws:iam::000000000000:role/reading"
	p.aws("iam", "create-role", "--role-name", "reading", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "reading", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","ecr:*"],"Resource":"*"}]}`)
	secret := p.aws("secretsmanager", "create-secret", "--name", "db", "--secret-string", "canary-old-7f31", "--query", "ARN", "--output", "text")
	image, dir := p.image(), t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	serve := func(name, command string, change func(*types.ContainerDefinition)) {
		definition := p.register(name, image, command, func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = aws.String(role)
			in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
			c := &in.ContainerDefinitions[0]
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
			c.Secrets = []types.Secret{{Name: aws.String("PASSWORD"), ValueFrom: aws.String(secret)}}
			change(c)
		})
		if _, err := p.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String(name), TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(1)}); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		return strings.TrimSpace(string(text))
	}
	serve("filed", `echo "[$PASSWORD]" $(stat -c '%a %u:%g' /run/secrets/PASSWORD) $(stat -f -c %T /run/secrets) > /w/about; touch /run/secrets/x 2>/dev/null && echo writable >> /w/about
while :; do cat /run/secrets/PASSWORD > /w/filed.new; mv /w/filed.new /w/filed; sleep 0.2; done`, func(c *types.ContainerDefinition) {
		c.User = aws.String("1234:1235")
		c.DockerLabels = map[string]string{"roadstead.secrets.files": "/run/secrets", "roadstead.secrets.refresh": "1s"}
	})
	serve("given", "echo $PASSWORD > /w/given.new; mv /w/given.new /w/given; sleep 1000", func(*types.ContainerDefinition) {})
	p.secrets("watch", "given")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("about: %s, filed: %s, given: %s; %s", seen("about"), seen("filed"), seen("given"), p.aws("ecs", "describe-services", "--services", "filed", "given", "--query", "services[].events[].message"))
			for _, task := range strings.Fields(p.aws("ecs", "list-tasks", "--desired-status", "STOPPED", "--query", "taskArns[:2]", "--output", "text")) {
				t.Logf("stopped: %s", p.aws("ecs", "describe-tasks", "--tasks", task, "--query", "tasks[0].[stopCode,stoppedReason,containers[0].reason]"))
			}
		}
	})
	until(t, 12*time.Second, "both to have it", func() bool { return seen("filed") == "canary-old-7f31" && seen("given") == "canary-old-7f31" })
	if got := seen("about"); got != "[] 400 1234:1235 tmpfs" {
		t.Errorf("of the file the container says %s", got)
	}
	task := *p.tasksOf("filed")[0].TaskArn
	p.aws("secretsmanager", "put-secret-value", "--secret-id", "db", "--secret-string", "canary-new-a94c")
	until(t, 60*time.Second, "both to have the new one", func() bool { return seen("filed") == "canary-new-a94c" && seen("given") == "canary-new-a94c" })
	if now := p.tasksOf("filed"); len(now) != 1 || *now[0].TaskArn != task {
		t.Errorf("the task with the file was %s, and is %v", task, now)
	}
	// It is where only root can enter, in memory, and gone with its task.
	readableByOthers(t, filepath.Join(p.dir, "node"), "canary-new-a94c")
	if mounts, err := os.ReadFile("/proc/mounts"); err != nil || !strings.Contains(string(mounts), filepath.Join(p.dir, "node", "secrets")+" tmpfs") {
		t.Errorf("the files are in no memory of their own: %v", err)
	}
	p.aws("ecs", "delete-service", "--service", "filed", "--force")
	until(t, stepPatience, "the file to be gone", func() bool {
		left, err := os.ReadDir(filepath.Join(p.dir, "node", "secrets"))
		return err == nil && len(left) == 0
	})
}

// secrets runs roadstead secrets.
func (p *platform) secrets(arguments ...string) string {
	p.t.Helper()
	c := exec.Command(p.bin, append([]string{"secrets", "--data-dir", p.dir}, arguments...)...)
	out, err := c.CombinedOutput()
	if err != nil {
		p.t.Fatalf("roadstead secrets %v: %v\n%s", arguments, err, out)
	}
	return string(out)
}
