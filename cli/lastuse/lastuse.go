// Package lastuse remembers when access keys were last used. It decides when
// that is written: the first use of a key within a minute, further ones once an
// hour, and the last ones when the server stops. A server that is killed forgets
// an hour at most. It may not slow a request: noting a use takes a lock and no
// more.
package lastuse

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	// MaxKeys bounds the keys whose uses are held: of more, those that are used
	// least lately are forgotten until they are used again.
	MaxKeys = 100_000
	// every is how often it is looked whether something is to be written.
	every = time.Minute
	// resolution is how long a stored use stands for later ones.
	resolution = time.Hour
	// batch is how many uses one commit writes.
	batch = 100
	// closing is how long the last writing may take.
	closing = 5 * time.Second
)

// Options of Uses. The zero value works.
type Options struct {
	// Root is the key that is not among those of IAM, and RootAccount its
	// account; "" for none.
	Root, RootAccount string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told what could not be written; nil: nobody is.
	Logger *slog.Logger
}

// Uses are the last uses of access keys. It is safe for concurrent use.
type Uses struct {
	db   *store.DB
	opts Options

	mu   sync.Mutex
	held map[string]iam.Use // by access key id
}

var _ iam.Uses = (*Uses)(nil)

// New returns the Uses over what is stored.
func New(db *store.DB, o Options) *Uses {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Uses{db: db, opts: o, held: map[string]iam.Use{}}
}

// Used notes that a key signed a request of a service.
func (u *Uses) Used(key, service, region string) {
	now := u.opts.Now().UTC().Truncate(time.Second)
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.held[key]; !known && len(u.held) >= MaxKeys {
		for k, use := range u.held { // what is written already can be forgotten
			if now.Sub(use.At) > 2*resolution {
				delete(u.held, k)
			}
		}
		if len(u.held) >= MaxKeys {
			return
		}
	}
	u.held[key] = iam.Use{At: now, Service: service, Region: region}
}

// LastUse implements iam.Uses.
func (u *Uses) LastUse(key string) (iam.Use, bool) {
	u.mu.Lock()
	use, ok := u.held[key]
	u.mu.Unlock()
	if ok {
		return use, true
	}
	stored, ok := store.Get[*model.AccessKeyUse](u.db.View(), key)
	if !ok {
		return iam.Use{}, false
	}
	return iam.Use{At: stored.At, Service: stored.Service, Region: stored.Region}, true
}

// Run writes what is due until ctx ends, and then all.
func (u *Uses) Run(ctx context.Context) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			u.write(ctx, resolution)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
			defer cancel()
			u.write(last, 0)
			return nil
		}
	}
}

// write stores uses that are later than the stored ones by more than a
// resolution. What cannot be written is tried again.
func (u *Uses) write(ctx context.Context, resolution time.Duration) {
	due := u.due(resolution)
	for len(due) > 0 {
		some := due[:min(batch, len(due))]
		due = due[len(some):]
		err := u.db.Decide(ctx, func(v store.View, c *model.Change) error {
			for _, use := range some {
				if old, ok := store.Get[*model.AccessKeyUse](v, use.ID); ok {
					use.Meta = old.Meta
				} else {
					use.Meta = model.Meta{}
				}
				if use.Account = u.opts.RootAccount; use.ID != u.opts.Root {
					key, ok := store.Get[*model.AccessKey](v, use.ID)
					if !ok {
						continue // deleted meanwhile
					}
					c.Expect(key)
					use.Account = key.Account
				}
				c.Put(use.Clone())
			}
			return nil
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			u.opts.Logger.Warn("the last uses of access keys are not written; trying again", "error", err)
			return
		}
	}
}

func (u *Uses) due(resolution time.Duration) (due []*model.AccessKeyUse) {
	v := u.db.View()
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, use := range u.held {
		old, ok := store.Get[*model.AccessKeyUse](v, key)
		if ok && use.At.Sub(old.At) <= resolution {
			continue
		}
		due = append(due, &model.AccessKeyUse{ID: key, At: use.At, Service: use.Service, Region: use.Region})
	}
	return due
}
