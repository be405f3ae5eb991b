package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// gate is a log whose appends wait to be let through.
type gate struct {
	store.Log
	arrived, through chan struct{}

	mu    sync.Mutex
	sizes []int
}

func newGate() *gate {
	return &gate{Log: memlog.New(memlog.Options{}), arrived: make(chan struct{}, 100), through: make(chan struct{})}
}

func (g *gate) Append(ctx context.Context, after model.Revision, batch []store.Mutation) (model.Revision, error) {
	g.arrived <- struct{}{}
	<-g.through
	g.mu.Lock()
	g.sizes = append(g.sizes, len(batch))
	g.mu.Unlock()
	return g.Log.Append(ctx, after, batch)
}

// hold starts a commit and waits until it is in the log's hands.
func (g *gate) hold(t *testing.T, db *store.DB, c model.Change) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := db.Commit(context.Background(), c)
		result <- err
	}()
	<-g.arrived
	return result
}

func TestBatches(t *testing.T) {
	g := newGate()
	db := open(t, g)
	first := g.hold(t, db, put(cluster("first", "")))
	const n = 300
	results := make(chan error, n)
	for i := range n {
		go func() {
			_, err := db.Commit(context.Background(), put(cluster(fmt.Sprint(i), "")))
			results <- err
		}()
	}
	for db.Waiting() < n {
		runtime.Gosched()
	}
	close(g.through)
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
	if want := []int{1, 120, 120, 60}; fmt.Sprint(g.sizes) != fmt.Sprint(want) {
		t.Errorf("batches of %v, want %v", g.sizes, want)
	}
}

// Changes that wait together for the same noun are judged one after the other.
func TestConflictsInTheQueue(t *testing.T) {
	g := newGate()
	db := open(t, g)
	first := g.hold(t, db, put(cluster("first", "")))
	guarded, unguarded := make(chan error, 3), make(chan error, 3)
	for i := range 3 {
		go func() {
			_, err := db.Commit(context.Background(), put(cluster("a", fmt.Sprint(i))))
			guarded <- err
		}()
		go func() {
			var c model.Change
			c.PutUnguarded(cluster("b", fmt.Sprint(i)))
			_, err := db.Commit(context.Background(), c)
			unguarded <- err
		}()
	}
	for db.Waiting() < 6 {
		runtime.Gosched()
	}
	close(g.through)
	<-first
	won := 0
	for range 3 {
		var conflict *store.ConflictError
		if err := <-guarded; err == nil {
			won++
		} else if !errors.As(err, &conflict) {
			t.Error(err)
		}
		if err := <-unguarded; err != nil {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of three creations of the same noun succeeded", won)
	}
}

func TestCancelledCommits(t *testing.T) {
	g := newGate()
	db := open(t, g)
	ctx, cancel := context.WithCancel(context.Background())
	first := g.hold(t, db, put(cluster("first", "")))
	second := make(chan error)
	go func() {
		_, err := db.Commit(ctx, put(cluster("second", "")))
		second <- err
	}()
	for db.Waiting() < 1 {
		runtime.Gosched()
	}
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknown) {
		t.Errorf("a commit cancelled in the queue: %v", err)
	}
	close(g.through)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if status(db.View(), "second") != "-" {
		t.Error("a cancelled commit was written")
	}
	if _, err := db.Commit(ctx, put(cluster("third", ""))); !errors.Is(err, context.Canceled) {
		t.Errorf("a commit that was cancelled before: %v", err)
	}
}

// A commit that another one's batch carries is cancelled under way.
func TestCancelledUnderWay(t *testing.T) {
	g := newGate()
	db := open(t, g)
	ctx, cancel := context.WithCancel(context.Background())
	first := g.hold(t, db, put(cluster("first", "")))
	second, third := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := db.Commit(ctx, put(cluster("second", "")))
		second <- err
	}()
	go func() {
		_, err := db.Commit(context.Background(), put(cluster("third", "")))
		third <- err
	}()
	for db.Waiting() < 2 {
		runtime.Gosched()
	}
	g.through <- struct{}{}
	<-first
	<-g.arrived // one of the two carries both
	cancel()
	select {
	case err := <-second: // the other carried it
		if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("a commit cancelled under way: %v", err)
		}
		g.through <- struct{}{}
	case g.through <- struct{}{}: // it carries both itself and is not interrupted
		if err := <-second; err != nil && !errors.Is(err, store.ErrUnknown) {
			t.Errorf("a commit cancelled while carrying: %v", err)
		}
	}
	if err := <-third; err != nil {
		t.Error(err)
	}
	if status(db.View(), "second") != "" {
		t.Error("what was under way is not written")
	}
}
