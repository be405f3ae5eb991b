package containerd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestTasksShareShims starts more tasks than a shim takes, one that is isolated among them, and another agent's, and then
// takes them away in an order in which each shim has been empty before it has its next task.
func TestTasksShareShims(t *testing.T) {
	n := newNode(t)
	n.client.shims.options.TasksPerShim = 3
	image := n.pull(t)
	ctx := context.Background()
	start := func(id string, isolated bool) int {
		started := n.start(t, runtime.Container{ID: id, TaskID: "task-" + id, Image: image.Ref, Isolated: isolated, Command: []string{"sleep", "1000"}})
		return parent(t, started.PID)
	}
	remove := func(id string) {
		t.Helper()
		if err := n.client.Remove(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	tasks := make(map[int]int) // by shim
	for i := range 5 {
		id := fmt.Sprintf("t%d", i)
		tasks[start(id, false)]++
		if i%2 == 0 {
			remove(id) // its shim is empty then, and takes others
		}
	}
	if len(tasks) != 2 {
		t.Errorf("five tasks have the shims %v", tasks)
	}
	for shim, count := range tasks {
		if count > 3 {
			t.Errorf("shim %d was given %d tasks", shim, count)
		}
	}
	alone := start("isolated", true)
	if tasks[alone] > 0 || start("next", false) == alone {
		t.Errorf("shim %d is not an isolated task's alone", alone)
	}
	remove("isolated")
	eventually(t, "the end of the isolated task's shim", func() bool { return !lives(alone) })

	// What another agent finds it leaves to its shim, which takes no task of others any more.
	n.client.shims.close()
	second := n.reopen(t)
	started, err := second.Start(ctx, runtime.Container{ID: "later", TaskID: "later", Image: image.Ref, Command: []string{"sleep", "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	if shim := parent(t, started.PID); tasks[shim] > 0 {
		t.Errorf("shim %d was given a task by an agent that did not start it", shim)
	}
	for _, id := range []string{"t1", "t3", "next", "later"} {
		if err := second.Remove(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	second.shims.close()
	eventually(t, "the end of all shims", func() bool {
		left, err := filepath.Glob(filepath.Join(n.layout.shims(), "*"))
		return err == nil && len(left) == 0
	})
}

// TestSharedShimIsKilled loses the containers of a shim's tasks and no others, and starts the next ones elsewhere.
func TestSharedShimIsKilled(t *testing.T) {
	n := newNode(t)
	n.client.shims.options.TasksPerShim = 4
	image := n.pull(t)
	events := follow(t, n.client)
	shims := make(map[string]int)
	ids := []string{"a", "b", "c", "d", "e", "f"}
	for _, id := range ids {
		started := n.start(t, runtime.Container{ID: id, TaskID: "of-" + id, Image: image.Ref, Command: []string{"sleep", "1000"}})
		shims[id] = parent(t, started.PID)
	}
	killed := shims["a"]
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	lost := make(map[string]bool)
	await(t, events, "the end of all containers of the shim", func(e runtime.Event) bool {
		if e.Status == runtime.StatusExited {
			lost[e.ID] = e.Lost
		}
		return !slices.ContainsFunc(ids, func(id string) bool { return shims[id] == killed && !lost[id] })
	})
	for _, id := range ids {
		if shims[id] != killed {
			if stats, err := n.client.Stats(context.Background(), id); err != nil || stats.Pids != 1 {
				t.Errorf("%s: %+v, %v", id, stats, err)
			}
		}
	}
	for _, id := range []string{"g", "h", "i"} {
		n.start(t, runtime.Container{ID: id, TaskID: "of-" + id, Image: image.Ref, Command: []string{"sleep", "1000"}})
	}
	for _, id := range append(ids, "g", "h", "i") {
		if err := n.client.Remove(context.Background(), id); err != nil {
			t.Error(err)
		}
		wantNoGroup(t, n, "of-"+id)
	}
}

// TestTasksOfOneShimEndTogether removes tasks that share shims at once: none is told that the shim has gone in the middle.
func TestTasksOfOneShimEndTogether(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	const tasks = 12
	for range 3 {
		var all sync.WaitGroup
		for i := range tasks {
			id := fmt.Sprintf("at-once-%d", i)
			n.start(t, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sleep", "1000"}})
		}
		for i := range tasks {
			all.Go(func() {
				if err := n.client.Remove(context.Background(), fmt.Sprintf("at-once-%d", i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
