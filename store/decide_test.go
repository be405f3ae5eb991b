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
