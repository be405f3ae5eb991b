package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Hello is what an agent says of itself when it connects.
type Hello struct {
	Cluster, Instance, AgentVersion, AgentHash, DockerVersion string
	SendCredentials                                           bool
}

// Link is one connected instance, as the control plane knows it.
type Link struct {
	ID          string // the instance's id in the store
	ClusterARN  string
	InstanceARN string
	// Nonce is unique to this connection.
	Nonce string
	// Changed is signalled after each change of the instance's assignments,
	// and closed when the instance may not be connected any more.
	Changed <-chan struct{}
	// Confirm returns an error when what Assignments and Changes have said may
	// be old, because another control plane has taken over. The connection
	// ends then. Nil: it never is.
	Confirm func(context.Context) error
	// Close ends the watch behind Changed.
	Close func()
}

// Control is the control plane as the server needs it.
type Control interface {
	// Connect admits an instance and notes that its agent is connected. A
	// *Refusal goes to the agent as it is.
	Connect(ctx context.Context, h Hello) (Link, error)
	// Disconnect notes that the connection of l has ended, and that nothing
	// had been heard of the agent for silent before. It does nothing when a
	// newer one has replaced it.
	Disconnect(ctx context.Context, l Link, silent time.Duration)
	// Assignments returns what the instance is to run or to stop, and the
	// revision that was read.
	Assignments(l Link) (sequence int64, assignments []Assignment)
	// Changes returns the assignments that may have changed since Assignments
	// or Changes returned last, and the ARNs of those that there are no more.
	Changes(l Link) (sequence int64, changed []Assignment, gone []string)
	// Telemetry takes what arrived over TCS: a *acs.PublishHealthRequest,
	// *acs.PublishMetricsRequest or *acs.PublishInstanceStatusRequest.
	Telemetry(ctx context.Context, h Hello, m acs.Message) error
}

// Refusal is an error that the agent protocol has a name for.
// Source: specs/agent-protocol.md section 2 (refusal bodies).
type Refusal struct {
	Status  int    // of HTTP
	Name    string // InactiveInstanceException, InvalidInstanceException, ...
	Message string
}

func (r *Refusal) Error() string { return r.Name + ": " + r.Message }

// ServerOptions tunes a Server; the zero value works.
type ServerOptions struct {
	Now    func() time.Time
	Logger *slog.Logger
	// MaxConnections is how many websockets are open at once; more are shed
	// with 503, after which agents back off. 0 means 100,000.
	MaxConnections int
	// Lifetime is how long a connection may last before it is closed for the
	// agent to open another. 0 means an hour; agents cycle by themselves
	// after 30 to 35 minutes.
	Lifetime time.Duration
}

// Server accepts the websockets of agents. Authenticate runs before each
// upgrade and returns the request's context with the caller, or an error that
// is answered as AccessDeniedException.
type Server struct {
	control      Control
	authenticate func(*http.Request) (context.Context, error)
	options      ServerOptions

	mu     sync.Mutex
	open   map[string]*connection // the ACS connection of each instance
	count  int
	closed bool
	wg     sync.WaitGroup
	done   chan struct{}
}

// connection is one open ACS connection; replaced is closed by a newer one, and
// told is what others want the agent to be told.
type connection struct {
	replaced chan struct{}
	told     chan acs.Message
}

// NewServer returns a Server that serves until Shutdown.
func NewServer(control Control, authenticate func(*http.Request) (context.Context, error), o ServerOptions) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 100_000
	}
	if o.Lifetime == 0 {
		o.Lifetime = time.Hour
	}
	return &Server{control: control, authenticate: authenticate, options: o,
		open: map[string]*connection{}, done: make(chan struct{})}
}

// ACS serves the control channel.
func (s *Server) ACS() http.Handler { return s.handler(s.serveACS) }

// TCS serves the telemetry channel.
func (s *Server) TCS() http.Handler { return s.handler(s.serveTCS) }

// Shutdown closes every connection and waits until all have ended.
func (s *Server) Shutdown() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) handler(serve func(ctx context.Context, w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.admit(); err != nil {
			refuse(w, err)
			return
		}
		defer s.leave()
		ctx, err := s.authenticate(r)
		if err != nil {
			refuse(w, &Refusal{http.StatusForbidden, "AccessDeniedException", err.Error()})
			return
		}
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || r.Header.Get("Sec-WebSocket-Key") == "" {
			// Asked before anything is noted: what opens no connection must not
			// replace the one that is there.
			refuse(w, &Refusal{http.StatusBadRequest, "BadRequestException", "A websocket is expected."})
			return
		}
		if err := serve(ctx, w, r); err != nil {
			s.options.Logger.Debug("agent connection ended", "path", r.URL.Path, "error", err)
		}
	})
}

// Connections returns how many channels agents have open, of both kinds, and
// how many instances have one to be told things by.
func (s *Server) Connections() (channels, instances int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, len(s.open)
}

// admit counts a connection, or returns why there may be none.
func (s *Server) admit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return &Refusal{http.StatusServiceUnavailable, "ServerException", "The server is shutting down."}
	case s.count >= s.options.MaxConnections:
		return &Refusal{http.StatusServiceUnavailable, "ServerException", "The server is at its limit of connections."}
	}
	s.count++
	s.wg.Add(1)
	return nil
}

func (s *Server) leave() {
	s.mu.Lock()
	s.count--
	s.mu.Unlock()
	s.wg.Done()
}

func refuse(w http.ResponseWriter, err error) {
	r := &Refusal{http.StatusInternalServerError, "ServerException", "Internal error."}
	errors.As(err, &r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	// An agent that does not read its refusal learns the same from the status.
	_ = json.NewEncoder(w).Encode(map[string]string{r.Name: r.Message})
}

func (s *Server) accept(w http.ResponseWriter, r *http.Request, heart *pulse) (*socket, error) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // there is no browser and no cookie: the upgrade itself is signed
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     heart.pinged,
	})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(acs.MaxFrame)
	return newSocket(c), nil
}
