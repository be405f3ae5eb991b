package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/plan/deploy"
)

const (
	kills      = 20
	replaceBar = 300 * time.Millisecond
)

// replacements kills the containers of a service one after the other and
// measures how long the service is short of a running task. Only tasks that
// have run for a while are killed: those that do not last are replaced with a
// growing delay, on purpose.
func replacements(t *testing.T, r *report, image sample) {
	p := start(t, "up")
	definition := p.register("bench-service", p.push(image), types.NetworkModeBridge)
	ctx := context.Background()
	if _, err := p.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("bench"),
		TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(kills)}); err != nil {
		t.Fatal(err)
	}
	victims := p.untilRunning("")
	pause(deploy.DefaultHealthyRun + time.Second)
	known := map[string]bool{}
	for _, task := range victims {
		known[*task.TaskArn] = true
	}
	var took []time.Duration
	slowest := ""
	for _, victim := range victims {
		pause(2 * settle)
		pids := pidsOf(aws.ToString(victim.Containers[0].RuntimeId))
		if len(pids) == 0 {
			t.Fatalf("container %s has no process", aws.ToString(victim.Containers[0].RuntimeId))
		}
		began := time.Now()
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				t.Fatal(err)
			}
		}
		now := p.untilRunning(*victim.TaskArn)
		took = append(took, time.Since(began))
		if parts := p.parts(began, *victim.TaskArn, now, known); took[len(took)-1] == slices.Max(took) {
			slowest = parts
		}
	}
	if _, err := p.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String("bench"), Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	r.note("all, in ms: %v; of the slowest: %s", inMilliseconds(took), slowest)
	r.add(row{what: "container killed to its replacement RUNNING, 20 kills, bridge", measured: spread(took), bar: "p99 <= 300 ms",
		verdict: atMost(percentile(took, 0.99).Seconds(), replaceBar.Seconds())})
}

// parts says where the time of a replacement went.
func (p *platform) parts(killed time.Time, victim string, now []types.Task, known map[string]bool) string {
	p.t.Helper()
	dead := p.tasks([]string{victim})[0]
	for _, task := range now {
		if known[*task.TaskArn] {
			continue
		}
		known[*task.TaskArn] = true
		var out []string
		last := killed
		for _, at := range []struct {
			what string
			time *time.Time
		}{{"exit seen", dead.ExecutionStoppedAt}, {"STOPPED", dead.StoppedAt}, {"replacement made", task.CreatedAt},
			{"pull started", task.PullStartedAt}, {"pulled", task.PullStoppedAt}, {"RUNNING", task.StartedAt}} {
			out = append(out, fmt.Sprintf("%s +%d ms", at.what, aws.ToTime(at.time).Sub(last).Milliseconds()))
			last = aws.ToTime(at.time)
		}
		return strings.Join(out, ", ")
	}
	return "no replacement was found"
}

// untilRunning waits until the service has all its tasks RUNNING, without the
// one that is gone.
func (p *platform) untilRunning(gone string) (running []types.Task) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; pause(look) {
		list, err := p.ecs.ListTasks(context.Background(), &ecs.ListTasksInput{ServiceName: aws.String("bench")})
		if err != nil {
			p.t.Fatal(err)
		}
		running = nil
		if len(list.TaskArns) >= kills {
			for _, task := range p.tasks(list.TaskArns) {
				if aws.ToString(task.LastStatus) == "RUNNING" && aws.ToString(task.TaskArn) != gone {
					running = append(running, task)
				}
			}
		}
		if len(running) >= kills {
			return running
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%d of %d tasks run after a minute", len(running), kills)
		}
	}
}

func inMilliseconds(all []time.Duration) (out []int64) {
	for _, d := range all {
		out = append(out, d.Milliseconds())
	}
	return out
}
