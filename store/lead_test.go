package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// patient is a log that leads only once it is told to.
type patient struct {
	store.Log
	now chan struct{}
}

func (p *patient) Lead(ctx context.Context) (store.Term, error) {
	select {
	case <-p.now:
		return p.Log.Lead(ctx)
	case <-ctx.Done():
		return store.Term{}, ctx.Err()
	}
}

func standby(t *testing.T, log *memlog.Log) (*store.DB, *patient) {
	t.Helper()
	p := &patient{log.Peer(nil), make(chan struct{})}
	db, err := store.Open(t.Context(), p, store.Options{Standby: true})
	if err != nil {
		t.Fatal(err)
	}
	return db, p
}

func TestFollowThenLead(t *testing.T) {
	log := memlog.New(memlog.Options{})
	leader := open(t, log)
	mustCommit(t, leader, put(cluster("a", "1")))
	db, p := standby(t, log)
	if status(db.View(), "a") != "1" {
		t.Error("the standby has not read the log")
	}
	if _, err := db.Commit(t.Context(), put(cluster("x", ""))); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("a standby commits: %v", err)
	}
	watch := db.Watch()
	defer watch.Close()
	led := make(chan error)
	go func() { led <- db.Lead(context.Background()) }()
	mustCommit(t, leader, put(cluster("b", "1"), &model.Task{Account: "1", Cluster: "c", ID: "t"}))
	gone := model.Change{}
	a, _ := store.Get[*model.Cluster](leader.View(), "1/a")
	gone.Delete(a)
	mustCommit(t, leader, gone)
	for got := map[string]bool{}; len(got) < 3; {
		<-watch.C()
		for _, k := range watch.Take() {
			got[k.String()] = true
		}
	}
	if status(db.View(), "b") != "1" || status(db.View(), "a") != "-" || db.View().Rev() != leader.View().Rev() {
		t.Error("the standby does not follow")
	}
	close(p.now)
	if err := <-led; err != nil {
		t.Fatal(err)
	}
	mustCommit(t, db, put(cluster("c", "1")))
	<-leader.Lost()
	if _, err := leader.Commit(t.Context(), put(cluster("d", "1"))); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("the old leader commits: %v", err)
	}
	if leader.Leading() || !db.Leading() {
		t.Error("who leads is not who thinks so")
	}
}

func TestLeadEndsWithItsContext(t *testing.T) {
	log := memlog.New(memlog.Options{})
	open(t, log)
	db, _ := standby(t, log)
	ctx, cancel := context.WithCancel(context.Background())
	led := make(chan error)
	go func() { led <- db.Lead(ctx) }()
	cancel()
	if err := <-led; !errors.Is(err, context.Canceled) {
		t.Errorf("Lead: %v", err)
	}
}

// A standby that was away for longer than the log keeps history reads it
// again and reports every difference.
func TestFollowAfterCompaction(t *testing.T) {
	log := memlog.New(memlog.Options{History: 2})
	leader := open(t, log)
	for _, name := range []string{"kept", "changed", "gone"} {
		mustCommit(t, leader, put(cluster(name, "1")))
	}
	db, p := standby(t, log)
	watch := db.Watch()
	defer watch.Close()
	changed, _ := store.Get[*model.Cluster](leader.View(), "1/changed")
	next := changed.Clone()
	next.Status = "2"
	mustCommit(t, leader, put(next))
	gone, _ := store.Get[*model.Cluster](leader.View(), "1/gone")
	var c model.Change
	c.Delete(gone)
	mustCommit(t, leader, c)
	for i := range 10 {
		mustCommit(t, leader, put(cluster(fmt.Sprint("new", i), "1")))
	}
	close(p.now)
	if err := db.Lead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(watch.Take()); got != 12 {
		t.Errorf("%d nouns are said to have changed, want 12", got)
	}
	if status(db.View(), "kept") != "1" || status(db.View(), "changed") != "2" || status(db.View(), "gone") != "-" {
		t.Error("the tables are not those of the log")
	}
}
