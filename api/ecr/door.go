package ecr

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Options tunes the front door; the zero value works.
type Options struct {
	// Account is whose repositories go by their own names in the URIs of images;
	// those of other accounts have the account's number before it. "" means
	// 000000000000.
	Account string
	// Region is what ARNs are made in; "" means us-east-1.
	Region string
	// RegistryHost is the registry's HOST:PORT in the URIs of repositories; ""
	// means localhost:4566.
	RegistryHost string
	// Scheme is how the registry is spoken to, http or https; "" means http.
	Scheme string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// Door is the front door. It has a method for each operation, in the shape of
// the SDK's client.
type Door struct {
	db       *store.DB
	images   Images
	layers   Layers
	sessions *session.Issuer
	opts     Options
}

// New returns the front door of the accounts' registries.
func New(db *store.DB, images Images, layers Layers, sessions *session.Issuer, opts Options) *Door {
	if opts.Account == "" {
		opts.Account = "000000000000"
	}
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.RegistryHost == "" {
		opts.RegistryHost = "localhost:4566"
	}
	if opts.Scheme == "" {
		opts.Scheme = "http"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Door{db: db, images: images, layers: layers, sessions: sessions, opts: opts}
}

// request is who asks, and about which registry.
type request struct {
	ctx      context.Context
	scope    model.Scope
	who      caller.Identity
	now      time.Time
	registry string // that is asked about, which may be somebody else's
}

// begin reads who asks. Only authentication puts a caller into the context.
func (d *Door) begin(ctx context.Context, registryID *string) (request, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return request{}, missingToken()
	}
	r := request{
		ctx: ctx, who: who, now: d.opts.Now().UTC().Truncate(time.Millisecond),
		scope: model.Scope{Region: d.opts.Region, Account: who.Account}, registry: who.Account,
	}
	if id := aws.ToString(registryID); registryID != nil {
		if !accountPattern.MatchString(id) {
			return request{}, violates("registryId", "must satisfy regular expression '[0-9]{12}'")
		}
		r.registry = id
	}
	return r, nil
}

// shelved is what the registry calls a repository, and what is in the URIs of
// its images. On AWS the account is in the host's name.
func (d *Door) shelved(r *model.Repository) string {
	if r.Account == d.opts.Account {
		return r.Name
	}
	return r.Account + "/" + r.Name
}

// repository returns a repository of the registry that is asked about, which
// may be another account's whose policy lets the caller in.
func (r request) repository(v store.View, name *string) (*model.Repository, error) {
	if err := checkRepositoryName(name); err != nil {
		return nil, err
	}
	repository, ok := store.Get[*model.Repository](v, r.registry+"/"+*name)
	if !ok {
		return nil, r.noRepository(*name)
	}
	return repository, nil
}

// about is begin for operations that look at one repository as it is now.
// What the service's model says of the rest of the request comes before the
// question whether the repository is there, as on AWS: checked is what was
// found against it.
func (d *Door) about(ctx context.Context, registryID, name *string, checked ...error) (request, store.View, *model.Repository, error) {
	v := d.db.View()
	r, err := d.begin(ctx, registryID)
	if err != nil {
		return r, v, nil, err
	}
	if err := cmp.Or(append([]error{checkRepositoryName(name)}, checked...)...); err != nil {
		return r, v, nil, err
	}
	repository, err := r.repository(v, name)
	return r, v, repository, err
}
