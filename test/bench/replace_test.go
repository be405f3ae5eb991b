package bench

import (
	"context"
	"slices"
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
	var took []time.Duration
	for _, victim := range victims {
		pause(2 * settle)
		pids := pidsOf(aws.ToString(victim.Containers[0].RuntimeId))
		began := time.Now()
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				t.Fatal(err)
			}
		}
		p.untilRunning(*victim.TaskArn)
		took = append(took, time.Since(began))
	}
	if _, err := p.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String("bench"), Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	r.note("all, in ms: %v", inMilliseconds(took))
	r.add(row{what: "container killed to its replacement RUNNING, 20 kills, bridge", measured: spread(took), bar: "p99 <= 300 ms",
		verdict: atMost(percentile(took, 0.99).Seconds(), replaceBar.Seconds())})
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
