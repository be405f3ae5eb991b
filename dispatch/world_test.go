package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	testKey    = "AKIAIOSFODNN7EXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// keys knows one permanent key.
type keys struct{}

func (keys) Lookup(id, token string, _ time.Time) (sigv4.Secret, caller.Identity, error) {
	if id != testKey || token != "" {
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	return testSecret, caller.NewRoot("000000000000", id), nil
}

// plane is a control plane of one instance.
type plane struct {
	mu       sync.Mutex
	refusal  error // of the next connections
	deaf     error // for telemetry
	stale    error // to who asks whether what it said is still so
	live     string
	links    int
	events   []string
	revision int64
	assigned []Assignment
	before   []Assignment // all that were assigned earlier
	changed  map[chan struct{}]bool
	said     []acs.Message // over TCS
}

func (p *plane) Connect(ctx context.Context, h Hello) (Link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := caller.From(ctx); !ok {
		panic("an agent was let in that nobody knows")
	}
	if p.refusal != nil {
		return Link{}, p.refusal
	}
	p.links++
	nonce := fmt.Sprintf("c%d", p.links)
	p.live = nonce
	p.events = append(p.events, fmt.Sprintf("%s connected: %s %s agent %s %s docker %q credentials %v",
		nonce, h.Cluster, h.Instance, h.AgentVersion, h.AgentHash, h.DockerVersion, h.SendCredentials))
	changed := make(chan struct{}, 1)
	p.changed[changed] = true
	return Link{ID: "id", ClusterARN: "cluster-arn", InstanceARN: h.Instance, Nonce: nonce, Changed: changed, Confirm: p.confirm,
		Close: func() { p.mu.Lock(); defer p.mu.Unlock(); delete(p.changed, changed) }}, nil
}

func (p *plane) Disconnect(ctx context.Context, l Link, silent time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		panic("the end of a connection cannot be noted: " + ctx.Err().Error())
	}
	event := l.Nonce + " disconnected"
	if silent > 0 {
		event += fmt.Sprintf(" after %v of silence", silent)
	}
	p.events = append(p.events, event)
	if p.live == l.Nonce {
		p.live = ""
	}
}

func (p *plane) Assignments(Link) (int64, []Assignment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.revision, p.assigned
}

// Changes says all anew: what is assigned, and what was.
func (p *plane) Changes(Link) (int64, []Assignment, []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone []string
	for _, a := range p.before {
		if !slices.ContainsFunc(p.assigned, func(b Assignment) bool { return a.ARN == b.ARN }) {
			gone = append(gone, a.ARN)
		}
	}
	return p.revision, p.assigned, gone
}

func (p *plane) confirm(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stale
}

// replaced makes another control plane lead.
func (p *plane) replaced() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stale = errors.New("another leads")
}

func (p *plane) Telemetry(_ context.Context, _ Hello, m acs.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, m)
	return p.deaf
}

// assign changes what the instance is to run: NAME DESIRED [running], a line each.
func (p *plane) assign(lines string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revision++
	p.before = append(p.before, p.assigned...)
	p.assigned = assignments(lines)
	for c := range p.changed {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// deregister ends the instance's registration.
func (p *plane) deregister() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.changed {
		close(c)
	}
	clear(p.changed)
	p.refusal = &Refusal{http.StatusBadRequest, "InactiveInstanceException", "Container instance is inactive."}
}

// current returns the nonce of the newest connection, "" when it has ended.
func (p *plane) current() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live
}

// heard returns what was said over TCS.
func (p *plane) heard() []acs.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// took returns what has happened since it was asked last.
func (p *plane) took() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := strings.Join(p.events, "\n")
	p.events = nil
	return out
}

// world is a Server that listens, and the agents' way to it. Within a bubble
// of synctest the network is made of pipes, so that time can pass.
type world struct {
	t      testing.TB
	plane  *plane
	server *Server
	url    string
	client *http.Client
}

