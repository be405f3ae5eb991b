package etcdlog

import (
	"errors"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// History is dropped as the log goes on: enough is kept, and who asks for
// more is told.
func TestCompaction(t *testing.T) {
	l := embedded(t)
	l.keep = 10
	term, err := l.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := term.Head
	for range 5 * l.keep {
		batch := []store.Mutation{{Key: model.Key{Kind: model.KindTask, ID: "a"}, Value: []byte("x")}}
		if head, err = l.Append(t.Context(), head, batch); err != nil {
			t.Fatal(err)
		}
	}
	enough := errors.New("enough")
	stop := func(model.Revision, []store.Mutation) error { return enough }
	if err := l.Follow(t.Context(), head-l.keep, stop); !errors.Is(err, enough) {
		t.Errorf("what should be kept: %v", err)
	}
	if err := l.Follow(t.Context(), term.Head, stop); !errors.Is(err, store.ErrCompacted) {
		t.Errorf("what should be gone: %v", err)
	}
}
