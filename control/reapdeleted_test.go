package control

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestWhatWasDeletedIsForgotten has an INACTIVE cluster with a task of a
// definition that is being deleted: both go when the task has gone, and a
// deleted capacity provider goes at once.
func TestWhatWasDeletedIsForgotten(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	definition := &model.TaskDefinition{Account: "1", Family: "web", Revision: 1, Status: model.TaskDefinitionDeleteInProgress, DeleteAt: now}
	task := &model.Task{Account: "1", Cluster: "c", ID: "t", Spec: model.TaskSpec{TaskDefinition: definition.Key().ID}, Desired: model.TaskStopped}
	var c model.Change
	for _, n := range []model.Noun{&model.Cluster{Account: "1", Name: "c", Status: model.ClusterInactive, InactiveAt: now}, definition, task,
		&model.CapacityProvider{Account: "1", Name: "p", Status: model.CapacityProviderInactive, InactiveAt: now},
		&model.Cluster{Account: "1", Name: "kept", Status: model.ClusterActive}} {
		c.Put(n)
	}
	commit := func(c model.Change) {
		t.Helper()
		if _, err := db.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	commit(c)
	r := NewReaper(reap.Timing{}).(*reaper)
	forget := func(now time.Time) (n int) {
		var keys []string
		allDeleted(db.View(), func(key string) { keys = append(keys, key) })
		for _, key := range keys {
			p := r.Plan(db.View(), key, now)
			n += len(p.Change.Writes)
			if !p.Change.Empty() {
				commit(p.Change)
			}
		}
		return n
	}
	if n := forget(now.Add(59 * time.Minute)); n != 0 {
		t.Fatalf("%d forgotten too early", n)
	}
	if n := forget(now.Add(time.Hour)); n != 1 {
		t.Fatalf("%d forgotten beside the task, want the provider", n)
	}
	stored, _ := store.Get[*model.Task](db.View(), task.Key().ID)
	var gone model.Change
	gone.Delete(stored)
	commit(gone)
	if n := forget(now.Add(2 * time.Hour)); n != 2 || store.Len[*model.Cluster](db.View()) != 1 {
		t.Fatalf("%d forgotten after the task, want the cluster and the definition", n)
	}
}
