package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestInstancesAreNeverOvercommitted has many planners take the last room of
// one instance at once, each from the same view.
func TestInstancesAreNeverOvercommitted(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	instance := &model.ContainerInstance{Account: "a", Cluster: "c", ID: "i", Registered: model.Resources{CPU: 1024, Memory: 100}}
	var first model.Change
	first.Put(instance)
	if _, err := db.Commit(ctx, first); err != nil {
		t.Fatal(err)
	}
	task := func(n int) *model.Task {
		return &model.Task{Account: "a", Cluster: "c", ID: fmt.Sprint(n), Desired: model.TaskRunning,
			Spec:   model.TaskSpec{Instance: instance.Key().ID, Resources: model.Resources{Memory: 30}},
			Status: model.TaskObserved{Last: model.TaskPending}}
	}
	var placed atomic.Int32
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			var c model.Change
			c.Put(task(n))
			_, err := db.Commit(ctx, c)
			var conflict *store.ConflictError
			switch {
			case err == nil:
				placed.Add(1)
			case !errors.As(err, &conflict) || conflict.Key != instance.Key():
				t.Errorf("commit: %v, want a conflict with the instance", err)
			}
		})
	}
	wg.Wait()
	if used := store.Usage(db.View(), instance.Key().ID); placed.Load() != 3 || used.Memory != 90 {
		t.Errorf("%d tasks were placed and hold %d MiB, want 3 and 90", placed.Load(), used.Memory)
	}
	var both model.Change
	both.Put(task(100))
	both.Put(task(101))
	if _, err := db.Commit(ctx, both); err == nil {
		t.Error("two tasks that do not fit were committed in one change")
	}
}
