package organizations

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Options tunes the front door; the zero value works.
type Options struct {
	// Management is the account that the others belong to; "" means
	// 000000000000.
	Management string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random is where numbers and ids come from; nil means crypto/rand.
	Random io.Reader
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// Door has a method for each operation, in the shape of the SDK's client.
type Door struct {
	db   *store.DB
	opts Options
}

// New returns the front door.
func New(db *store.DB, opts Options) *Door {
	if opts.Management == "" {
		opts.Management = "000000000000"
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
	return &Door{db: db, opts: opts}
}

// request is who asks, and when.
type request struct {
	ctx context.Context
	who caller.Identity
	now time.Time
}

func (d *Door) begin(ctx context.Context) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, fail("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	return request{ctx, who, d.opts.Now().UTC().Truncate(time.Millisecond)}, nil
}

// manager is begin for operations that the management account alone may call.
func (d *Door) manager(ctx context.Context) (request, error) {
	r, err := d.begin(ctx)
	if err == nil && r.who.Account != d.opts.Management {
		err = fail("AccessDeniedException", "You don't have permissions to access this resource.")
	}
	return r, err
}

// commit decides and commits; the store's errors are internal ones.
func (d *Door) commit(r request, decide func(store.View, *model.Change) error) error {
	var refused error
	err := d.db.Decide(r.ctx, func(v store.View, c *model.Change) error {
		refused = decide(v, c)
		return refused
	})
	if err == nil || refused != nil || r.ctx.Err() != nil {
		return err
	}
	d.opts.Logger.Error("organizations: commit failed", "error", err)
	return &wire.Error{Code: "ServiceException", Fault: smithy.FaultServer,
		Message: "Organizations can't complete your request because of an internal service error. Try again later."}
}

// organization is the organization's id: the same always, because there is one.
func (d *Door) organization() string { return "o-" + d.digest("organization", 10) }

// root is the id of the organization's root.
func (d *Door) root() string { return "r-" + d.digest("root", 4) }

func (d *Door) digest(of string, n int) string {
	sum := sha256.Sum256([]byte(of + d.opts.Management))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:n]
}

func (d *Door) arn(resource string) string {
	return "arn:aws:organizations::" + d.opts.Management + ":" + resource
}

func (d *Door) accountARN(id string) string {
	return d.arn("account/" + d.organization() + "/" + id)
}

// draw returns n random bytes.
func (d *Door) draw(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(d.opts.Random, b); err != nil {
		return nil, fmt.Errorf("draw random bytes: %w", err)
	}
	return b, nil
}

func fail(code, format string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid is the error of values that the service's model rules out.
func invalid(reason, format string, args ...any) error {
	return &wire.Error{Code: "InvalidInputException", Message: fmt.Sprintf(format, args...), Fields: map[string]any{"Reason": reason}}
}

func noAccount() error {
	return fail("AccountNotFoundException", "You specified an account that doesn't exist.")
}
