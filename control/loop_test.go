package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func open(t testing.TB, opts memlog.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), memlog.New(opts), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func commit(t testing.TB, db *store.DB, nouns ...model.Noun) {
	t.Helper()
	var c model.Change
	for _, n := range nouns {
		c.Put(n)
	}
	if _, err := db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// counter is a planner that raises every cluster's first setting to "2", one
// a plan.
type counter struct {
	planned []string
	wake    time.Time
	before  func() // called before each plan is returned
}

func (c *counter) Name() string        { return "counter" }
func (c *counter) Kinds() []model.Kind { return []model.Kind{model.KindCluster} }

func (c *counter) Changed(_ store.View, k model.Key, wake func(string, time.Duration)) { wake(k.ID, 0) }

func (c *counter) All(v store.View, _ time.Time, wake func(string)) {
	for x := range store.All[*model.Cluster](v) {
		wake(x.Key().ID)
	}
}

func (c *counter) Plan(v store.View, key string, _ time.Time) (p plan.Plan) {
	c.planned = append(c.planned, key)
	x, ok := store.Get[*model.Cluster](v, key)
	if !ok || x.Status == "2" {
		p.Wake = c.wake
		return p
	}
	n := x.Clone()
	n.Status = map[string]string{"": "1", "1": "2"}[x.Status]
	p.Change.Put(n)
	if c.before != nil {
		c.before()
	}
	return p
}

func cluster(name string) *model.Cluster { return &model.Cluster{Account: "1", Name: name} }

// heard keeps events as text.
type heard []string

func (h *heard) Observe(e Event) {
	switch e := e.(type) {
	case Planned:
		*h = append(*h, fmt.Sprintf("planned %s %d", e.Key, len(e.Plan.Change.Writes)))
	case Conflicted:
		*h = append(*h, fmt.Sprintf("conflict %s %d", e.Key, e.Attempt))
	case Failed:
		*h = append(*h, fmt.Sprintf("failed %s until %v", e.Key, e.RetryAt.Sub(start)))
	}
}

func step(t *testing.T, l *Loop, at time.Duration) time.Duration {
	t.Helper()
	next, err := l.Step(t.Context(), start.Add(at))
	if err != nil {
		t.Fatal(err)
	}
	return next.Sub(start)
}

func expect[T comparable](t *testing.T, got *[]T, want ...T) {
	t.Helper()
	if !slices.Equal(*got, want) {
		t.Errorf("got %v\nwant %v", *got, want)
	}
	*got = nil
}

func TestStepRunsToRest(t *testing.T) {
	db := open(t, memlog.Options{})
	commit(t, db, cluster("a"), cluster("b"))
	c := &counter{}
	l := New(db, c, Options{Resync: time.Minute})
	defer l.Close()
	if next := step(t, l, 0); next != time.Minute {
		t.Errorf("next %v", next)
	}
	expect(t, &c.planned, "1/a", "1/b", "1/a", "1/b", "1/a", "1/b")
	step(t, l, time.Second)
	expect(t, &c.planned)

	commit(t, db, cluster("c"))
	select {
	case <-l.Changed():
	default:
		t.Error("a change is not announced")
	}
	step(t, l, 2*time.Second)
	expect(t, &c.planned, "1/c", "1/c", "1/c")

	step(t, l, time.Minute) // the resync
	expect(t, &c.planned, "1/a", "1/b", "1/c")
}

func TestWakeComesOnce(t *testing.T) {
	db := open(t, memlog.Options{})
	x := cluster("a")
	x.Status = "2"
	commit(t, db, x)
	c := &counter{wake: start.Add(5 * time.Second)}
	l := New(db, c, Options{})
	defer l.Close()
	if next := step(t, l, 0); next != 5*time.Second {
		t.Errorf("next %v", next)
	}
	step(t, l, 4*time.Second)
	expect(t, &c.planned, "1/a")
	c.wake = time.Time{}
	if next := step(t, l, 5*time.Second); next != DefaultResync {
		t.Errorf("next %v", next)
	}
	expect(t, &c.planned, "1/a")
}

// TestPastWake: a plan that writes nothing and wants to wake at once does not
// keep the loop busy.
func TestPastWake(t *testing.T) {
	db := open(t, memlog.Options{})
	x := cluster("a")
	x.Status = "2"
	commit(t, db, x)
	c := &counter{wake: start}
	l := New(db, c, Options{})
	defer l.Close()
	if next := step(t, l, time.Second); next != time.Second+ConflictDelay {
		t.Errorf("next %v", next)
	}
	expect(t, &c.planned, "1/a")
}

func TestStepIsBounded(t *testing.T) {
	db := open(t, memlog.Options{})
	for i := range 10 {
		commit(t, db, cluster(fmt.Sprint(i)))
	}
	c := &counter{}
	l := New(db, c, Options{StepKeys: 3})
	defer l.Close()
	if next := step(t, l, time.Second); next != time.Second {
		t.Errorf("next %v", next)
	}
	expect(t, &c.planned, "1/0", "1/1", "1/2")
}

// TestConflict: somebody else writes between View and Commit.
func TestConflict(t *testing.T) {
	db := open(t, memlog.Options{})
	commit(t, db, cluster("a"))
	interfere := MaxConflicts + 1
	c := &counter{}
	c.before = func() {
		if interfere > 0 {
			interfere--
			x, _ := store.Get[*model.Cluster](db.View(), "1/a")
			commit(t, db, x.Clone())
		}
	}
	var h heard
	l := New(db, c, Options{Observer: &h})
	defer l.Close()
	var want []string
	for i := range MaxConflicts {
		want = append(want, fmt.Sprintf("conflict 1/a %d", i+1))
	}
	step(t, l, 0)
	// The interference itself wakes the key; it conflicts once more and succeeds then.
	want = append(want, "conflict 1/a 1", "planned 1/a 1", "planned 1/a 1", "planned 1/a 0")
	expect(t, (*[]string)(&h), want...)
}

func TestErrorsAreRetriedLater(t *testing.T) {
	broken := false
	db := open(t, memlog.Options{Fault: func(op memlog.Op) memlog.Fault {
		if broken && op == memlog.OpAppend {
			return memlog.NoSpace
		}
		return memlog.None
	}})
	commit(t, db, cluster("a"))
	broken = true
	var h heard
	l := New(db, &counter{}, Options{Observer: &h})
	defer l.Close()
	at := time.Duration(0)
	for range 10 {
		at = step(t, l, at)
	}
	expect(t, (*[]string)(&h), "failed 1/a until 50ms", "failed 1/a until 150ms", "failed 1/a until 350ms", "failed 1/a until 750ms",
		"failed 1/a until 1.55s", "failed 1/a until 3.15s", "failed 1/a until 6.35s", "failed 1/a until 12.75s",
		"failed 1/a until 22.75s", "failed 1/a until 32.75s")
	broken = false
	step(t, l, at)
	expect(t, (*[]string)(&h), "planned 1/a 1", "planned 1/a 1", "planned 1/a 0")
}

func TestNotLeadingEndsTheLoop(t *testing.T) {
	deposed := false
	db := open(t, memlog.Options{Fault: func(op memlog.Op) memlog.Fault {
		if deposed && op == memlog.OpAppend {
			return memlog.Deposed
		}
		return memlog.None
	}})
	commit(t, db, cluster("a"))
	deposed = true
	l := New(db, &counter{}, Options{})
	defer l.Close()
	if _, err := l.Step(t.Context(), start); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("%v", err)
	}
}

