package store_test

import (
	"errors"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestCommitAll: changes that are committed together are one transaction, and
// each has its own outcome.
func TestCommitAll(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	mustCommit(t, db, put(cluster("a", "1"), cluster("b", "1")))
	a, _ := store.Get[*model.Cluster](db.View(), "1/a")
	mustCommit(t, db, put(a.Clone()))
	stale := a.Clone()
	stale.Status = "stale"
	b, _ := store.Get[*model.Cluster](db.View(), "1/b")
	next, late := b.Clone(), b.Clone()
	next.Status, late.Status = "2", "3"
	tooLarge := model.Change{}
	for range store.MaxChangeWrites + 1 {
		tooLarge.Put(cluster("x", ""))
	}
	got := db.CommitAll(t.Context(), []model.Change{put(cluster("c", "1")), put(stale), put(next), put(late), tooLarge, put(cluster("d", "1"))})
	var conflict *store.ConflictError
	if got[0].Err != nil || got[2].Err != nil || got[5].Err != nil || got[0].Rev != got[2].Rev || got[0].Rev != got[5].Rev {
		t.Errorf("not one transaction: %+v", got)
	}
	if !errors.As(got[1].Err, &conflict) || conflict.Key != a.Key() {
		t.Errorf("a stale write: %v", got[1].Err)
	}
	if !errors.As(got[3].Err, &conflict) || conflict.Key != b.Key() {
		t.Errorf("the second write of one noun: %v", got[3].Err)
	}
	if !errors.Is(got[4].Err, store.ErrTooLarge) {
		t.Errorf("what is too large: %v", got[4].Err)
	}
	v := db.View()
	if status(v, "a") != "1" || status(v, "b") != "2" || status(v, "c") != "1" || status(v, "d") != "1" || v.Rev() != got[0].Rev {
		t.Errorf("a %s, b %s, c %s, d %s at %d", status(v, "a"), status(v, "b"), status(v, "c"), status(v, "d"), v.Rev())
	}
	if none := db.CommitAll(t.Context(), nil); len(none) > 0 {
		t.Errorf("outcomes of nothing: %v", none)
	}
}
