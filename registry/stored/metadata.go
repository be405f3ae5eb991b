package stored

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
)

// Limits of what a registry remembers. Source: Amazon ECR service quotas.
const (
	// MaxImages is the most images in one repository.
	MaxImages = 100_000
	// MaxTags is the most tags of one image: one less than ECR's quota, so that
	// an image and its tags can be deleted in one transaction of the store.
	MaxTags = store.MaxChangeWrites - 1
	// DefaultPullResolution is how exact an image's last pull is known.
	DefaultPullResolution = time.Hour
	// maxAttempts bounds how often a decision is made again because somebody
	// else changed what it had read.
	maxAttempts = 100
	// batchWrites is how many writes of a large deletion are committed together;
	// what must go together may be more.
	batchWrites = 100
)

// Options are Metadata's settings; the zero value is usable.
type Options struct {
	// Account is whose repositories go by their own names, those of other
	// accounts by the account's number before it; "" means 000000000000.
	Account string
	// PullResolution is how long after a recorded pull further ones write
	// nothing; 0: DefaultPullResolution.
	PullResolution time.Duration
}

// Metadata is the registry's memory. It may be used from many goroutines.
type Metadata struct {
	db      *store.DB
	blobs   *blob.Store
	options Options
	// presence is held for reading by what adds images, and for writing by what
	// removes images and repositories because nothing refers to them: absence
	// has no revision to guard. One process leads, so a lock of its own is enough.
	presence sync.RWMutex
}

var (
	_ registry.Repositories = (*Metadata)(nil)
	_ registry.Images       = (*Metadata)(nil)
)

// New returns the metadata of all accounts' registries.
func New(db *store.DB, blobs *blob.Store, options Options) *Metadata {
	if options.Account == "" {
		options.Account = "000000000000"
	}
	if options.PullResolution == 0 {
		options.PullResolution = DefaultPullResolution
	}
	return &Metadata{db: db, blobs: blobs, options: options}
}

// commit decides on a view and commits the answer, on a newer view again while
// there are conflicts. A decision that writes nothing is done.
func (m *Metadata) commit(ctx context.Context, decide func(v store.View, c *model.Change) error) error {
	var err error
	for range maxAttempts {
		var c model.Change
		if err := decide(m.db.View(), &c); err != nil {
			return err
		}
		if c.Empty() {
			return nil
		}
		_, err = m.db.Commit(ctx, c)
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) {
			return err
		}
	}
	return err
}

// find returns a repository, or registry.ErrRepositoryUnknown.
func (m *Metadata) find(v store.View, name string) (*model.Repository, error) {
	account, own := m.home(name)
	r, ok := store.Get[*model.Repository](v, account+"/"+own)
	if !ok {
		return nil, fmt.Errorf("%w: %s", registry.ErrRepositoryUnknown, name)
	}
	return r, nil
}

// Repository implements registry.Repositories.
func (m *Metadata) Repository(_ context.Context, name string) error {
	_, err := m.find(m.db.View(), name)
	return err
}

// Names implements registry.Repositories. A caller in the context sees those of
// its own account, nobody in it all.
func (m *Metadata) Names(ctx context.Context, after string, limit int) ([]string, error) {
	var names []string
	if limit <= 0 {
		return names, nil
	}
	prefix, from := "", ""
	if who, ok := caller.From(ctx); ok {
		prefix = who.Account + "/"
		from = prefix
	}
	if after != "" {
		account, name := m.home(after)
		from = account + "/" + name
	}
	for r := range store.After[*model.Repository](m.db.View(), prefix, from) {
		names = append(names, m.Name(r))
		if len(names) == limit {
			break
		}
	}
	return names, nil
}
