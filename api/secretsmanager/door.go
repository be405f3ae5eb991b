package secretsmanager

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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

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
	Check(ctx context.Context, account, service, keyID string) error
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random is where ids and passwords come from; nil means crypto/rand.
	Random io.Reader
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	db     *store.DB
	keys   Keys
	opts   Options
	random sync.Mutex
}

// serviceName is what KMS knows this front door by.
const serviceName = "secretsmanager"

func newFrontDoor(db *store.DB, keys Keys, opts Options) *frontDoor {
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
	return &frontDoor{db: db, keys: keys, opts: opts}
}

// request is who asks, and when.
type request struct {
	ctx   context.Context
	scope model.Scope
	now   time.Time
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *frontDoor) begin(ctx context.Context) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, &wire.Error{Code: "MissingAuthenticationTokenException",
			Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	return request{ctx, model.Scope{Region: d.opts.Region, Account: who.Account}, d.opts.Now().UTC().Truncate(time.Millisecond)}, nil
}

// beginAt is begin for what others may do to a secret whose policy lets them:
// an ARN leads to its own account. Only operations whose permission is on that
// very ARN may call it.
func (d *frontDoor) beginAt(ctx context.Context, id *string) (request, error) {
	r, err := d.begin(ctx)
	if err == nil {
		r.scope.Account = ownerOf(aws.ToString(id), r.scope.Account)
	}
	return r, err
}

// ownerOf is the account of the secret that an id names; names are of the
// caller's.
func ownerOf(id, callers string) string {
	if a, ok := model.ParseARN(id); ok && a.Service == "secretsmanager" && len(a.Account) == len(callers) {
		return a.Account
	}
	return callers
}

func (d *frontDoor) bytes(n int) ([]byte, error) {
	d.random.Lock()
	defer d.random.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(d.opts.Random, b); err != nil {
		return nil, fmt.Errorf("draw random bytes: %w", err)
	}
	return b, nil
}

// choose returns n characters of an alphabet, each as likely as any other.
func (d *frontDoor) choose(alphabet string, n int) (string, error) {
	limit := 256 - 256%len(alphabet) // beyond, some would be likelier
	out := make([]byte, 0, n)
	for len(out) < n {
		b, err := d.bytes(2 * (n - len(out)))
		if err != nil {
			return "", err
		}
		for _, x := range b {
			if int(x) < limit && len(out) < n {
				out = append(out, alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return string(out), nil
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
		return &types.LimitExceededException{Message: new("The secret's versions are too large together.")}
	}
	d.opts.Logger.Error("secretsmanager: commit failed", "account", r.scope.Account, "error", err)
	return &types.InternalServiceError{Message: new("An error occurred on the server side.")}
}

// change finds a secret that is not to be deleted and commits what edit makes
// of a copy of it. An edit that changes nothing returns false.
func (d *frontDoor) change(r request, id string, edit func(*model.Secret) (bool, error)) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		s, err := usable(v, r, id)
		if err != nil {
			return err
		}
		s = s.Clone()
		changed, err := edit(s)
		if changed && err == nil {
			c.Put(s)
		}
		return err
	})
}
