package exec

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Limits of sessions.
const (
	// MaxSessions is how many sessions there are at a time, MaxPerTask how many
	// for one task; forwarded connections are sessions, too.
	MaxSessions = 2000
	MaxPerTask  = 128
	// TicketLife is how long a ticket may stay unused.
	TicketLife = 2 * time.Minute
	// IdleTimeout is how long a session may go on without a byte either way.
	// Source: ECS developer guide, "Monitor Amazon ECS containers with ECS
	// Exec": an idle timeout of 20 minutes.
	IdleTimeout = 20 * time.Minute
	// patience is how long one step of opening a session may take.
	patience = 15 * time.Second
)

var (
	// ErrLimit is a session more than there may be.
	ErrLimit = errors.New("there are too many sessions")
	// ErrNotConnected is an instance that cannot be told.
	ErrNotConnected = errors.New("the container instance is not connected")
)

// Request says what a session is to do, and where.
type Request struct {
	Instance  string // id of the container instance in the store
	TaskARN   string
	Container string   // name
	Command   []string // words
	// Port forwards connections to a port of the container instead of running
	// the command, as StartSession's port forwarding documents ask; 0 does not.
	Port int
	// LocalPort is where the client is to listen; 0 is anywhere.
	LocalPort int
	// Record says where the session is recorded; nil nowhere.
	Record *Record
}

// Record names a log stream of an account. The stream is named after the
// session, by Open.
type Record struct{ Account, Group, Stream string }

// Ticket lets one client in, once.
type Ticket struct{ SessionID, StreamURL, Token string }

// Teller tells instances; dispatch.Server does.
type Teller interface {
	Tell(instance string, m acs.Message) bool
}

// Options tunes a Broker; the zero value works.
type Options struct {
	Logger *slog.Logger
	// Archive keeps the records of sessions; nil refuses those that are to be
	// recorded.
	Archive Archive
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Broker knows the sessions that there are.
type Broker struct {
	url     string
	teller  Teller
	options Options

	mu       sync.Mutex
	sessions map[string]*session
	tasks    map[string]int // how many sessions each has
	closed   bool
	done     chan struct{}
	wg       sync.WaitGroup
}

// session is one session. Its fields do not change but for those under the
// broker's lock.
type session struct {
	id      string
	request Request
	token   [sha256.Size]byte // of the client
	node    string            // token of the instance
	arrived chan *Stream      // the instance's stream
	over    chan struct{}     // closed when the session has ended
	expires time.Time
	used    bool // the client's token; under the lock
	joined  bool // the instance's token; under the lock
	cancel  context.CancelFunc
}

// New returns a broker whose handlers are reached at url, http://HOST:PORT or
// https://HOST:PORT.
func New(url string, teller Teller, o Options) *Broker {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Broker{url: url, teller: teller, options: o, sessions: map[string]*session{}, tasks: map[string]int{}, done: make(chan struct{})}
}

// The paths of the broker's handlers.
const (
	ClientPath = "/v1/data-channel/" // and the session's id
	NodePath   = "/exec"             // and /ws, as agents append
)

// Open makes a session and the ticket for it. Prefix begins its id, as
// "ecs-execute-command-". Nothing runs until the ticket is used; one that is
// not is worth nothing after TicketLife. Errors are ErrLimit and, while the
// server ends, ErrNotConnected.
func (b *Broker) Open(prefix string, r Request) (Ticket, error) {
	now := b.options.Now()
	token := secret(48)
	s := &session{id: prefix + strings.ReplaceAll(uuid.NewString(), "-", "")[:17], request: r, token: sha256.Sum256([]byte(token)), node: secret(32),
		arrived: make(chan *Stream), over: make(chan struct{}), expires: now.Add(TicketLife)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return Ticket{}, ErrNotConnected
	}
	if len(b.sessions) >= MaxSessions || b.tasks[r.TaskARN] >= MaxPerTask {
		b.expire(now)
	}
	if len(b.sessions) >= MaxSessions || b.tasks[r.TaskARN] >= MaxPerTask {
		return Ticket{}, ErrLimit
	}
	if r.Record != nil {
		s.request.Record = &Record{Account: r.Record.Account, Group: r.Record.Group, Stream: s.id}
	}
	b.sessions[s.id] = s
	b.tasks[r.TaskARN]++
	url := "ws" + strings.TrimPrefix(b.url, "http") + ClientPath + s.id + "?role=publish_subscribe"
	return Ticket{SessionID: s.id, StreamURL: url, Token: token}, nil
}

// expire forgets sessions whose ticket was not used in time. The caller holds
// the lock.
func (b *Broker) expire(now time.Time) {
	for _, s := range b.sessions {
		if !s.used && now.After(s.expires) {
			b.drop(s)
		}
	}
}

// drop forgets a session. The caller holds the lock.
func (b *Broker) drop(s *session) {
	if b.sessions[s.id] != s {
		return
	}
	delete(b.sessions, s.id)
	if b.tasks[s.request.TaskARN]--; b.tasks[s.request.TaskARN] == 0 {
		delete(b.tasks, s.request.TaskARN)
	}
	close(s.over)
}

// Terminate ends a session; false when there is none of that id.
func (b *Broker) Terminate(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	switch {
	case s == nil:
		return false
	case s.cancel != nil:
		s.cancel()
	default:
		b.drop(s)
	}
	return true
}

// Find returns what a session was opened for; false when there is none.
func (b *Broker) Find(id string) (Request, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil || !s.used && b.options.Now().After(s.expires) {
		return Request{}, false
	}
	return s.request, true
}

// claim uses a client's ticket. The context that it returns ends with the
// session, which the caller ends with release.
func (b *Broker) claim(ctx context.Context, id, token string) (*session, context.Context, bool) {
	sum := sha256.Sum256([]byte(token))
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if b.closed || s == nil || s.used || b.options.Now().After(s.expires) || subtle.ConstantTimeCompare(sum[:], s.token[:]) != 1 {
		return nil, nil, false
	}
	s.used = true
	ctx, s.cancel = context.WithCancel(ctx)
	b.wg.Add(1)
	return s, ctx, true
}

func (b *Broker) release(s *session) {
	b.mu.Lock()
	s.cancel()
	b.drop(s)
	b.mu.Unlock()
	b.wg.Done()
}

// join uses an instance's token.
func (b *Broker) join(id, token string) (*session, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if b.closed || s == nil || !s.used || s.joined || subtle.ConstantTimeCompare([]byte(token), []byte(s.node)) != 1 {
		return nil, false
	}
	s.joined = true
	return s, true
}

// Shutdown ends every session and waits until all have ended.
func (b *Broker) Shutdown() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.done)
	}
	b.mu.Unlock()
	b.wg.Wait()
}

func secret(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)
}

func refuse(w http.ResponseWriter, status int, why string) { http.Error(w, why, status) }
