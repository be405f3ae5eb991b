// Package images constructs the image registry: the distribution API and ECR's
// front door, which do not know each other, over one blob store and the
// metadata in the store. It decides nothing: it puts the words of one side
// into those of the other.
package images

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/stored"
	"github.com/roadstead/roadstead/registry/upkeep"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Gate says who may do what.
type Gate interface {
	// Lives reports whether a pass of the caller is still worth something.
	Lives(who caller.Identity, now time.Time) bool
	// Check returns nil if the caller has the permissions.
	Check(ctx context.Context, who caller.Identity, needs ...wire.Need) error
}

// Options are a registry's settings; the zero value is usable.
type Options struct {
	Account string // whose repositories need no account's number before their names; "": 000000000000
	Region  string // in ARNs; "": us-east-1
	Host    string // HOST:PORT in the URIs of repositories; "": localhost:4566
	Scheme  string // http or https; "": http
	Now     func() time.Time
	Logger  *slog.Logger // nil: none
	// Record keeps a record of what the distribution API did; nil: nobody does.
	Record Record
}

// Record keeps a record of calls.
type Record interface {
	// Ready returns an error while no record can be kept.
	Ready() error
	// Did records what the caller in the context did to a repository, as an
	// operation of ECR: PutImage, BatchGetImage or BatchDeleteImage. denied is
	// why it was not done, nil if it was.
	Did(ctx context.Context, operation, repository, digest string, tags []string, denied error)
}

// Images is the image registry of all accounts.
type Images struct {
	door     *ecr.Door
	registry *registry.Registry
	upkeep   *upkeep.Upkeep
	gate     Gate
	scope    model.Scope
	now      func() time.Time
	record   Record
}

// New returns the registry. blobs is closed by whoever opened it.
func New(db *store.DB, blobs *blob.Store, sessions *session.Issuer, gate Gate, o Options) *Images {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "000000000000"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	i := &Images{gate: gate, scope: model.Scope{Region: o.Region, Account: o.Account}, now: o.Now, record: o.Record}
	metadata := stored.New(db, blobs, stored.Options{Account: o.Account})
	i.registry = registry.New(blobs, metadata, metadata, i.authorize, registry.Options{
		RegistryID: o.Account, PullResolution: stored.DefaultPullResolution, Now: o.Now,
		Events: func(ctx context.Context, e registry.Event) {
			if e.Kind == registry.Failed {
				o.Logger.ErrorContext(ctx, "registry: request failed", "repository", e.Repository, "error", e.Err)
			}
			i.note(ctx, e)
		},
	})
	i.door = ecr.New(db, shelf{i.registry, metadata, o.Now}, layers{blobs}, sessions, ecr.Options{
		Account: o.Account, Region: o.Region, RegistryHost: o.Host, Scheme: o.Scheme, Now: o.Now, Logger: o.Logger})
	i.upkeep = upkeep.New(metadata, i.registry, upkeep.Options{Logger: o.Logger})
	return i
}

// Service returns ECR's front door.
func (i *Images) Service() *wire.Service { return i.door.Service() }

// Handler returns the distribution API, which is under /v2/.
func (i *Images) Handler() http.Handler { return i.registry }

// Run keeps the registry tidy until ctx is done.
func (i *Images) Run(ctx context.Context) error { return i.upkeep.Run(ctx) }
