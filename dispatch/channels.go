package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// inboxSize is how many frames of one agent wait to be handled; more wait in
// the socket.
const inboxSize = 64

// toldAhead is how many messages of others than the session itself wait to be
// sent to one agent.
const toldAhead = 32

var (
	errReplaced = errors.New("a newer connection of the same instance has replaced this one")
	errExpired  = errors.New("ConnectionExpired: Reconnect to continue")
	errGone     = errors.New("the container instance is not registered any more")
	errDead     = errors.New("heartbeats are not acknowledged")
	errShutdown = errors.New("the server is shutting down")
)

func (s *Server) serveACS(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	hello := Hello{Cluster: q.Get("clusterArn"), Instance: q.Get("containerInstanceArn"),
		AgentVersion: q.Get("agentVersion"), AgentHash: q.Get("agentHash"),
		DockerVersion: q.Get("dockerVersion"), SendCredentials: q.Get("sendCredentials") == "true"}
	link, err := s.control.Connect(ctx, hello)
	if err != nil {
		refuse(w, err)
		return err
	}
	defer link.Close()
	silent := time.Duration(0)
	// The end of the connection is noted even when its context has ended.
	defer func() { s.control.Disconnect(context.WithoutCancel(ctx), link, silent) }()
	heart := newPulse()
	conn, err := s.accept(w, r, heart)
	if err != nil {
		return fmt.Errorf("upgrade of %s: %w", link.InstanceARN, err)
	}
	defer conn.end()
	me := &connection{replaced: make(chan struct{}), told: make(chan acs.Message, toldAhead)}
	s.replace(link.ID, me)
	defer s.forget(link.ID, me)
	ctx, cut := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	defer func() { cut(nil); <-watched }()
	go func() {
		defer close(watched)
		if err := heart.watch(ctx); err != nil {
			cut(err)
		}
	}()
	err = s.converse(ctx, conn, heart, me, link, hello)
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		silent = quietLooks * pulseEvery
		return cause
	}
	return err
}

// replace makes me the instance's connection and ends the one before.
func (s *Server) replace(id string, me *connection) {
	s.mu.Lock()
	old := s.open[id]
	s.open[id] = me
	s.mu.Unlock()
	if old != nil {
		close(old.replaced)
	}
}

// Tell sends a message of its own to a connected instance, by its id in the
// store; false when it is not connected, or does not take what it was sent.
// Nothing is sent again: who tells waits for an effect.
func (s *Server) Tell(id string, m acs.Message) bool {
	s.mu.Lock()
	to := s.open[id]
	s.mu.Unlock()
	if to == nil {
		return false
	}
	select {
	case to.told <- m:
		return true
	default:
		return false
	}
}

func (s *Server) forget(id string, me *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] == me {
		delete(s.open, id)
	}
}

// farewell tells the peer why the server ends the connection; without a reason
// to tell it does nothing. An agent whose place another has taken is told so by
// a code after which it backs off: two agents that were given the same identity
// would otherwise replace each other without a pause.
// Source: specs/agent-protocol.md section 2, lifetime.
func farewell(conn *socket, err error) {
	switch {
	case errors.Is(err, errExpired), errors.Is(err, errShutdown), errors.Is(err, errGone):
		conn.ws.Close(websocket.StatusNormalClosure, err.Error())
	case errors.Is(err, errReplaced):
		conn.ws.Close(websocket.StatusPolicyViolation, err.Error())
	}
}

