package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// TestKillsAmongTasksOfEveryKind kills one part or another of a node while it makes tasks of every kind, and while it takes them
// down: each of them ends as it is told, and nothing is left.
func TestKillsAmongTasksOfEveryKind(t *testing.T) {
	m := startMixed(t, binary(t), t.TempDir())
	everything := func() { m.kill(); m.up() }
	containerd := func() { m.sendKill(m.containerd()) }
	shims := func() {
		for _, pid := range m.shims() {
			number, _ := strconv.Atoi(pid)
			m.sendKill(number)
		}
	}
	for _, round := range []struct {
		name          string
		began, ending time.Duration // after tasks were asked for, and after they were asked to stop
		harm          func()
	}{
		{"everything at once", 50 * time.Millisecond, 50 * time.Millisecond, everything},
		{"everything soon", 400 * time.Millisecond, 300 * time.Millisecond, everything},
		{"everything late", 1200 * time.Millisecond, 1100 * time.Millisecond, everything},
		{"containerd", 500 * time.Millisecond, 400 * time.Millisecond, containerd},
		{"containerd and everything", 900 * time.Millisecond, 600 * time.Millisecond, func() { containerd(); everything() }},
		{"shims", 1100 * time.Millisecond, 500 * time.Millisecond, shims},
		{"shims and everything", 700 * time.Millisecond, 800 * time.Millisecond, func() { m.kill(); shims(); m.up() }},
	} {
		began := time.Now()
		m.tasks = nil
		m.ask()
		pause(round.began)
		round.harm()
		m.settleDown()
		m.noteVolume()
		m.askToStop()
		pause(round.ending)
		round.harm()
		m.checkStopped("")
		m.checkNode()
		t.Logf("%s: %v", round.name, time.Since(began).Round(time.Millisecond))
		for _, task := range m.tasks {
			if t.Failed() {
				t.Logf("%s: %s %s; %s", *task.TaskDefinitionArn, task.StopCode, aws.ToString(task.StoppedReason), ends(task))
			}
		}
		if t.Failed() {
			return
		}
	}
}

// mixed is a platform with tasks of every kind.
type mixed struct {
	*platform
	definitions map[string]string // by what they are
	tasks       []types.Task
	kept        []string // ids of volumes that stay
	volumes     bool     // the machine makes them
}

func (m *mixed) arns() (arns []string) {
	for _, task := range m.tasks {
		arns = append(arns, *task.TaskArn)
	}
	return arns
}

const mixedPatience = time.Minute

// startMixed starts a program, with two GPUs, in a folder, with a service of one task and what prepare prepares.
func startMixed(t *testing.T, program, dir string) *mixed {
	t.Helper()
	for name, text := range map[string]string{"cdi/gpu.yaml": fmt.Sprintf(deviceSpecification, dir), "driver/version": "7\n"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	m := &mixed{platform: startProgram(t, program, filepath.Join(dir, "data"), "--gpu-kind", "example.com/gpu", "--cdi-spec-dir", filepath.Join(dir, "cdi"))}
	m.prepare()
	return m
}

// prepare makes a service, and the definitions.
func (m *mixed) prepare() {
	image, router := m.image(), m.program("router")
	role := m.loggingRole()
	m.group("/mixed")
	m.volumes = m.instanceAttributes()[model.CapabilityEBS]
	if !m.volumes {
		m.t.Log("skips volumes: this machine cannot make file systems of all kinds (xfsprogs)")
	}
	m.aws("iam", "create-role", "--role-name", "infrastructure", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	m.aws("ssm", "put-parameter", "--name", "/mixed/secret", "--type", "SecureString", "--value", "from-ssm")
	const works = "echo begun; echo kept >> /v/file; touch /own; trap 'exit 0' TERM; while :; do echo on; sleep 1; done"
	m.definitions = map[string]string{
		"fargate": m.onFargate("fargate", image, "true", func(in *ecs.RegisterTaskDefinitionInput) {
			in.Volumes = []types.Volume{{Name: aws.String("v")}}
			c := &in.ContainerDefinitions[0]
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("v"), ContainerPath: aws.String("/v")}}
			c.Command = []string{"sh", "-c", works}
		}),
		"all": m.register("all", image, "test -c /dev/gpu-$OWN && grep -q from-ssm /run/secrets/SECRET && mount | grep ' /t ' | grep -q tmpfs || exit 3; mkdir /v; "+works, func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn, in.PidMode, in.IpcMode = &role, types.PidModeTask, types.IpcModeTask
			in.Volumes = []types.Volume{{Name: aws.String("t"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{Scope: types.ScopeTask, Driver: aws.String("local"),
				DriverOpts: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}}}
			withRouter(in, router, "/mixed", types.FirelensConfigurationTypeFluentbit)
			c := &in.ContainerDefinitions[0]
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("t"), ContainerPath: aws.String("/t")}}
			c.Secrets = []types.Secret{{Name: aws.String("SECRET"), ValueFrom: aws.String("/mixed/secret")}}
			c.DockerLabels = map[string]string{"roadstead.secrets.files": "/run/secrets"}
			c.ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("1")}}
			c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
		}),
		"volume": m.register("volume", image, works, func(in *ecs.RegisterTaskDefinitionInput) {
			in.NetworkMode = types.NetworkModeAwsvpc
			in.Volumes = []types.Volume{{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)}}
			in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("v"), ContainerPath: aws.String("/v")}}
		}),
	}
	web := m.register("web", image, "sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	})
	m.service("web", web, 1)
}

