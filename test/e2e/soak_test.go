package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	soakBatch   = 10 // RunTask's most
	soakBatches = 20
	// soakGrowth is how much more memory a process may hold after the tasks
	// than before, in KiB: they are remembered for an hour, and the garbage
	// collector gives back what is free with a delay.
	soakGrowth = 64 << 10
	// soakSockets is how many connections the process may keep for later, with
	// both their ends.
	soakSockets = 192
	// soakThreads is how many more threads there may be: Go keeps those that it once needed for calls that block at
	// the same time. One left behind by each batch would be more.
	soakThreads = 16
)

// usage is what a platform holds of the machine.
type usage struct {
	rss, containerdRSS, threads, files, containerdFiles int
	mounts, namespaces, groups, shims, zombies, layers  int
	sockets                                             int // of the process, not among its files
}

func (p *platform) usage() usage {
	count := func(pattern string) int {
		found, _ := filepath.Glob(pattern) // the patterns are well-formed
		return len(found)
	}
	pid, daemon := p.process.Process.Pid, p.containerd()
	u := usage{rss: status(pid, "VmRSS"), containerdRSS: status(daemon, "VmRSS"), threads: status(pid, "Threads"),
		files: openFiles(pid), containerdFiles: openFiles(daemon), zombies: zombies(pid) + zombies(daemon), shims: len(p.shims()),
		namespaces: count("/run/roadstead/" + p.name() + "/netns/*"),
		groups:     count("/sys/fs/cgroup/*/roadstead-"+p.name()+"/*-*") + count("/sys/fs/cgroup/*/roadstead-"+p.name()+"/*/*-*"),
		layers:     count(filepath.Join(p.dir, "containerd", "root", "io.containerd.snapshotter.v1.*", "snapshots", "*"))}
	u.sockets = kindsOfFiles(pid)["socket"]
	u.files -= u.sockets
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for _, line := range strings.Split(string(mounts), "\n") {
		if strings.Contains(line, p.name()) { // others on the machine are at work too
			u.mounts++
		}
	}
	return u
}

// TestSoak runs many short tasks: nothing is left of them but what they said
// and how they ended.
func TestSoak(t *testing.T) {
	p := start(t)
	ctx := context.Background()
	if _, err := p.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/soak")}); err != nil {
		t.Fatal(err)
	}
	definition := p.register("short", p.image(), `echo "$HOSTNAME begins"; echo "$HOSTNAME ends"`, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": "/soak", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "s"}}
	})
	var tasks []types.Task
	batch := func() {
		out, err := p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String(definition), Count: aws.Int32(soakBatch)})
		if err != nil || len(out.Tasks) != soakBatch {
			t.Fatalf("RunTask: %d tasks, %v", len(out.Tasks), err)
		}
		var arns []string
		for _, task := range out.Tasks {
			arns = append(arns, *task.TaskArn)
		}
		var now *ecs.DescribeTasksOutput
		until(t, 30*time.Second, "a batch to end", func() bool {
			if now, err = p.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: arns}); err != nil {
				t.Fatal(err)
			}
			for _, task := range now.Tasks {
				if aws.ToString(task.LastStatus) != "STOPPED" {
					return false
				}
			}
			return true
		})
		tasks = append(tasks, now.Tasks...)
	}
	all := func() []types.Task { return tasks }
	batch() // so that everything is as warm as it will be
	p.settled(t, all)
	before := p.usage()
	began := time.Now()
	for range soakBatches {
		batch()
	}
	took := time.Since(began)
	p.settled(t, all)
	var after usage
	back := func() bool {
		after = p.usage()
		return after.files <= before.files+8 && after.containerdFiles <= before.containerdFiles+8 && after.zombies <= before.zombies+2 &&
			after.sockets <= soakSockets && after.mounts <= before.mounts+2 && after.shims <= before.shims+2 && after.namespaces <= before.namespaces+2 && after.groups == before.groups && after.layers <= before.layers+2 &&
			after.rss <= before.rss+soakGrowth && after.containerdRSS <= before.containerdRSS+soakGrowth && after.threads <= before.threads+soakThreads
	}
	for deadline := time.Now().Add(20 * time.Second); !back(); pause(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("not back to what it was before; open files are %v", kindsOfFiles(p.process.Process.Pid))
			break
		}
	}
	t.Logf("%d tasks in %v\nbefore %+v\nafter  %+v", soakBatch*soakBatches, took, before, after)
	for _, task := range tasks {
		if c := task.Containers[0]; task.StopCode != types.TaskStopCodeEssentialContainerExited || c.ExitCode == nil || *c.ExitCode != 0 {
			t.Errorf("%s ended with %s: %s; %s", *task.TaskArn, task.StopCode, aws.ToString(task.StoppedReason), ends(task))
		}
	}
	said := map[string]int{}
	until(t, 10*time.Second, "all output", func() bool {
		clear(said)
		for _, line := range p.logLines("/soak") {
			said[line]++
		}
		return len(said) >= 2*len(tasks)
	})
	for _, task := range tasks {
		for _, what := range []string{"begins", "ends"} {
			if line := fmt.Sprintf("%s %s", idOf(task)[:12], what); said[line] != 1 {
				t.Errorf("%q was said %d times", line, said[line])
			}
		}
	}
}
