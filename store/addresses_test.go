package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestAddressesAreGivenOnce has many planners give one address at once, each
// from the same view; it is free again when its task has stopped.
func TestAddressesAreGivenOnce(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	task := func(n int, address model.Address) *model.Task {
		return &model.Task{Account: "a", Cluster: "c", ID: fmt.Sprint(n), Desired: model.TaskRunning,
			Spec:   model.TaskSpec{Interface: &model.NetworkInterface{Subnet: "subnet-1", Address: address}},
			Status: model.TaskObserved{Last: model.TaskPending}}
	}
	put := func(tasks ...*model.Task) error {
		var c model.Change
		for _, t := range tasks {
			c.Put(t)
		}
		_, err := db.Commit(ctx, c)
		return err
	}
	conflict := func(err error) bool {
		var conflict *store.ConflictError
		return errors.As(err, &conflict) && conflict.Key == (model.Key{Kind: model.KindSubnet, ID: "a/subnet-1"})
	}
	var given atomic.Int32
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			switch err := put(task(n, 7)); {
			case err == nil:
				given.Add(1)
			case !conflict(err):
				t.Errorf("commit: %v, want a conflict with the subnet", err)
			}
		})
	}
	wg.Wait()
	if given.Load() != 1 {
		t.Fatalf("%d tasks have the address", given.Load())
	}
	if err := put(task(100, 8), task(101, 8)); !conflict(err) {
		t.Errorf("two tasks of one change have an address: %v", err)
	}
	if err := put(task(102, 6)); err != nil {
		t.Error(err)
	}
	var holder *model.Task
	for held := range db.View().TasksAt("a/subnet-1", 7) {
		holder = held
	}
	if err := put(holder.Observe(model.TaskReport{Status: model.TaskRunning}, holder.Spec.CreatedAt)); err != nil {
		t.Errorf("a task that keeps its address: %v", err)
	}
	if err := put(task(103, 7)); !conflict(err) {
		t.Errorf("the address of a running task: %v", err)
	}
	holder, _ = store.Get[*model.Task](db.View(), holder.Key().ID)
	if err := put(holder.Observe(model.TaskReport{Status: model.TaskStopped}, holder.Spec.CreatedAt)); err != nil {
		t.Fatal(err)
	}
	if err := put(task(104, 7)); err != nil {
		t.Errorf("the address of a stopped task: %v", err)
	}
	for address, want := range map[model.Address]int{5: 0, 6: 1, 7: 2, 8: 0} {
		if n := len(slices.Collect(db.View().TasksAt("a/subnet-1", address))); n != want {
			t.Errorf("%d tasks are found by %v, want %d", n, address, want)
		}
	}
	if n := len(slices.Collect(store.TasksBySubnet(db.View(), "a/subnet-1"))); n != 2 {
		t.Errorf("%d tasks have an interface, want 2", n)
	}
}
