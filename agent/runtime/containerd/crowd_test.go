package containerd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestCrowd starts and removes containers of a few tasks all at once, so that tasks lose their last container while
// they are given another.
func TestCrowd(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	ctx := context.Background()
	var all sync.WaitGroup
	for worker := range 6 {
		all.Go(func() {
			for round := range 4 {
				id := fmt.Sprintf("c-%d-%d", worker, round)
				task := fmt.Sprintf("task-%d", worker%2)
				started, err := n.client.Start(ctx, runtime.Container{
					ID: id, TaskID: task, Image: image.Ref, Command: []string{"sleep", "1000"}, Task: runtime.TaskLimits{MemoryLimit: 256 << 20},
				})
				if err != nil {
					t.Error(err)
					continue
				}
				stats, err := n.client.Stats(ctx, id)
				if err != nil || stats.MemoryLimit != 256<<20 || started.StartedAt.IsZero() {
					t.Errorf("%s: %+v, %+v, %v", id, started, stats, err)
				}
				if err := n.client.Remove(ctx, id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	wantNoGroup(t, n, "task-0")
	wantNoGroup(t, n, "task-1")
	if len(n.client.shims.tasks) > 0 || len(n.client.groups.starting) > 0 || len(n.client.locks.tasks) > 0 {
		t.Errorf("remembered: %v, %v, %v", n.client.shims.tasks, n.client.groups.starting, n.client.locks.tasks)
	}
}

func TestTwoSupervisorsOfOneDirectory(t *testing.T) {
	n := newNode(t)
	second, err := NewSupervisor(n.layout, SupervisorOptions{Output: testWriter{t}})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(context.Background()); !errors.Is(err, ErrInUse) {
		t.Errorf("%v", err)
	}
}
