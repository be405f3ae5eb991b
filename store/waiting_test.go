package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestTasksWithoutInstance: a task that waits is found by its cluster and
// holds nothing; the commit that gives it an instance counts it in there, if
// it fits; and one that ends while it waits is found until it is deleted.
func TestTasksWithoutInstance(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	put := func(nouns ...model.Noun) error {
		var c model.Change
		for _, n := range nouns {
			c.Put(n)
		}
		_, err := db.Commit(ctx, c)
		return err
	}
	instance := &model.ContainerInstance{Account: "a", Cluster: "c", ID: "i", Registered: model.Resources{Memory: 100}}
	waiting := func(id string) *model.Task {
		return &model.Task{Account: "a", Cluster: "c", ID: id, Desired: model.TaskRunning,
			Spec:   model.TaskSpec{Resources: model.Resources{Memory: 60, Ports: []model.Port{{Number: 80, Protocol: "tcp"}}}},
			Status: model.TaskObserved{Last: model.TaskProvisioning}}
	}
	other := waiting("other")
	other.Cluster = "d"
	if err := put(instance, waiting("1"), waiting("2"), other); err != nil {
		t.Fatal(err)
	}
	check := func(want ...string) {
		t.Helper()
		var got []string
		for x := range store.TasksWithoutInstance(db.View(), model.ClusterID("a", "c")) {
			got = append(got, x.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v have no instance, want %v", got, want)
		}
	}
	check("1", "2")
	if u := store.Usage(db.View(), ""); u.Memory != 0 || u.Pending != 0 {
		t.Errorf("waiting tasks hold %+v", u)
	}
	get := func(id string) *model.Task {
		x, _ := store.Get[*model.Task](db.View(), model.TaskID("a", "c", id))
		return x.Clone()
	}
	give := func(id string) *model.Task {
		x := get(id)
		x.Spec.Instance, x.Status.Last = instance.Key().ID, model.TaskPending
		return x
	}
	var conflict *store.ConflictError
	if err := put(give("1"), give("2")); !errors.As(err, &conflict) || conflict.Key != instance.Key() {
		t.Errorf("both on one instance: %v", err)
	}
	if err := put(give("1")); err != nil {
		t.Fatal(err)
	}
	check("2")
	if u := store.Usage(db.View(), instance.Key().ID); u.Memory != 60 || u.Pending != 1 || len(u.Ports) != 1 {
		t.Errorf("the instance holds %+v", u)
	}
	if err := put(give("2")); !errors.As(err, &conflict) || conflict.Key != instance.Key() {
		t.Errorf("the second: %v", err)
	}
	stopped := get("2").Stop(model.StopUserInitiated, "enough", instance.RegisteredAt)
	if !stopped.Stopped() {
		t.Errorf("stopped while it waits, it is %s", stopped.Status.Last)
	}
	if err := put(stopped); err != nil {
		t.Fatal(err)
	}
	check("2")
	var c model.Change
	c.Delete(get("2"))
	if _, err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	check()
}

// TestTasksByGroup: tasks are found by their group whether a service made them
// or not, until they stop.
func TestTasksByGroup(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var c model.Change
	for id, spec := range map[string]model.TaskSpec{"1": {Group: "family:x"}, "2": {Group: "family:x"}, "3": {Group: "family:xy"},
		"4": {Group: "service:s", Service: "a/c/s"}, "5": {Group: "service:s"}, "6": {Group: "service:t", Service: "a/c/t"}} {
		task := &model.Task{Account: "a", Cluster: "c", ID: id, Spec: spec, Status: model.TaskObserved{Last: model.TaskRunning}}
		if id == "2" {
			task.Status.Last = model.TaskStopped
		}
		c.Put(task)
	}
	if _, err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string][]string{"family:x": {"1"}, "family:xy": {"3"}, "service:s": {"5", "4"}, "service:t": {"6"}, "family": nil} {
		var got []string
		for task := range store.TasksByGroup(db.View(), "a/c", group) {
			got = append(got, task.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", group, got, want)
		}
	}
}

// TestNoClusterIsCrowded has several let tasks wait at once, each from the same
// view: no more wait than may, and what went away makes place.
func TestNoClusterIsCrowded(t *testing.T) {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	waiting := func(cluster, id string) *model.Task {
		return &model.Task{Account: "a", Cluster: cluster, ID: id, Desired: model.TaskRunning, Status: model.TaskObserved{Last: model.TaskProvisioning}}
	}
	commit := func(nouns ...model.Noun) error {
		var c model.Change
		for _, n := range nouns {
			c.Put(n)
		}
		_, err := db.Commit(t.Context(), c)
		return err
	}
	const each = 50
	fill := func(name string) error {
		var nouns []model.Noun
		for i := range each {
			nouns = append(nouns, waiting("c", fmt.Sprintf("%s-%02d", name, i)))
		}
		return commit(nouns...)
	}
	refused, took := 0, 0
	errs := make(chan error)
	const callers = model.MaxProvisioning/each + 3
	for i := range callers {
		go func() { errs <- fill(fmt.Sprint(i)) }()
	}
	for range callers {
		var conflict *store.ConflictError
		switch err := <-errs; {
		case err == nil:
			took++
		case errors.As(err, &conflict) && conflict.Key == (model.Key{Kind: model.KindCluster, ID: model.ClusterID("a", "c")}):
			refused++
		default:
			t.Error(err)
		}
	}
	if took*each != model.MaxProvisioning || refused != 3 {
		t.Fatalf("%d commits of %d tasks were taken and %d refused", took, each, refused)
	}
	if err := commit(waiting("other", "1")); err != nil {
		t.Errorf("another cluster's task: %v", err)
	}
	if err := commit(waiting("c", "late")); err == nil {
		t.Error("one too many was taken")
	}
	for task := range store.TasksWithoutInstance(db.View(), model.ClusterID("a", "c")) {
		if err := commit(task.Stop(model.StopUserInitiated, "", time.Time{}), waiting("c", "instead")); err == nil {
			t.Error("the place of one that ends is taken by the same commit: it counts what is stored")
		}
		if err := commit(task.Stop(model.StopUserInitiated, "", time.Time{})); err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := commit(waiting("c", "late")); err != nil {
		t.Errorf("there is a place: %v", err)
	}
}
