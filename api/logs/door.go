package logs

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/wire"
)

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// SessionID names a live tail session; nil means a random UUID.
	SessionID func() string
	// TailEvery is the time between two updates of a live tail session; 0
	// means a second, as AWS has it.
	TailEvery time.Duration
	// TailFor is how long a live tail session lasts; 0 means three hours, as
	// AWS has it.
	TailFor time.Duration
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	store *logs.Store
	opts  Options
}

func newFrontDoor(store *logs.Store, opts Options) *frontDoor {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.SessionID == nil {
		opts.SessionID = uuid.NewString
	}
	if opts.TailEvery <= 0 {
		opts.TailEvery = time.Second
	}
	if opts.TailFor <= 0 {
		opts.TailFor = 3 * time.Hour
	}
	return &frontDoor{store, opts}
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *frontDoor) begin(ctx context.Context) (scope, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return scope{}, &wire.Error{Code: "MissingAuthenticationTokenException",
			Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	return scope{region: d.opts.Region, account: who.Account}, nil
}