func newWorld(t testing.TB, l net.Listener, o ServerOptions) *world {
	w := &world{t: t, plane: &plane{changed: map[chan struct{}]bool{}, revision: 1}, url: "http://" + l.Addr().String()}
	verifier := sigv4.New(keys{}, sigv4.Options{})
	w.server = NewServer(w.plane, func(r *http.Request) (context.Context, error) {
		result, err := verifier.Verify(r, nil)
		if err == nil {
			err = result.For("ecs")
		}
		return caller.With(r.Context(), result.Identity), err
	}, o)
	mux := http.NewServeMux()
	mux.Handle("GET /acs/ws", w.server.ACS())
	mux.Handle("GET /tcs/ws", w.server.TCS())
	transport := &http.Transport{}
	if p, ok := l.(*pipes); ok {
		transport.DialContext = p.dial
	}
	w.client = &http.Client{Transport: transport}
	front, ended := &http.Server{Handler: mux}, make(chan error, 1)
	go func() { ended <- front.Serve(l) }()
	t.Cleanup(func() {
		w.server.Shutdown()
		front.Close()
		transport.CloseIdleConnections()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return w
}

const (
	acsPath = "/acs/ws?agentHash=ab12&agentVersion=1.105.1&clusterArn=default&containerInstanceArn=arn%3Ainstance&dockerVersion=DockerVersion%3A+20.10.24&protocolVersion=2&sendCredentials=true&seqNum=1"
	tcsPath = "/tcs/ws?agentHash=ab12&agentVersion=1.105.1&cluster=default&containerInstance=arn%3Ainstance&dockerVersion=20.10.24"
)

// sign signs an upgrade as agents do: the host with its port and the date, and
// an empty body.
func (w *world) sign(path string) http.Header {
	r, err := http.NewRequest(http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(w.t.Context(), aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}, r,
		hex.EncodeToString(sum[:]), "ecs", "us-east-1", time.Now()); err != nil {
		w.t.Fatal(err)
	}
	return r.Header
}

// agent is one side of a websocket.
type agent struct {
	t    testing.TB
	conn *websocket.Conn
}

func (w *world) connect(path string) *agent {
	w.t.Helper()
	c, _, err := websocket.Dial(w.t.Context(), w.url+path, &websocket.DialOptions{HTTPClient: w.client, HTTPHeader: w.sign(path)})
	if err != nil {
		w.t.Fatalf("dial: %v", err)
	}
	w.t.Cleanup(func() { c.CloseNow() })
	return &agent{w.t, c}
}

// refused expects an upgrade to be refused and returns the answer.
func (w *world) refused(path string, h http.Header) (status int, body string) {
	w.t.Helper()
	c, answer, err := websocket.Dial(w.t.Context(), w.url+path, &websocket.DialOptions{HTTPClient: w.client, HTTPHeader: h})
	if err == nil {
		c.CloseNow()
		w.t.Fatal("the upgrade was accepted")
	}
	if answer == nil {
		w.t.Fatalf("no answer: %v", err)
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(b))
}

// hear reads one message.
func (a *agent) hear() acs.Message {
	a.t.Helper()
	kind, frame, err := a.conn.Read(a.t.Context())
	if err != nil {
		a.t.Fatalf("read: %v", err)
	}
	m, err := acs.Decode(frame)
	if err != nil || kind != websocket.MessageText {
		a.t.Fatalf("frame of kind %v: %v\n%s", kind, err, frame)
	}
	return m
}

// expect reads as many messages as there are lines and compares them.
func (a *agent) expect(lines ...string) {
	a.t.Helper()
	for _, want := range lines {
		if got := tell(a.hear()); got != want {
			a.t.Fatalf("heard %q, not %q", got, want)
		}
	}
}

func tell(m acs.Message) string {
	switch m := m.(type) {
	case *acs.PayloadMessage:
		return fmt.Sprintf("%s payload %s %s to %s seq %d", m.MessageID, m.Tasks[0].ARN, m.Tasks[0].DesiredStatus, m.InstanceARN, m.SeqNum)
	case *acs.HeartbeatMessage:
		return m.MessageID + " heartbeat"
	case *acs.TaskManifestMessage:
		return fmt.Sprintf("%s manifest of %d", m.MessageID, len(m.Tasks))
	case *acs.TaskStopVerificationAck:
		return fmt.Sprintf("%s may stop %d", m.MessageID, len(m.StopTasks))
	}
	return fmt.Sprintf("%T", m)
}

// say sends one message.
func (a *agent) say(m acs.Message) {
	a.t.Helper()
	frame, err := acs.Encode(m)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(string(frame))
}

func (a *agent) write(frame string) {
	a.t.Helper()
	if err := a.conn.Write(a.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		a.t.Fatalf("write: %v", err)
	}
}

// closed reads on until the connection has ended.
func (a *agent) closed() websocket.CloseError {
	a.t.Helper()
	for {
		if _, _, err := a.conn.Read(a.t.Context()); err != nil {
			return closing(err)
		}
	}
}

// single decodes a refusal: an object of one name and a text.
func single(t testing.TB, body string) (name, message string) {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal([]byte(body), &m); err != nil || len(m) != 1 {
		t.Fatalf("refusal %q: %v", body, err)
	}
	for name, message = range m {
	}
	return name, message
}

// pipes is a network in memory.
type pipes struct {
	waiting chan net.Conn
	once    sync.Once
	done    chan struct{}
}

func newPipes() *pipes { return &pipes{waiting: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return pipeAddress{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.waiting <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipeAddress struct{}

func (pipeAddress) Network() string { return "pipe" }
func (pipeAddress) String() string  { return "control.test:4566" }
