package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
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

// TestManagedVolumes gives tasks volumes at their launch: each kind of file
// system, on Fargate and elsewhere, in a task of its own and in a service. They
// have the size that was asked for, stay over a kill, and go or stay as asked.
func TestManagedVolumes(t *testing.T) {
	p := start(t)
	if !p.instanceAttributes()[model.CapabilityEBS] {
		t.Skip("skips volumes: this machine cannot make file systems of all kinds (xfsprogs)")
	}
	image := p.image()
	p.aws("iam", "create-role", "--role-name", "infrastructure", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	volume := func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)}}
		in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("v"), ContainerPath: aws.String("/v")}}
	}
	const script = `grep ' /v ' /proc/mounts; touch /v/mine && stat -c 'owner %u' /v/mine; fallocate -l 3g /v/large 2>/dev/null || echo no room; rm -f /v/large; echo done`
	inVPC := p.register("attached", image, serving(script), func(in *ecs.RegisterTaskDefinitionInput) {
		volume(in)
		in.NetworkMode = types.NetworkModeAwsvpc
	})
	onFargate := p.onFargate("attachedfargate", image, script, volume)
	role := aws.String("arn:aws:iam::000000000000:role/infrastructure")
	run := func(definition string, launch types.LaunchType, kind types.TaskFilesystemType, kept bool) (types.Task, string) {
		return p.runInVPC(definition, launch, func(in *ecs.RunTaskInput) {
			in.VolumeConfigurations = []types.TaskVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: &types.TaskManagedEBSVolumeConfiguration{
				RoleArn: role, SizeInGiB: aws.Int32(2), FilesystemType: kind, TerminationPolicy: &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(!kept)}}}}
		})
	}
	first, addr := run(inVPC, types.LaunchTypeEc2, "", false)
	facts := fetch(t, addr)
	wantFacts(t, facts, " /v xfs ", "owner 0\n", "no room\ndone")
	second, beside := run(onFargate, types.LaunchTypeFargate, types.TaskFilesystemTypeExt4, true)
	wantFacts(t, fetch(t, beside), " /v ext4 ", "owner 0\n", "no room\ndone")
	if _, err := p.ecs.CreateService(context.Background(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String(inVPC), DesiredCount: aws.Int32(1),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets()}},
		VolumeConfigurations: []types.ServiceVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: &types.ServiceManagedEBSVolumeConfiguration{
			RoleArn: role, SizeInGiB: aws.Int32(1), FilesystemType: types.TaskFilesystemTypeExt3}}}}); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the service's task", func() bool { return len(p.runningTasks("s")) == 1 })
	attachment := func(task types.Task) (status, id string) {
		for _, a := range p.task(aws.ToString(task.TaskArn)).Attachments {
			for _, d := range a.Details {
				if aws.ToString(a.Type) == "AmazonElasticBlockStorage" && aws.ToString(d.Name) == "volumeId" {
					status, id = aws.ToString(a.Status), aws.ToString(d.Value)
				}
			}
		}
		return status, id
	}
	if status, _ := attachment(first); status != "ATTACHED" {
		t.Errorf("attachment %s", status)
	}
	p.kill()
	p.up()
	wantFacts(t, fetch(t, addr), "done")
	if _, err := p.ecs.DeleteService(context.Background(), &ecs.DeleteServiceInput{Service: aws.String("s"), Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	for _, task := range []types.Task{first, second} {
		if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: task.TaskArn}); err != nil {
			t.Fatal(err)
		}
		p.untilTask(aws.ToString(task.TaskArn), "STOPPED")
	}
	if status, _ := attachment(first); status != "DELETED" {
		t.Errorf("attachment %s", status)
	}
	status, id := attachment(second)
	if status != "DETACHED" {
		t.Errorf("attachment %s", status)
	}
	until(t, settlePatience, "the volumes to go, but for that which stays", func() bool {
		left, _ := filepath.Glob(filepath.Join(p.dir, "node", "ebs", "*")) // the pattern is well-formed
		return len(p.loopDevices()) == 0 && slices.Equal(left, []string{filepath.Join(p.dir, "node", "ebs", id+".disk"), filepath.Join(p.dir, "node", "ebs", id+".json")})
	})
}
