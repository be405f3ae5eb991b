package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// onFargate makes a task definition for Fargate, whose execution role may pull.
func (p *platform) onFargate(family, image, script string, change func(*ecs.RegisterTaskDefinitionInput)) string {
	const role = "arn:aws:iam::000000000000:role/execution"
	if _, err := p.tryAWS("iam", "get-role", "--role-name", "execution"); err != nil {
		p.aws("iam", "create-role", "--role-name", "execution", "--assume-role-policy-document",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
		p.aws("iam", "put-role-policy", "--role-name", "execution", "--policy-name", "p", "--policy-document",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:*"],"Resource":"*"}]}`)
	}
	return p.register(family, image, serving(script), func(in *ecs.RegisterTaskDefinitionInput) {
		in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeAwsvpc, []types.Compatibility{types.CompatibilityFargate}
		in.Cpu, in.Memory, in.ExecutionRoleArn = aws.String("256"), aws.String("512"), aws.String(role)
		if change != nil {
			change(in)
		}
	})
}

// loopDevices returns the files on loop devices, of those of the data directory.
func (p *platform) loopDevices() (files []string) {
	paths, _ := filepath.Glob("/sys/block/loop*/loop/backing_file") // the pattern is well-formed
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(text), p.dir+"/") {
			files = append(files, strings.TrimSpace(string(text)))
		}
	}
	return files
}

// TestEphemeralStorage fills the disk of a task of Fargate, from its own files
// and from a volume, while another has room, over a kill of everything but the
// containers; and looks for what is left of it.
func TestEphemeralStorage(t *testing.T) {
	p := start(t)
	image := p.image()
	const metadata = "get 169.254.170.2 80 ${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/task"
	sizes := `df -k / | tail -n 1; df -k /v | tail -n 1; touch /mine /v/ours && stat -c 'owner %u' /mine /v/ours; ` + metadata + `; `
	volume := func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("v")}}
		in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("v"), ContainerPath: aws.String("/v")}}
	}
	// fallocate takes room of the task's disk, and none of the machine's: nothing is written.
	filling := sizes + `fallocate -l 15g /v/most && echo most; fallocate -l 10g /rest 2>/dev/null || echo no room; rm -f /rest; echo filled`
	full := p.onFargate("full", image, filling, volume)
	first, addr := p.runInVPC(full, types.LaunchTypeFargate)
	facts := fetch(t, addr)
	wantFacts(t, facts, "owner 0\nowner 0\n", `"EphemeralStorageMetrics":{"Utilized":`, `"Reserved":20480}`, "most\nno room\nfilled")
	if got := *first.EphemeralStorage; got.SizeInGiB != 20 {
		t.Errorf("ephemeral storage: %+v", got)
	}
	large := p.onFargate("large", image, sizes+`fallocate -l 25g /v/most && echo room`, func(in *ecs.RegisterTaskDefinitionInput) {
		volume(in)
		in.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: 30}
	})
	second, beside := p.runInVPC(large, types.LaunchTypeFargate)
	wantFacts(t, fetch(t, beside), `"Reserved":30720}`, "\nroom")
	if held := p.loopDevices(); len(held) != 2 {
		t.Errorf("loop devices: %q", held)
	}
	p.kill()
	p.up()
	wantFacts(t, fetch(t, addr), "filled")
	for _, task := range []types.Task{first, second} {
		if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: task.TaskArn}); err != nil {
			t.Fatal(err)
		}
		p.untilTask(aws.ToString(task.TaskArn), "STOPPED")
	}
	until(t, settlePatience, "the tasks' disks to go", func() bool {
		entries, err := os.ReadDir(filepath.Join(p.dir, "node", "volumes"))
		return len(p.loopDevices()) == 0 && len(entries) == 0 && (err == nil || errors.Is(err, syscall.ENOENT))
	})
}

// TestSharedProcessesOnFargate looks at one container of a task of Fargate from
// another that shares its processes.
func TestSharedProcessesOnFargate(t *testing.T) {
	p := start(t)
	definition := p.onFargate("sharing", p.image(), `sleep 1; ps | grep -c '[s]leep 4321'`, func(in *ecs.RegisterTaskDefinitionInput) {
		in.PidMode = types.PidModeTask
		side := in.ContainerDefinitions[0]
		side.Name, side.Command = aws.String("side"), []string{"sleep", "4321"}
		in.ContainerDefinitions = append([]types.ContainerDefinition{side}, in.ContainerDefinitions...)
	})
	_, addr := p.runInVPC(definition, types.LaunchTypeFargate)
	wantFacts(t, fetch(t, addr), "1\n")
}
