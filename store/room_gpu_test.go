package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestGPUsAreGivenOnce has many tasks ask for the GPUs of one instance at once,
// several in a change, and looks at who has which, from the log, too.
func TestGPUsAreGivenOnce(t *testing.T) {
	ctx := context.Background()
	log := memlog.New(memlog.Options{})
	db, err := store.Open(ctx, log, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	instance := &model.ContainerInstance{Account: "a", Cluster: "c", ID: "i", GPUs: []string{"g0", "g1", "g2", "g3", "g4"},
		Registered: model.Resources{CPU: 1024, Memory: 100, GPUs: 5}}
	var first model.Change
	first.Put(instance)
	if _, err := db.Commit(ctx, first); err != nil {
		t.Fatal(err)
	}
	task := func(name string, gpus int) *model.Task {
		return &model.Task{Account: "a", Cluster: "c", ID: name, Desired: model.TaskRunning,
			Spec:   model.TaskSpec{Instance: instance.Key().ID, Resources: model.Resources{GPUs: gpus}},
			Status: model.TaskObserved{Last: model.TaskPending}}
	}
	var wg sync.WaitGroup
	for n := range 10 {
		wg.Go(func() {
			var c model.Change
			c.Put(task(fmt.Sprint(n, "a"), 1))
			c.Put(task(fmt.Sprint(n, "b"), 1))
			_, err := db.Commit(ctx, c)
			var conflict *store.ConflictError
			if err != nil && (!errors.As(err, &conflict) || conflict.Key != instance.Key()) {
				t.Errorf("commit: %v, want a conflict with the instance", err)
			}
		})
	}
	wg.Wait()
	given := func(v store.View) (all []string) {
		for held := range store.TasksByInstance(v, instance.Key().ID) {
			if !held.Stopped() {
				all = append(all, held.Spec.GPUs...)
			}
		}
		slices.Sort(all)
		return all
	}
	if got := given(db.View()); !slices.Equal(got, instance.GPUs[:4]) {
		t.Fatalf("given: %v, want the first four, each once", got)
	}
	if used := store.Usage(db.View(), instance.Key().ID); used.GPUs != 4 {
		t.Errorf("%d GPUs are used", used.GPUs)
	}
	// What one had is another's as soon as it has stopped, and not before.
	var stop model.Change
	for held := range store.TasksByInstance(db.View(), instance.Key().ID) {
		if slices.Contains(held.Spec.GPUs, "g1") {
			ended := held.Clone()
			ended.Status.Last = model.TaskStopped
			stop.Put(ended)
		}
	}
	if _, err := db.Commit(ctx, stop); err != nil {
		t.Fatal(err)
	}
	var two, three model.Change
	three.Put(task("three", 3))
	if _, err := db.Commit(ctx, three); err == nil {
		t.Error("three GPUs were given of two")
	}
	last := task("two", 2)
	two.Put(last)
	if _, err := db.Commit(ctx, two); err != nil || !slices.Equal(last.Spec.GPUs, []string{"g1", "g4"}) {
		t.Errorf("%v, %v", last.Spec.GPUs, err)
	}
	again, err := store.Open(ctx, log, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := given(again.View()); !slices.Equal(got, instance.GPUs) {
		t.Errorf("from the log: %v", got)
	}
}
