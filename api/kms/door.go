package kms

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Sealer seals what is stored, bound to a context.
type Sealer interface {
	Seal(plain, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random is where keys, ids and nonces come from; nil means crypto/rand.
	Random io.Reader
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// FrontDoor has a method for each operation, in the shape of the SDK's client,
// and Seal and Open for other front doors.
type FrontDoor struct {
	db     *store.DB
	sealer Sealer
	opts   Options
	random sync.Mutex
	// primes is held while a pair of RSA keys is made, which takes a processor
	// for up to seconds: one at a time leaves the others to everybody else.
	primes sync.Mutex
}

// New returns the front door; Service is what the router wants of it.
func New(db *store.DB, sealer Sealer, opts Options) *FrontDoor {
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
	return &FrontDoor{db: db, sealer: sealer, opts: opts}
}

// request is who asks, when, and on whose behalf.
type request struct {
	ctx   context.Context
	scope model.Scope
	who   caller.Identity
	now   time.Time
	// service is the front door that uses a key for the caller, such as
	// secretsmanager; "" when the caller does itself.
	service string
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *FrontDoor) begin(ctx context.Context) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, &wire.Error{Code: "MissingAuthenticationTokenException",
			Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	return d.request(ctx, who, who.Account, ""), nil
}

func (d *FrontDoor) request(ctx context.Context, who caller.Identity, account, service string) request {
	return request{ctx: ctx, who: who, service: service, scope: model.Scope{Region: d.opts.Region, Account: account},
		now: d.opts.Now().UTC().Truncate(time.Millisecond)}
}

// bytes draws n random bytes.
func (d *FrontDoor) bytes(n int) ([]byte, error) {
	d.random.Lock()
	defer d.random.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(d.opts.Random, b); err != nil {
		return nil, fmt.Errorf("draw random bytes: %w", err)
	}
	return b, nil
}

// commit decides and commits; the store's errors become KMS's.
func (d *FrontDoor) commit(r request, decide func(store.View, *model.Change) error) error {
	var refused error
	err := d.db.Decide(r.ctx, func(v store.View, c *model.Change) error {
		refused = decide(v, c)
		return refused
	})
	if err == nil || refused != nil || r.ctx.Err() != nil {
		return err
	}
	if errors.Is(err, store.ErrTooLarge) {
		return &types.LimitExceededException{Message: new("The key holds too much.")}
	}
	d.opts.Logger.Error("kms: commit failed", "account", r.scope.Account, "error", err)
	return &types.KMSInternalException{Message: new("The request was rejected because an internal exception occurred.")}
}