// resyncs passes on when a loop resynced.
type resyncs chan time.Time

func (r resyncs) Observe(e Event) {
	if _, ok := e.(Resynced); ok {
		r <- time.Now()
	}
}

// TestRun drives the loop by its watch, by time and to its end.
func TestRun(t *testing.T) {
	db := open(t, memlog.Options{})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		heard := make(resyncs, 10)
		l := New(db, &counter{}, Options{Resync: time.Hour, Observer: heard})
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		first := <-heard
		commit(t, db, cluster("a"))
		synctest.Wait()
		if x, _ := store.Get[*model.Cluster](db.View(), "1/a"); x.Status != "2" {
			t.Errorf("status %q", x.Status)
		}
		if again := <-heard; again.Sub(first) != time.Hour { // in the bubble's time
			t.Errorf("resynced after %v", again.Sub(first))
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

func TestQueue(t *testing.T) {
	q := newQueue()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	q.add("b", at(2))
	q.add("a", at(2))
	q.add("c", at(9))
	q.add("c", at(1)) // earlier wins
	q.add("b", at(5)) // later does not
	var got []string
	for {
		k, ok := q.take(at(3))
		if !ok {
			break
		}
		got = append(got, k)
	}
	expect(t, &got, "c", "b", "a")
	if _, ok := q.next(); ok {
		t.Error("not empty")
	}
}