// converse drives a Session until the connection ends.
func (s *Server) converse(ctx context.Context, conn *socket, heart *pulse, me *connection, link Link, hello Hello) (err error) {
	session := NewSession(SessionOptions{ClusterARN: link.ClusterARN, InstanceARN: link.InstanceARN,
		Nonce: link.Nonce, SendCredentials: hello.SendCredentials})
	ctx, stop := context.WithCancel(ctx)
	inbox, ended := s.read(ctx, conn, heart, acs.Decode)
	// The reader stays until the peer has heard the farewell: ending its
	// context would cut the connection.
	defer func() { farewell(conn, err); stop(); conn.end(); <-ended }()
	sequence, assignments := s.control.Assignments(link)
	session.Assign(s.options.Now(), sequence, assignments)
	expiry := time.NewTimer(s.options.Lifetime)
	defer expiry.Stop()
	due := session.Next()
	wake := time.NewTimer(max(0, due.Sub(s.options.Now())))
	defer wake.Stop()
	for {
		messages := session.Outbox()
		if link.Confirm != nil && slices.ContainsFunc(messages, Denies) {
			if err := link.Confirm(ctx); err != nil {
				return err
			}
		}
		if err := conn.send(messages); err != nil {
			return err
		}
		if next := session.Next(); !next.Equal(due) {
			due = next
			wake.Reset(max(0, due.Sub(s.options.Now())))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errShutdown
		case <-me.replaced:
			return errReplaced
		case m := <-me.told:
			if err := conn.send([]acs.Message{m}); err != nil {
				return err
			}
		case <-expiry.C:
			return errExpired
		case m, ok := <-inbox:
			if !ok {
				return errors.New("the agent closed the connection")
			}
			session.Receive(s.options.Now(), m)
			// gofail: var dispatchReceived struct{}
		case _, registered := <-link.Changed:
			if !registered {
				return errGone
			}
			sequence, changed, gone := s.control.Changes(link)
			session.Update(s.options.Now(), sequence, changed, gone)
		case <-wake.C:
			session.Tick(s.options.Now())
			due = time.Time{} // the timer has run down
		}
		if session.Dead(s.options.Now()) {
			return errDead
		}
	}
}

// read decodes frames into inbox until the connection ends; then it closes
// inbox and ended.
func (s *Server) read(ctx context.Context, conn *socket, heart *pulse, decode func([]byte) (acs.Message, error)) (inbox chan acs.Message, ended chan struct{}) {
	inbox, ended = make(chan acs.Message, inboxSize), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(inbox)
		defer context.AfterFunc(ctx, conn.end)()
		for {
			frame, err := conn.receive()
			if err != nil {
				return
			}
			heart.heard()
			m, err := decode(frame)
			if err != nil {
				s.options.Logger.Warn("frame of an agent not understood", "error", err)
				continue
			}
			select {
			case inbox <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return inbox, ended
}

func (s *Server) serveTCS(ctx context.Context, w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	hello := Hello{Cluster: q.Get("cluster"), Instance: q.Get("containerInstance"),
		AgentVersion: q.Get("agentVersion"), AgentHash: q.Get("agentHash"), DockerVersion: q.Get("dockerVersion")}
	heart := newPulse() // the other channel's decides
	conn, err := s.accept(w, r, heart)
	if err != nil {
		return fmt.Errorf("upgrade of %s: %w", hello.Instance, err)
	}
	defer conn.end()
	ctx, stop := context.WithCancel(ctx)
	inbox, ended := s.read(ctx, conn, heart, acs.DecodeTelemetry)
	defer func() { farewell(conn, err); stop(); conn.end(); <-ended }()
	beat := time.NewTicker(HeartbeatEvery)
	defer beat.Stop()
	expiry := time.NewTimer(s.options.Lifetime)
	defer expiry.Stop()
	for {
		var out acs.Message
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errShutdown
		case <-expiry.C:
			return errExpired
		case <-beat.C:
			out = &acs.HeartbeatMessage{MessageID: "tcs", Healthy: true}
		case m, ok := <-inbox:
			if !ok {
				return errors.New("the agent closed the telemetry connection")
			}
			if out, err = s.telemetry(ctx, hello, m); err != nil {
				return err
			}
		}
		if out == nil {
			continue
		}
		if err := conn.send([]acs.Message{out}); err != nil {
			return err
		}
	}
}

// telemetry hands a message over and returns its acknowledgement; an error
// leaves it unacknowledged and closes the connection.
func (s *Server) telemetry(ctx context.Context, h Hello, m acs.Message) (acs.Message, error) {
	var ack acs.Message
	switch m.(type) {
	case *acs.PublishHealthRequest:
		ack = &acs.AckPublishHealth{}
	case *acs.PublishMetricsRequest:
		ack = &acs.AckPublishMetric{}
	case *acs.PublishInstanceStatusRequest:
		ack = &acs.AckPublishInstanceStatus{}
	default:
		return nil, nil
	}
	if err := s.control.Telemetry(ctx, h, m); err != nil {
		return nil, fmt.Errorf("telemetry %T: %w", m, err)
	}
	return ack, nil
}
