package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deviceSpecification describes two GPUs in the Container Device Interface:
// files of the machine that any machine has, a folder, variables and a hook.
const deviceSpecification = `
cdiVersion: 0.6.0
kind: example.com/gpu
devices:
- name: first
  containerEdits:
    env: [OWN=first]
    deviceNodes: [{path: /dev/gpu-first, hostPath: /dev/zero, permissions: r}]
- name: second
  containerEdits:
    env: [OWN=second]
    deviceNodes: [{path: /dev/gpu-second, hostPath: /dev/full, permissions: r}]
- name: all
  containerEdits:
    env: [OWN=all]
containerEdits:
  env: [NVIDIA_VISIBLE_DEVICES=void]
  mounts: [{hostPath: %[1]s/driver, containerPath: /driver, options: [ro, nosuid, nodev, rbind, rprivate]}]
  hooks: [{hookName: createRuntime, path: /bin/sh, args: [sh, -c, "echo ran >> %[1]s/hooked"]}]
`

// TestGPUs runs tasks that ask for GPUs on an instance that has two: each task
// has one for itself and sees what the specification says, a third is refused
// until one has stopped, and all that outlives a killed process.
func TestGPUs(t *testing.T) {
	bin, dir := binary(t), t.TempDir()
	for _, folder := range []string{"driver", "cdi"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"driver/version": "7\n", "cdi/gpu.yaml": fmt.Sprintf(deviceSpecification, dir)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := startProgram(t, bin, filepath.Join(dir, "data"), "--gpu-kind", "example.com/gpu", "--cdi-spec-dir", filepath.Join(dir, "cdi"))
	ctx := context.Background()
	if registered, free := p.gpus(); !slices.Equal(registered, []string{"first", "second"}) || !slices.Equal(free, registered) {
		t.Fatalf("registered %v, free %v", registered, free)
	}
	const command = `test -c /dev/gpu-$OWN || exit 3
		test "$(ls -d /dev/gpu-* | wc -l)" = 1 || exit 4
		test "$(head -c 1 /dev/gpu-$OWN | wc -c)" = 1 || exit 5
		test "$(cat /driver/version)" = 7 || exit 6
		touch /driver/mine && exit 7
		test "$NVIDIA_VISIBLE_DEVICES" = "$OWN" || exit 8
		trap "exit 0" TERM; sleep 600 & wait`
	definition := p.register("gpu", p.image(), command, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("1")}}
	})
	run := func(count int32) *ecs.RunTaskOutput {
		t.Helper()
		out, err := p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: &definition, Count: &count})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	refused := func(out *ecs.RunTaskOutput) bool {
		return len(out.Failures) == 1 && aws.ToString(out.Failures[0].Reason) == "RESOURCE:GPU"
	}
	out := run(3)
	if len(out.Tasks) != 2 || !refused(out) {
		t.Fatalf("%d tasks, failures %+v", len(out.Tasks), out.Failures)
	}
	has := map[string]string{} // the task's GPU
	var given []string
	for _, placed := range out.Tasks {
		task := p.untilTask(*placed.TaskArn, "RUNNING")
		if ids := task.Containers[0].GpuIds; len(ids) == 1 {
			has[*task.TaskArn], given = ids[0], append(given, ids[0])
		}
	}
	if slices.Sort(given); !slices.Equal(given, []string{"first", "second"}) {
		t.Fatalf("given: %v", given)
	}
	if _, err := os.Stat(filepath.Join(dir, "hooked")); err != nil {
		t.Errorf("the hook did not run: %v", err)
	}
	if _, free := p.gpus(); len(free) != 0 {
		t.Errorf("free: %v", free)
	}

	p.kill()
	p.up()
	for arn := range has {
		p.untilTask(arn, "RUNNING") // nothing that was checked above has ended it
	}
	if out := run(1); len(out.Tasks) != 0 || !refused(out) {
		t.Fatalf("%d tasks, failures %+v", len(out.Tasks), out.Failures)
	}
	stopped := *out.Tasks[0].TaskArn
	if _, err := p.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: &stopped}); err != nil {
		t.Fatal(err)
	}
	if task := p.untilTask(stopped, "STOPPED"); aws.ToInt32(task.Containers[0].ExitCode) != 0 {
		t.Errorf("the container found something wrong: exit code %d", aws.ToInt32(task.Containers[0].ExitCode))
	}
	next := run(1)
	if len(next.Tasks) != 1 {
		t.Fatalf("%+v", next.Failures)
	}
	if task := p.untilTask(*next.Tasks[0].TaskArn, "RUNNING"); !slices.Equal(task.Containers[0].GpuIds, []string{has[stopped]}) {
		t.Errorf("the next task has %v, not %s", task.Containers[0].GpuIds, has[stopped])
	}
	delete(has, stopped)
	has[*next.Tasks[0].TaskArn] = ""
	p.gpusOfOverrides(definition, has)

	// One is gone, and comes back: nothing is placed on it meanwhile.
	path, text := filepath.Join(dir, "cdi", "gpu.yaml"), fmt.Sprintf(deviceSpecification, dir)
	specify := func(text string, want ...string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o644), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
		until(t, time.Minute, fmt.Sprint("GPUs ", want), func() bool { registered, _ := p.gpus(); return slices.Equal(registered, want) })
	}
	specify(strings.Replace(text, "name: second", "name: all", 1), "first")
	if out := run(2); len(out.Tasks) != 1 || !refused(out) {
		t.Errorf("%d tasks, failures %+v", len(out.Tasks), out.Failures)
	}
	specify(text, "first", "second")
	if out := run(1); len(out.Tasks) != 1 {
		t.Errorf("failures %+v", out.Failures)
	}
}

