package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// pidsOf returns the processes of a container, found by its control group.
func pidsOf(t testing.TB, runtimeID string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(text), "/"+runtimeID) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killContainer kills a task's first container behind the platform's back.
func killContainer(t testing.TB, task types.Task) {
	t.Helper()
	id := aws.ToString(task.Containers[0].RuntimeId)
	pids := pidsOf(t, id)
	if len(pids) == 0 {
		t.Fatalf("container %q has no process", id)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
	}
}

// running returns the first process of each of a service's running tasks, 0
// for one that says RUNNING and has none.
func (p *platform) running(service string) map[string]int {
	p.t.Helper()
	out := map[string]int{}
	for _, task := range p.serviceTasks(service) {
		pids := pidsOf(p.t, aws.ToString(task.Containers[0].RuntimeId))
		out[*task.TaskArn] = 0
		for _, pid := range pids {
			if parent := status(pid, "PPid"); parent != 0 && !slices.Contains(pids, parent) { // its children may have smaller numbers, which begin again at some point
				out[*task.TaskArn] = pid
			}
		}
	}
	return out
}

const (
	counted = "/counted"
	// counter prints a growing number and its task's host name, for ever.
	counter = `i=0; while :; do echo "$HOSTNAME $i"; i=$((i+1)); usleep 100000; done`
)

func (p *platform) counting(image string) string {
	p.t.Helper()
	if _, err := p.logs.CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(counted)}); err != nil {
		p.t.Fatal(err)
	}
	return p.register("counter", image, counter, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": counted, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "c"}}
	})
}

// checkCounts fails the test if any container's log lacks a number.
func (p *platform) checkCounts() {
	p.t.Helper()
	next := map[string]int{}
	for _, line := range p.logLines(counted) {
		host, text, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(text)
		if err != nil {
			p.t.Errorf("log line %q", line)
			continue
		}
		if want, seen := next[host]; n > want || !seen && n != 0 {
			p.t.Errorf("the log of %s goes from %d to %d: lines are lost", host, want-1, n)
		}
		next[host] = max(next[host], n+1)
	}
	if len(next) == 0 {
		p.t.Error("no log lines at all")
	}
}

// TestKillOfTheControlPlane kills the whole process while 20 tasks run.
func TestKillOfTheControlPlane(t *testing.T) {
	p := start(t)
	p.service("counter", p.counting(p.image()), 20)
	before := p.running("counter")
	if len(before) != 20 || slices.Contains(slices.Collect(maps.Values(before)), 0) {
		t.Fatalf("these tasks run, want 20: %v", before)
	}
	p.kill()
	for arn, pid := range before {
		if syscall.Kill(pid, 0) != nil {
			t.Errorf("the container of %s did not survive", arn)
		}
	}
	began := time.Now()
	p.up()
	ready := time.Since(began)
	var after map[string]int
	until(t, 30*time.Second, "the statuses to be true", func() bool {
		after = p.running("counter")
		return maps.Equal(before, after)
	})
	t.Logf("ready after %v, statuses true %v after that", ready, time.Since(began)-ready)
	lines := len(p.logLines(counted))
	until(t, 30*time.Second, "the logs to go on", func() bool { return len(p.logLines(counted)) > lines+20 })
	p.checkCounts()
	// A task that ends while nobody looks is replaced when somebody does.
	victim := p.serviceTasks("counter")[0]
	p.kill()
	killContainer(t, victim)
	p.up()
	until(t, 30*time.Second, "the replacement", func() bool {
		now := p.running("counter")
		_, there := now[*victim.TaskArn]
		return len(now) == 20 && !there && !slices.Contains(slices.Collect(maps.Values(now)), 0)
	})
	if dead := p.untilTask(*victim.TaskArn, "STOPPED"); aws.ToInt32(dead.Containers[0].ExitCode) != 137 {
		t.Errorf("exit code %v of a container that was killed meanwhile, want 137", aws.ToInt32(dead.Containers[0].ExitCode))
	}
}

// TestKillOfContainerd kills the child containerd while tasks run.
func TestKillOfContainerd(t *testing.T) {
	p := start(t)
	p.service("counter", p.counting(p.image()), 5)
	before := p.running("counter")
	pid := p.containerd()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "another containerd", func() bool { now := p.containerd(); return now != 0 && now != pid })
	arn := p.run(p.register("after", p.listen+"/busybox:latest", "exec sleep 100", nil))
	p.untilTask(arn, "RUNNING")
	if after := p.running("counter"); !maps.Equal(before, after) {
		t.Errorf("containers changed: before %v, after %v", before, after)
	}
	p.checkCounts()
}

// containerd returns the pid of the platform's containerd, 0 if none runs.
func (p *platform) containerd() int {
	p.t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err == nil && strings.Contains(string(text), "containerd-daemon") && strings.Contains(string(text), p.dir) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
				return pid
			}
		}
	}
	return 0
}

// TestKillDuringADeployment kills the process at several points of a rolling
// deployment: it ends as if nothing had happened.
func TestKillDuringADeployment(t *testing.T) {
	p := start(t)
	image := p.image()
	p.service("rolling", p.register("rolling", image, "echo 1; exec sleep 1000", nil), 6)
	for round, wait := range []time.Duration{0, 30 * time.Millisecond, 120 * time.Millisecond, 400 * time.Millisecond} {
		definition := p.register("rolling", image, fmt.Sprintf("echo %d; exec sleep 1000", round+2), nil)
		if _, err := p.ecs.UpdateService(context.Background(), &ecs.UpdateServiceInput{
			Service: aws.String("rolling"), TaskDefinition: aws.String(definition)}); err != nil {
			t.Fatal(err)
		}
		pause(wait)
		p.kill()
		p.up()
		until(t, 60*time.Second, "deployment "+definition, func() bool {
			tasks := p.serviceTasks("rolling")
			return len(tasks) == 6 && !slices.ContainsFunc(tasks, func(task types.Task) bool {
				return !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), "/"+definition)
			})
		})
		if n := len(p.running("rolling")); n != 6 {
			t.Errorf("after a kill at %v %d containers run, want 6", wait, n)
		}
	}
	until(t, 30*time.Second, "one deployment", func() bool {
		out, err := p.ecs.DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{"rolling"}})
		return err == nil && len(out.Services[0].Deployments) == 1 && out.Services[0].RunningCount == 6
	})
}
