package ecs

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random is where ids come from; nil means crypto/rand.
	Random io.Reader
	// Endpoints says where a container instance's agent connects to. Agents
	// keep the answer for hours, so it must be stable. Nil: DiscoverPollEndpoint
	// answers with a server fault.
	Endpoints func(ctx context.Context, cluster, instance string) (Endpoints, error)
	// RegistryHosts are the names (host:port) of the built-in registry: tasks
	// with images from it need instances that can pull with ECR's tokens.
	RegistryHosts []string
	// Exec opens sessions into containers; nil: ExecuteCommand finds no target
	// connected.
	Exec ExecSessions
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// Endpoints are the http or https URLs that agents open their websockets at.
type Endpoints struct {
	Control, Telemetry string
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	db   *store.DB
	opts Options
	// fleets are the container instances as placement sees them.
	fleets *fleets
	// structure is held for reading by what puts something into a cluster or
	// onto an instance, and for writing by what removes a cluster or an
	// instance because it is empty: emptiness has no revision to guard.
	structure sync.RWMutex
	random    sync.Mutex
}

// New returns the service as the router offers it.
func New(db *store.DB, opts Options) *wire.Service {
	return newFrontDoor(db, opts).service()
}

func newFrontDoor(db *store.DB, opts Options) *frontDoor {
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
	return &frontDoor{db: db, opts: opts, fleets: newFleets(db)}
}

// request is who asks, and what one answer is made with.
type request struct {
	ctx   context.Context
	scope model.Scope
	who   caller.Identity
	now   time.Time
	// seed is what all ids of the answer come from, so that a decision that
	// is made again makes the same ones.
	seed plan.Seed
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *frontDoor) begin(ctx context.Context) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, &wire.Error{Code: "MissingAuthenticationTokenException",
			Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	r := request{ctx: ctx, scope: model.Scope{Region: d.opts.Region, Account: who.Account}, who: who,
		now: d.opts.Now().UTC().Truncate(time.Millisecond)}
	d.random.Lock()
	defer d.random.Unlock()
	if _, err := io.ReadFull(d.opts.Random, r.seed[:]); err != nil {
		return request{}, fmt.Errorf("draw a seed: %w", err)
	}
	return r, nil
}

// ids begins the request's stream of ids anew.
func (r request) ids() *plan.IDs { return plan.NewIDs(r.seed) }

// id is one of a noun's key: the account in front of it.
func (r request) id(name string) string { return r.scope.Account + "/" + name }
