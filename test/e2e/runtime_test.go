package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestAnotherRuntime has the cluster's tasks run on the OCI runtime that the
// environment names, and looks at them from inside and outside.
func TestAnotherRuntime(t *testing.T) {
	text := os.Getenv("ROADSTEAD_TEST_RUNTIME")
	if text == "" {
		t.Skip("skips another OCI runtime than runc: ROADSTEAD_TEST_RUNTIME names none, such as runsc=/usr/bin/runsc")
	}
	name, _, _ := strings.Cut(text, "=")
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--runtime", text)
	if !p.instanceAttributes()["roadstead.capability.runtime."+name] {
		t.Fatalf("the instance does not have the runtime %s", name)
	}
	sandboxed := !p.instanceAttributes()["roadstead.capability.runtime."+name+".host-kernel"]
	image, role := p.image(), p.loggingRole()
	before := p.startTimes(t, image)
	if said, errs, code := p.command("", "runtime", name); code != 0 {
		t.Fatalf("%s%s", said, errs)
	}
	if said, _, _ := p.command("", "runtime"); !strings.Contains(said, "run on "+name+"\n") || !strings.Contains(said, "1 of 1 container instances have "+name+"\n") {
		t.Errorf("%s", said)
	}
	t.Logf("from the making of a task to its start: %v on runc, %v on %s", before, p.startTimes(t, image), name)

	p.group("/other")
	script := "until get 127.0.0.1 81 /facts | grep beside; do sleep 0.2; done; dmesg; cat /proc/self/uid_map; nproc; get 169.254.170.2 80 ${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/task; " +
		"get 169.254.170.2 80 ${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/stats; echo said; echo logged >/proc/1/fd/1"
	task, addr := p.runInVPC(p.register("other", image, serving(script), func(in *ecs.RegisterTaskDefinitionInput) {
		onFargateWith(in, role)
		in.Volumes = []types.Volume{{Name: aws.String("shared")}}
		main := &in.ContainerDefinitions[0]
		main.Memory, main.LogConfiguration = nil, awslogs("/other")
		main.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "test -e /tmp/w/facts"}, Interval: aws.Int32(5)}
		main.MountPoints = []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared")}}
		side := *main
		side.Name, side.LogConfiguration, side.HealthCheck = aws.String("side"), nil, nil
		side.Command = []string{"sh", "-c", "mkdir -p /tmp/s; echo beside >/tmp/s/facts; echo written >/shared/file; httpd -f -p 127.0.0.1:81 -h /tmp/s"}
		main.DependsOn = []types.ContainerDependency{{ContainerName: side.Name, Condition: types.ContainerConditionStart}}
		in.ContainerDefinitions = append(in.ContainerDefinitions, side)
	}), types.LaunchTypeFargate, func(in *ecs.RunTaskInput) { in.EnableExecuteCommand = true })
	facts := fetch(t, addr)
	wantFacts(t, facts, "beside\n", `"LaunchType":"FARGATE"`, `"memory_stats"`, `"eth0"`)
	if strings.HasPrefix(name, "runsc") {
		wantFacts(t, facts, "Starting gVisor")
	}
	arn := aws.ToString(task.TaskArn)
	until(t, settlePatience, "the health check to pass", func() bool { return p.task(arn).HealthStatus == types.HealthStatusHealthy })
	until(t, settlePatience, "what it logged", func() bool { return slices.Contains(p.logLines("/other"), "logged") })

	inside := func() {
		t.Helper()
		until(t, settlePatience, "the instance to be there for commands", func() bool {
			_, _, code := p.command("", "exec", "--container", "main", arn, "--", "true")
			return code == 0
		})
		out, errs, code := p.command("one\n", "exec", "--container", "main", arn, "--", "sh", "-c", "cat; cat /shared/file; echo err >&2; exit 7")
		if out != "one\nwritten\n" || errs != "err\n" || code != 7 {
			t.Errorf("exec: %q, %q, %d", out, errs, code)
		}
	}
	inside()
	if _, errs, code := p.command("", "cp", "--container", "main", arn+":/shared/file", t.TempDir()+"/file"); (code != 0) != sandboxed || sandboxed && !strings.Contains(errs, "in a sandbox") {
		t.Errorf("cp: %q, %d", errs, code)
	}
	p.forwardsTo(t, arn)
	p.kill()
	p.up()
	wantFacts(t, fetch(t, addr), "beside\n")
	inside()
	if _, err := p.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: &arn}); err != nil {
		t.Fatal(err)
	}
	p.untilTask(arn, "STOPPED")
	for script, want := range map[string]int32{"exit 7": 7, "kill -9 $$": 137} {
		ended := p.untilTask(p.runOnFargate(p.register("once", image, script, func(in *ecs.RegisterTaskDefinitionInput) {
			onFargateWith(in, role)
			in.ContainerDefinitions[0].Memory = nil
		})), "STOPPED")
		if got := aws.ToInt32(ended.Containers[0].ExitCode); got != want {
			t.Errorf("%s: exit code %d, %s", script, got, aws.ToString(ended.Containers[0].Reason))
		}
	}
	p.refusesSharing(t, image, sandboxed, "roadstead.capability.runtime."+name+".host-kernel")
}

// forwardsTo reaches a task's container from this machine's loopback.
func (p *platform) forwardsTo(t *testing.T, arn string) {
	t.Helper()
	c := exec.Command(p.bin, "port-forward", "--container", "main", arn, "0:80")
	c.Env = p.environ()
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Signal(os.Interrupt); _ = c.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Fields(strings.TrimPrefix(line, "Forwarding "))[0]
	if body := fetch(t, address); !strings.Contains(body, "said\n") {
		t.Errorf("it answers %q", body)
	}
}

// refusesSharing runs a task whose containers share processes, which takes the
// machine's kernel.
func (p *platform) refusesSharing(t *testing.T, image string, refused bool, attribute string) {
	t.Helper()
	definition := p.register("sharing", image, "true", func(in *ecs.RegisterTaskDefinitionInput) { in.PidMode = types.PidModeTask })
	out, err := p.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &definition})
	if err != nil {
		t.Fatal(err)
	}
	if (len(out.Tasks) == 0) != refused || refused && !strings.Contains(aws.ToString(out.Failures[0].Detail), attribute) {
		t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
}

// startTimes runs some tasks one after the other and gives how long each took
// from its making to its start, sorted.
func (p *platform) startTimes(t *testing.T, image string) (all []time.Duration) {
	t.Helper()
	definition := p.register("quick", image, "exit 0", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Memory = aws.Int32(128) })
	for range 5 {
		task := p.untilTask(p.run(definition), "STOPPED")
		if aws.ToInt32(task.Containers[0].ExitCode) != 0 || task.Containers[0].ExitCode == nil {
			t.Fatalf("%+v", task.Containers[0])
		}
		if task.StartedAt != nil {
			all = append(all, task.StartedAt.Sub(*task.CreatedAt))
		}
	}
	slices.Sort(all)
	return all
}
