package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// user is somebody who calls the API at random, knows what was answered, and
// watches that what is said of tasks never goes back.
type user struct {
	ecs      *ecs.Client
	random   *rand.Rand
	services map[string][]string // task definitions that each service may have
	kinds    []string            // families that RunTask is called with

	mu       sync.Mutex
	accepted map[string]string // family of each task that RunTask acknowledged, by ARN
	asked    int               // calls of RunTask
	stopped  map[string]bool   // tasks that StopTask was called for, acknowledged or not
	seen     map[string]types.Task
	calls    int
	refused  int
	wrong    []string
}

const stepPatience = 5 * time.Second

// run acts and watches until ctx ends.
func (u *user) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			u.watch(ctx)
			pause(100 * time.Millisecond)
		}
	})
	for ctx.Err() == nil {
		u.act(ctx)
		pause(time.Duration(u.random.Int64N(int64(300 * time.Millisecond))))
	}
	wg.Wait()
}

func (u *user) act(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stepPatience)
	defer cancel()
	var err error
	switch n := u.random.IntN(10); {
	case n < 5:
		err = u.runTask(ctx)
	case n < 7:
		err = u.stopTask(ctx)
	default:
		err = u.updateService(ctx)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	if err != nil {
		u.refused++
	}
}

func (u *user) runTask(ctx context.Context) error {
	kind := u.kinds[u.random.IntN(len(u.kinds))]
	u.asked++
	// The SDK gives each call a token, and may send it again.
	out, err := u.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String(kind), StartedBy: aws.String(fmt.Sprintf("user-%d", u.asked))})
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, task := range out.Tasks {
		u.accepted[aws.ToString(task.TaskArn)] = kind
	}
	return nil
}

func (u *user) stopTask(ctx context.Context) error {
	u.mu.Lock()
	var arns []string
	for arn := range u.accepted {
		if aws.ToString(u.seen[arn].LastStatus) != "STOPPED" {
			arns = append(arns, arn)
		}
	}
	if len(arns) == 0 {
		u.mu.Unlock()
		return nil
	}
	slices.Sort(arns)
	arn := arns[u.random.IntN(len(arns))]
	u.stopped[arn] = true
	u.mu.Unlock()
	_, err := u.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: aws.String(arn), Reason: aws.String("the user's wish")})
	return err
}

func (u *user) updateService(ctx context.Context) error {
	names := []string{"counting", "healthy", "crashing"}
	name := names[u.random.IntN(len(names))]
	in := &ecs.UpdateServiceInput{Service: aws.String(name)}
	if definitions := u.services[name]; u.random.IntN(2) == 0 {
		in.TaskDefinition = aws.String(definitions[u.random.IntN(len(definitions))])
	} else {
		in.DesiredCount = aws.Int32(1 + u.random.Int32N(4))
	}
	_, err := u.ecs.UpdateService(ctx, in)
	return err
}

// watch describes every task that there is or was.
func (u *user) watch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stepPatience)
	defer cancel()
	tasks, err := u.all(ctx)
	if err != nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, now := range tasks {
		arn := aws.ToString(now.TaskArn)
		if before, known := u.seen[arn]; known {
			for _, w := range backwards(before, now) {
				u.wrong = append(u.wrong, arn+": "+w)
			}
		}
		u.seen[arn] = now
	}
}

// all returns every task: those that are listed and those that were
// acknowledged.
func (u *user) all(ctx context.Context) (tasks []types.Task, err error) {
	arns := map[string]bool{}
	for _, desired := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		pages := ecs.NewListTasksPaginator(u.ecs, &ecs.ListTasksInput{DesiredStatus: desired})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, arn := range out.TaskArns {
				arns[arn] = true
			}
		}
	}
	u.mu.Lock()
	for arn := range u.accepted {
		arns[arn] = true
	}
	u.mu.Unlock()
	list := make([]string, 0, len(arns))
	for arn := range arns {
		list = append(list, arn)
	}
	slices.Sort(list)
	for part := range slices.Chunk(list, 100) {
		out, err := u.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: part})
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, out.Tasks...)
		u.mu.Lock()
		for _, f := range out.Failures {
			u.wrong = append(u.wrong, fmt.Sprintf("%s cannot be described: %s", aws.ToString(f.Arn), aws.ToString(f.Reason)))
		}
		u.mu.Unlock()
	}
	return tasks, nil
}

var lifecycle = []string{"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"}

// backwards returns what was said before and is not true any more, though it
// may never change.
func backwards(before, now types.Task) (wrong []string) {
	rank := func(s *string) int { return slices.Index(lifecycle, aws.ToString(s)) }
	went := func(what string, a, b *string) {
		if rank(b) < rank(a) {
			wrong = append(wrong, fmt.Sprintf("%s went from %s to %s", what, aws.ToString(a), aws.ToString(b)))
		}
	}
	changed := func(what string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			wrong = append(wrong, fmt.Sprintf("%s changed from %v to %v", what, a, b))
		}
	}
	went("status", before.LastStatus, now.LastStatus)
	went("desired status", before.DesiredStatus, now.DesiredStatus)
	if before.StartedAt != nil {
		changed("startedAt", before.StartedAt, aws.ToTime(now.StartedAt))
	}
	if before.StopCode != "" {
		changed("stopCode", before.StopCode, now.StopCode)
		changed("stoppedReason", aws.ToString(before.StoppedReason), aws.ToString(now.StoppedReason))
	}
	if now.Version < before.Version {
		changed("version", before.Version, now.Version)
	}
	for i, a := range before.Containers {
		b := now.Containers[i]
		went("status of "+aws.ToString(a.Name), a.LastStatus, b.LastStatus)
		if a.ExitCode != nil {
			changed("exit code of "+aws.ToString(a.Name), *a.ExitCode, aws.ToInt32(b.ExitCode))
		}
		if a.RuntimeId != nil {
			changed("runtime id of "+aws.ToString(a.Name), *a.RuntimeId, aws.ToString(b.RuntimeId))
		}
		if aws.ToString(a.LastStatus) == "RUNNING" && len(a.NetworkBindings) > 0 && len(b.NetworkBindings) > 0 {
			changed("port of "+aws.ToString(a.Name), aws.ToInt32(a.NetworkBindings[0].HostPort), aws.ToInt32(b.NetworkBindings[0].HostPort))
		}
	}
	return wrong
}

func (u *user) summary() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	ends := map[string]int{}
	for _, t := range u.seen {
		what := aws.ToString(t.LastStatus)
		if t.StopCode != "" {
			reason := aws.ToString(t.StoppedReason)
			if i := strings.IndexByte(reason, ' '); i > 0 && t.StopCode == types.TaskStopCodeTaskFailedToStart {
				reason = reason[:min(len(reason), 100)]
			}
			what += " " + string(t.StopCode) + " " + reason
		}
		ends[what]++
	}
	return fmt.Sprintf("%d calls, %d without an answer, %d tasks acknowledged; tasks end as %v", u.calls, u.refused, len(u.accepted), ends)
}