// gpusOfOverrides stops what runs and has a task take both GPUs, whose
// definition asks for one.
func (p *platform) gpusOfOverrides(definition string, running map[string]string) {
	p.t.Helper()
	for arn := range running {
		if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: &arn}); err != nil {
			p.t.Fatal(err)
		}
		p.untilTask(arn, "STOPPED")
	}
	const command = `test "$(ls -d /dev/gpu-* | wc -l)" = 2 || exit 3
		test "$NVIDIA_VISIBLE_DEVICES" = first,second || exit 4
		exit 42`
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: &definition, Overrides: &types.TaskOverride{
		ContainerOverrides: []types.ContainerOverride{{Name: aws.String("main"), Command: []string{"sh", "-c", command},
			ResourceRequirements: []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("2")}}}}}})
	if err != nil || len(out.Tasks) != 1 {
		p.t.Fatalf("%+v, %v", out, err)
	}
	if task := p.untilTask(*out.Tasks[0].TaskArn, "STOPPED"); aws.ToInt32(task.Containers[0].ExitCode) != 42 {
		p.t.Errorf("exit code %d: %s", aws.ToInt32(task.Containers[0].ExitCode), aws.ToString(task.StoppedReason))
	}
}

// gpus returns what the first instance says of its GPUs.
func (p *platform) gpus() (registered, free []string) {
	p.t.Helper()
	list, err := p.ecs.ListContainerInstances(context.Background(), &ecs.ListContainerInstancesInput{})
	if err != nil || len(list.ContainerInstanceArns) == 0 {
		p.t.Fatalf("%v, %v", list, err)
	}
	some, err := p.ecs.DescribeContainerInstances(context.Background(), &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		p.t.Fatal(err)
	}
	pick := func(all []types.Resource) []string {
		for _, r := range all {
			if aws.ToString(r.Name) == "GPU" && aws.ToString(r.Type) == "STRINGSET" {
				return r.StringSetValue
			}
		}
		return nil
	}
	i := some.ContainerInstances[0]
	return pick(i.RegisteredResources), pick(i.RemainingResources)
}
