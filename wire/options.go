package wire

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// DefaultMaxBody is the largest request body in bytes unless Options say otherwise.
const DefaultMaxBody = 10 << 20

const (
	// DefaultMaxBodies is how many bytes of large bodies are held at once unless Options say otherwise.
	DefaultMaxBodies = 64 << 20
	// DefaultBodyPatience is how long a body may take to arrive unless Options say otherwise.
	DefaultBodyPatience = 20 * time.Second
)

// Options adjust a Router; the zero value works and lets everybody in.
type Options struct {
	// Admit is asked before anything of a request but its head is read; an error is answered, and the connection ends.
	// Nil admits everybody.
	Admit func(r *http.Request) error
	// Authenticate says who calls. On success the returned context is the handler's; an error (an *Error or an SDK
	// exception) is answered in the request's protocol. Nil lets every request in.
	Authenticate func(r *http.Request, body []byte) (context.Context, error)
	// Throttle is asked when it is known who calls what, before the input is decoded; an error is answered. Nil lets
	// everybody call as often as they like.
	Throttle func(ctx context.Context, service *Service, op *Operation) error
	// Authorize is asked after the input was decoded; an error is answered. Nil allows everything.
	Authorize func(ctx context.Context, service *Service, op *Operation, input any) error
	// Record is given every request before it is answered: whoever has an answer can rely on there being a record. An
	// error is answered instead. Nil keeps none.
	Record func(Call) error
	// MaxBody is the largest request body in bytes, DefaultMaxBody if zero.
	MaxBody int64
	// MaxBodies is how many bytes of bodies above 64 KiB are held at once, by whoever may not even be known yet;
	// more wait a moment and are then refused. DefaultMaxBodies if zero, more than MaxBody in any case.
	MaxBodies int64
	// BodyPatience is how long a body may take to arrive, the wait for MaxBodies included. DefaultBodyPatience if zero.
	BodyPatience time.Duration
	// RequestID makes the id of a request; a random UUID if nil.
	RequestID func() string
	// Logger receives internal errors, one record each; slog.Default() if nil.
	Logger *slog.Logger
	// Observe is told about every request after it was answered. It must not block.
	Observe func(Event)
}

// Event tells about one request that was answered.
type Event struct {
	Context   context.Context // the handler's, so that an observer can read the caller
	Service   string          // "" if no service was found
	Operation string          // "" if the request named none that the service's model has
	Protocol  Protocol
	RequestID string
	Status    int    // HTTP status of the answer
	Code      string // error code, "" on success
	BytesIn   int    // request body
	BytesOut  int    // response body
	Started   time.Time
	Took      time.Duration
}

func (o Options) withDefaults() Options {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.MaxBodies == 0 {
		o.MaxBodies = DefaultMaxBodies
	}
	o.MaxBodies = max(o.MaxBodies, o.MaxBody+1)
	if o.BodyPatience == 0 {
		o.BodyPatience = DefaultBodyPatience
	}
	if o.RequestID == nil {
		o.RequestID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}
