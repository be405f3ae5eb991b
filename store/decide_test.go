package store_test

import (
	"errors"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

func TestDecideAgainUntilNothingConflicts(t *testing.T) {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rounds := 0
	err = db.Decide(t.Context(), func(v store.View, c *model.Change) error {
		a, ok := store.Get[*model.KMSAlias](v, "1/alias/x")
		if !ok {
			a = &model.KMSAlias{Account: "1", Name: "alias/x"}
		} else {
			a = a.Clone()
		}
		if rounds++; rounds <= 2 { // somebody is faster, twice
			other := a.Clone()
			other.KeyID = "other"
			var theirs model.Change
			theirs.Put(other)
			if _, err := db.Commit(t.Context(), theirs); err != nil {
				return err
			}
		}
		a.KeyID = "mine"
		c.Put(a)
		return nil
	})
	if err != nil || rounds != 3 {
		t.Fatalf("%v after %d rounds", err, rounds)
	}
	if a, _ := store.Get[*model.KMSAlias](db.View(), "1/alias/x"); a.KeyID != "mine" {
		t.Fatal(a.KeyID)
	}
	no := errors.New("no")
	if err := db.Decide(t.Context(), func(store.View, *model.Change) error { return no }); err != no {
		t.Fatal(err)
	}
}

// A decision that writes nothing rests on what the tables say, which may be
// long ago: a process that does not lead any more must not answer with it.
func TestDecisionsWithoutACommitAreConfirmed(t *testing.T) {
	log := memlog.New(memlog.Options{})
	old := open(t, log)
	no := errors.New("no")
	decisions := map[string]func(store.View, *model.Change) error{
		"refuse":     func(store.View, *model.Change) error { return no },
		"do nothing": func(store.View, *model.Change) error { return nil },
	}
	for name, want := range map[string]error{"refuse": no, "do nothing": nil} {
		if err := old.Decide(t.Context(), decisions[name]); err != want {
			t.Errorf("%s while it leads: %v, want %v", name, err, want)
		}
	}
	open(t, log.Peer(nil)) // another takes over, and nobody tells the first
	for name, decide := range decisions {
		if err := old.Decide(t.Context(), decide); !errors.Is(err, store.ErrNotLeader) {
			t.Errorf("%s after its term: %v", name, err)
		}
	}
	if old.Leading() {
		t.Error("it does not know that its term has ended")
	}
}

// While the log does not answer nobody knows who leads.
func TestConfirmWithoutTheLog(t *testing.T) {
	s := &script{}
	db := open(t, memlog.New(memlog.Options{Fault: s.fault}))
	s.next = map[memlog.Op][]memlog.Fault{memlog.OpLasts: {memlog.LostRequest}}
	if err := db.Confirm(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the log does not answer: %v", err)
	}
	if err := db.Confirm(t.Context()); err != nil {
		t.Errorf("it answers again: %v", err)
	}
	s.next = map[memlog.Op][]memlog.Fault{memlog.OpAppend: {memlog.LostAnswer}, memlog.OpSettle: {memlog.LostRequest}}
	if _, err := db.Commit(t.Context(), put(cluster("a", "1"))); !errors.Is(err, store.ErrUnknown) {
		t.Fatal(err)
	}
	// The commit is in the log and not in the tables that an answer was made of.
	if err := db.Confirm(t.Context()); !errors.Is(err, store.ErrUnavailable) || status(db.View(), "a") != "1" {
		t.Errorf("the outcome of a commit was unknown: %v, the cluster is %q", err, status(db.View(), "a"))
	}
	if err := db.Confirm(t.Context()); err != nil {
		t.Errorf("it is known: %v", err)
	}
	s.next = map[memlog.Op][]memlog.Fault{memlog.OpLasts: {memlog.Deposed}}
	if err := db.Confirm(t.Context()); !errors.Is(err, store.ErrNotLeader) || db.Leading() {
		t.Errorf("deposed: %v", err)
	}
}
