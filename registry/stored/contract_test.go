package stored_test

import (
	"context"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/metadatatest"
	"github.com/roadstead/roadstead/registry/stored"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

const account = "000000000000"

// world is a registry's metadata over a store in memory.
type world struct {
	*stored.Metadata
	t     *testing.T
	db    *store.DB
	blobs *blob.Store
}

func newWorld(t *testing.T, options stored.Options) *world {
	t.Helper()
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.TempDir(), blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return &world{stored.New(db, blobs, options), t, db, blobs}
}

// create makes a repository, as ECR's front door does.
func (w *world) create(name, mutability string, exclusions ...string) {
	w.t.Helper()
	var c model.Change
	c.Put(&model.Repository{Account: account, Name: name, Mutability: mutability, Exclusions: exclusions})
	if _, err := w.db.Commit(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	metadatatest.Run(t, func(t *testing.T) metadatatest.Subject {
		w := newWorld(t, stored.Options{})
		return metadatatest.Subject{Repositories: w, Images: w, CreateRepository: func(name string, immutable bool) {
			mutability := "MUTABLE"
			if immutable {
				mutability = "IMMUTABLE"
			}
			w.create(name, mutability)
		}}
	})
}
