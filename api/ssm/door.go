package ssm

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Keys encrypts and decrypts with KMS keys on behalf of this service. An empty
// key is the service's own. Errors are KMS's.
type Keys interface {
	Seal(ctx context.Context, account, service, keyID string, plain []byte, bound map[string]string) (sealed []byte, keyARN string, err error)
	Open(ctx context.Context, account, service string, sealed []byte, bound map[string]string) ([]byte, error)
}

// Secrets reads secrets for the caller in the context, who must be allowed to.
// The selector is a version's id or one of its stages, "" for the current one.
// The answer's description is what GetSecretValue answers, in JSON. Errors are
// Secrets Manager's.
type Secrets interface {
	Secret(ctx context.Context, id, selector string) (value, description string, at time.Time, err error)
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Secrets answers for /aws/reference/secretsmanager/NAME; nil: there are
	// none.
	Secrets Secrets
	// Sessions opens sessions in containers; nil: no target is connected.
	Sessions Sessions
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	db   *store.DB
	keys Keys
	opts Options
}

// serviceName is what KMS knows this front door by.
const serviceName = "ssm"

func newFrontDoor(db *store.DB, keys Keys, opts Options) *frontDoor {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &frontDoor{db, keys, opts}
}

// request is who asks, and when.
type request struct {
	ctx   context.Context
	scope model.Scope
	now   time.Time
	user  string // the caller's ARN
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *frontDoor) begin(ctx context.Context) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, &wire.Error{Code: "MissingAuthenticationTokenException",
			Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	return request{ctx, model.Scope{Region: d.opts.Region, Account: who.Account}, d.opts.Now().UTC().Truncate(time.Millisecond), who.ARN}, nil
}

// commit decides and commits; the store's errors become the service's.
func (d *frontDoor) commit(r request, decide func(store.View, *model.Change) error) error {
	var refused error
	err := d.db.Decide(r.ctx, func(v store.View, c *model.Change) error {
		refused = decide(v, c)
		return refused
	})
	if err == nil || refused != nil || r.ctx.Err() != nil {
		return err
	}
	if errors.Is(err, store.ErrTooLarge) {
		return &types.ParameterLimitExceeded{Message: new("The parameter's versions are too large together.")}
	}
	d.opts.Logger.Error("ssm: commit failed", "account", r.scope.Account, "error", err)
	return &types.InternalServerError{Message: new("An error occurred on the server side.")}
}

// change finds a parameter and commits what edit makes of a copy of it.
func (d *frontDoor) change(r request, name string, edit func(*model.Parameter) error) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		p, err := find(v, r, name)
		if err != nil {
			return err
		}
		p = p.Clone()
		if err := edit(p); err != nil {
			return err
		}
		c.Put(p)
		return nil
	})
}
