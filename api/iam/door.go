package iam

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Sealer seals a value so that it opens in the same context alone. Secrets of
// access keys are sealed in the context that model.AccessKey.SealContext names.
type Sealer interface {
	Seal(plain, context []byte) ([]byte, error)
}

// Use is the last use of an access key.
type Use struct {
	At              time.Time
	Region, Service string
}

// Uses knows when access keys were last used; false: never, or unknown.
type Uses interface {
	LastUse(accessKeyID string) (Use, bool)
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is where the resources are that roles of services are needed for;
	// "" means us-east-1.
	Region string
	// Uses answers GetAccessKeyLastUsed; nil means that no use is known.
	Uses Uses
	// RootKey is the key of RootAccount's root that is not stored; "" for none.
	RootKey, RootAccount string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random is where ids and secrets come from; nil means crypto/rand.
	Random io.Reader
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// Door is the front door.
type Door struct {
	db     *store.DB
	sealer Sealer
	opts   Options

	reports *reports
}

// New returns the service as the router offers it. The sealer keeps the secrets
// of access keys; without one none are made.
func New(db *store.DB, sealer Sealer, opts Options) *wire.Service {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return service(&Door{db: db, sealer: sealer, opts: opts, reports: &reports{}})
}

// call is one request: who asks, for which account, and when. Each operation
// is a method of it, in the shape of the SDK client's without the context, so
// that what every operation begins with is written once.
type call struct {
	*Door
	ctx context.Context
	who caller.Identity
	now time.Time
	// Scope makes ARNs.
	model.Scope
}

// op is a row of the operations table. required are the members that must be
// there, in the order of the service's model.
func op[I, O any](d *Door, name string, f func(*call, *I) (*O, error), required ...string) wire.Operation {
	rules := rulesFor(name, reflect.TypeFor[I](), required)
	return wire.Op(name, func(ctx context.Context, in *I) (*O, error) {
		c := d.caller(ctx)
		if c.who.Kind == caller.Nobody {
			return nil, &wire.Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden}
		}
		if err := check(rules, reflect.ValueOf(in).Elem()); err != nil {
			return nil, err
		}
		return f(c, in)
	}).Needing(permission[I](d, name))
}

// caller reads who asks; nobody, where authentication left no caller.
func (d *Door) caller(ctx context.Context) *call {
	who, _ := caller.From(ctx)
	return &call{Door: d, ctx: ctx, who: who, now: d.opts.Now().UTC().Truncate(time.Second), Scope: model.Scope{Region: d.opts.Region, Account: who.Account}}
}

// maxAttempts bounds how often a decision is made again because somebody else
// changed what it had read.
const maxAttempts = 100

// commit decides on a view and commits the answer, on a newer view again while
// there are conflicts. A decision that changes nothing is done. Errors of
// decide go to the caller as they are.
func (c *call) commit(decide func(v store.View, change *model.Change) error) error {
	var err error
	for range maxAttempts {
		var change model.Change
		if err := decide(c.db.View(), &change); err != nil {
			return err
		}
		if change.Empty() {
			return nil
		}
		_, err = c.db.Commit(c.ctx, change)
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) {
			break
		}
	}
	if err == nil {
		return nil
	}
	return c.fault("commit", err)
}

// all returns the nouns of the caller's account.
func all[T model.Noun](c *call, v store.View) func(yield func(T) bool) {
	return store.Prefix[T](v, c.Account+"/")
}
