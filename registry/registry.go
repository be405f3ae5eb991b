package registry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// Action is what a request wants to do, named as the action that an IAM policy
// would allow or deny.
type Action string

// The actions that requests of the distribution API amount to.
const (
	ActionPing                        Action = "ecr:GetAuthorizationToken" // only needs a valid token
	ActionDescribeRepositories        Action = "ecr:DescribeRepositories"
	ActionListImages                  Action = "ecr:ListImages"
	ActionBatchGetImage               Action = "ecr:BatchGetImage"
	ActionPutImage                    Action = "ecr:PutImage"
	ActionBatchDeleteImage            Action = "ecr:BatchDeleteImage"
	ActionBatchCheckLayerAvailability Action = "ecr:BatchCheckLayerAvailability"
	ActionGetDownloadURLForLayer      Action = "ecr:GetDownloadUrlForLayer"
	ActionInitiateLayerUpload         Action = "ecr:InitiateLayerUpload"
	ActionUploadLayerPart             Action = "ecr:UploadLayerPart"
	ActionCompleteLayerUpload         Action = "ecr:CompleteLayerUpload"
)

// Access is what a request asks for. Repository is empty for the actions that
// concern the whole registry.
type Access struct {
	Repository string
	Action     Action
}

// What Authorize answers, wrapped or not.
var (
	// ErrUnauthenticated: the request has no valid credentials.
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrDenied: the caller may not do this.
	ErrDenied = errors.New("access denied")
)

// Authorize decides whether a request may have an access. It returns the
// context with which the request goes on (carrying the caller, for example),
// or ErrUnauthenticated, ErrDenied, or an error of its own.
type Authorize func(r *http.Request, access Access) (context.Context, error)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	ImagePushed  EventKind = "IMAGE_PUSHED"
	ImagePulled  EventKind = "IMAGE_PULLED" // once per manifest that was fetched
	ImageDeleted EventKind = "IMAGE_DELETED"
	BlobUploaded EventKind = "BLOB_UPLOADED"
	Failed       EventKind = "FAILED" // an internal error, otherwise seen by nobody
)

// Event is something that happened, for those who log, count or announce it.
type Event struct {
	Kind       EventKind
	Repository string
	Digest     blob.Digest
	Tags       []string
	Bytes      int64 // of BlobUploaded
	Err        error // of Failed
}

// DefaultPullResolution is how exact LastPulledAt is: within it, further pulls
// write nothing.
const DefaultPullResolution = time.Minute

// Options are a Registry's settings; the zero value is usable.
type Options struct {
	// RegistryID is the account in error messages; "" means 000000000000.
	RegistryID string
	// Realm is named in the challenge to clients without credentials; "" means
	// the address that the client used.
	Realm string
	// PullResolution is how exact LastPulledAt is; 0: DefaultPullResolution.
	PullResolution time.Duration
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Events is told what happened, within the request; nil: nobody is.
	Events func(context.Context, Event)
}

func (o Options) withDefaults() Options {
	if o.RegistryID == "" {
		o.RegistryID = "000000000000"
	}
	if o.PullResolution == 0 {
		o.PullResolution = DefaultPullResolution
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Events == nil {
		o.Events = func(context.Context, Event) {}
	}
	return o
}

// Registry serves the distribution API. It may be called from many goroutines
// and starts none.
type Registry struct {
	blobs        *blob.Store
	repositories Repositories
	images       Images
	authorize    Authorize
	options      Options
}

// New returns a registry over a blob store and the metadata of its account.
// All dependencies are needed; whoever wants no authorization says so with
// Anyone.
func New(blobs *blob.Store, repositories Repositories, images Images, authorize Authorize, options Options) *Registry {
	if blobs == nil || repositories == nil || images == nil || authorize == nil {
		panic("registry: New without a dependency")
	}
	return &Registry{blobs: blobs, repositories: repositories, images: images,
		authorize: authorize, options: options.withDefaults()}
}

// Anyone is the Authorize that allows every request.
func Anyone(r *http.Request, _ Access) (context.Context, error) { return r.Context(), nil }