// ask asks for one of each, and for two with volumes, of which one stays.
func (m *mixed) ask() {
	m.t.Helper()
	run := func(definition string, change func(*ecs.RunTaskInput)) {
		in := &ecs.RunTaskInput{TaskDefinition: aws.String(m.definitions[definition])}
		if change != nil {
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets()}}
			change(in)
		}
		out, err := m.ecs.RunTask(context.Background(), in)
		if err != nil || len(out.Tasks) != 1 {
			m.t.Fatalf("%s: %+v, %v", definition, out, err)
		}
		m.tasks = append(m.tasks, out.Tasks[0])
	}
	run("all", nil)
	run("fargate", func(in *ecs.RunTaskInput) { in.LaunchType = types.LaunchTypeFargate })
	for _, kept := range []bool{false, true} {
		if !m.volumes {
			break
		}
		run("volume", func(in *ecs.RunTaskInput) {
			in.VolumeConfigurations = []types.TaskVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: &types.TaskManagedEBSVolumeConfiguration{
				RoleArn: aws.String("arn:aws:iam::000000000000:role/infrastructure"), SizeInGiB: aws.Int32(1),
				TerminationPolicy: &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(!kept)}}}}
		})
	}
}

// start asks for tasks, and waits until they run.
func (m *mixed) start() {
	m.t.Helper()
	began := len(m.tasks)
	m.ask()
	for at := began; at < len(m.tasks); at++ {
		until(m.t, mixedPatience, "task "+*m.tasks[at].TaskArn+" to run", func() bool {
			m.tasks[at] = m.task(*m.tasks[at].TaskArn)
			if aws.ToString(m.tasks[at].LastStatus) == "STOPPED" {
				m.t.Fatalf("%s stopped: %s; %s", *m.tasks[at].TaskDefinitionArn, aws.ToString(m.tasks[at].StoppedReason), ends(m.tasks[at]))
			}
			return aws.ToString(m.tasks[at].LastStatus) == "RUNNING"
		})
	}
	m.noteVolume()
}

// noteVolume notes the volume that stays of those that were asked for last.
func (m *mixed) noteVolume() {
	if !m.volumes {
		return
	}
	for _, a := range m.tasks[len(m.tasks)-1].Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "volumeId" {
				m.kept = append(m.kept, aws.ToString(d.Value))
			}
		}
	}
}

// settleDown waits until each task either runs or has stopped.
func (m *mixed) settleDown() {
	m.t.Helper()
	for at := range m.tasks {
		until(m.t, mixedPatience, "task "+*m.tasks[at].TaskArn+" to run or to stop", func() bool {
			m.tasks[at] = m.task(*m.tasks[at].TaskArn)
			return slices.Contains([]string{"RUNNING", "STOPPED"}, aws.ToString(m.tasks[at].LastStatus))
		})
	}
}

func (m *mixed) sendKill(pid int) {
	m.t.Helper()
	if pid == 0 {
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		m.t.Fatal(err)
	}
}

func (m *mixed) askToStop() {
	m.t.Helper()
	for _, arn := range m.arns() {
		if _, err := m.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: aws.String(arn)}); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *mixed) stop() {
	m.t.Helper()
	m.askToStop()
	m.checkStopped("")
}

// checkStopped wants all tasks to be told as stopped, each container with an end of which something is known,
// unless the task ended before it could begin.
func (m *mixed) checkStopped(code string) {
	m.t.Helper()
	for at, task := range m.tasks {
		until(m.t, mixedPatience, "task "+*task.TaskArn+" to be told as stopped", func() bool {
			m.tasks[at] = m.task(*task.TaskArn)
			return aws.ToString(m.tasks[at].LastStatus) == "STOPPED"
		})
		for _, c := range m.tasks[at].Containers {
			neverBegan := m.tasks[at].StartedAt == nil && aws.ToString(m.tasks[at].StoppedReason) != "" // others of the task were in the way
			if c.ExitCode == nil && aws.ToString(c.Reason) == "" && !neverBegan || code != "" && c.ExitCode != nil && fmt.Sprint(*c.ExitCode) != code {
				m.t.Errorf("%s: %s", *task.TaskDefinitionArn, ends(m.tasks[at]))
			}
		}
	}
}

// checkNode wants nothing on the machine but what the service's task has, and the volumes that stay. That task may be one
// of which it is not known yet that it was killed.
func (m *mixed) checkNode() {
	m.t.Helper()
	var left []string
	defer func() {
		if m.t.Failed() {
			m.t.Logf("left: %q", left)
		}
	}()
	until(m.t, mixedPatience, "nothing to be left", func() bool {
		living := m.serviceTasks("web")
		if left = m.strays(aliveOf(living)); len(living) != 1 {
			left = append(left, fmt.Sprintf("%d tasks of the service", len(living)))
		}
		left = append(left, m.loopDevices()...)
		disks, _ := filepath.Glob(filepath.Join(m.dir, "node", "ebs", "*")) // the pattern is well-formed
		for _, path := range disks {
			id, _, _ := strings.Cut(filepath.Base(path), ".")
			if !slices.Contains(m.kept, id) {
				left = append(left, path)
			}
		}
		secrets, _ := filepath.Glob(filepath.Join(m.dir, "node", "secrets", "*"))
		left = append(left, secrets...)
		return len(left) == 0
	})
	if _, free := m.gpus(); len(free) != 2 {
		m.t.Errorf("GPUs: %v", free)
	}
}
