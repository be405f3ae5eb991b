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

// Options adjust a Router; the zero value works and lets everybody in.
type Options struct {
	// Authenticate says who calls. On success the returned context is the handler's; an error (an *Error or an SDK
	// exception) is answered in the request's protocol. Nil lets every request in.
	Authenticate func(r *http.Request, body []byte) (context.Context, error)
	// Authorize is asked after the input was decoded; an error is answered. Nil allows everything.
	Authorize func(ctx context.Context, service *Service, op *Operation, input any) error
	// MaxBody is the largest request body in bytes, DefaultMaxBody if zero.
	MaxBody int64
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
	if o.RequestID == nil {
		o.RequestID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}
