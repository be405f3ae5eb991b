package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestReading: what is read again is what a new query finds, and only what has
// changed is handed out.
func TestReading(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	random := rand.New(rand.NewPCG(1, 2))
	id := func(n int) string { return fmt.Sprintf("%032x", n*7919) }
	service := model.ServiceID("1", "c", "web")
	var reading store.Reading
	var have []*model.Task
	for round := range 300 {
		changed := map[string]bool{}
		var c model.Change
		for range random.IntN(6) {
			n := random.IntN(40)
			if changed[id(n)] {
				continue
			}
			changed[id(n)] = true
			old, ok := store.Get[*model.Task](db.View(), model.TaskID("1", "c", id(n)))
			switch {
			case !ok:
				of := service
				if random.IntN(4) == 0 {
					of = model.ServiceID("1", "c", "other")
				}
				c.Put(&model.Task{Account: "1", Cluster: "c", ID: id(n), Spec: model.TaskSpec{Service: of}})
			case random.IntN(2) == 0:
				c.Delete(old)
			default:
				c.Put(old.Clone())
			}
		}
		if !c.Empty() {
			mustCommit(t, db, c)
		}
		v := db.View()
		var got []*model.Task
		for at, task := range reading.TasksByService(v, service) {
			if at == store.Fresh && !changed[task.ID] && round > 0 {
				t.Fatalf("round %d: %s has not changed", round, task.ID)
			}
			if at != store.Fresh {
				task = have[at]
			}
			got = append(got, task)
		}
		if want := slices.Collect(store.TasksByService(v, service)); !slices.Equal(got, want) {
			t.Fatalf("round %d: read %d tasks, there are %d", round, len(got), len(want))
		}
		have = got
	}
	others := 0
	for at, task := range reading.TasksByService(db.View(), model.ServiceID("1", "c", "other")) {
		if others++; at != store.Fresh || task == nil {
			t.Error("another service's tasks were known")
		}
	}
	if others == 0 {
		t.Error("another service has no tasks")
	}
}
