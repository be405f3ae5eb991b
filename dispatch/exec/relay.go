package exec

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// Limits of one relay.
const (
	// maxPending is how many bytes of input wait for the instance; a client that
	// sends more is not waiting to be acknowledged.
	maxPending = 4 << 20
	// drainTime is how long the client may take to acknowledge the last output.
	drainTime = 10 * time.Second
	// stopTime is how long it may take when the server stops.
	stopTime = 2 * time.Second
)

// stage is how far a relay has come.
type stage int

const (
	shaking stage = iota // the client is told what kind of session it is
	calling              // the instance is to come
	running
	draining // all is said and the client has not taken it all
	over
)

// relay carries one session. Its goroutine alone uses it.
type relay struct {
	broker    *Broker
	session   *session
	conn      *websocket.Conn
	channel   *datachannel.Channel
	extension *datachannel.Extension // nil for AWS's clients

	stage    stage
	began    time.Time
	deadline time.Time // of the stage; zero: none
	active   time.Time
	why      string // the session ended, if not by itself

	stream  *Stream
	frames  <-chan frame
	pending []datachannel.Message // input that the instance has no room for
	bytes   int                   // of pending
	room    int                   // bytes of input that the instance takes

	recording recording
}

func newRelay(b *Broker, s *session, conn *websocket.Conn, e *datachannel.Extension) *relay {
	return &relay{broker: b, session: s, conn: conn, extension: e, channel: newChannel(), room: InputWindow}
}

func (r *relay) now() time.Time { return r.broker.options.Now() }

// run carries the session until it ends.
func (r *relay) run(ctx context.Context) {
	log := r.broker.options.Logger.With("session", r.session.id, "task", r.session.request.TaskARN, "container", r.session.request.Container)
	log.Info("session begins", "command", r.session.request.Command, "port", r.session.request.Port)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer func() {
		if r.stream != nil {
			r.stream.Close()
		}
	}()
	go ping(ctx, r.conn)
	r.began, r.active = r.now(), r.now()
	r.deadline = r.began.Add(patience)
	r.greet()
	reading, deaf := context.WithCancel(context.WithoutCancel(ctx)) // a session that is ended says so first
	defer deaf()
	from := messages(reading, r.conn)
	for err := r.flush(ctx); r.stage != over; err = r.flush(ctx) {
		if err != nil {
			log.Info("session's client is gone", "error", err)
			break
		}
		if !r.step(ctx, from) {
			log.Info("session's client hung up")
			break
		}
	}
	if err := r.recording.end(context.WithoutCancel(ctx), r.now()); err != nil {
		log.Error("session is not recorded to its end", "error", err)
	}
	if r.stage == over {
		_ = r.conn.Close(websocket.StatusNormalClosure, "")
	}
	log.Info("session ends", "why", r.why)
}

// step waits for the next event and deals with it; false when the client is
// gone.
func (r *relay) step(ctx context.Context, from <-chan datachannel.Message) bool {
	ended, done, frames := ctx.Done(), r.broker.done, r.frames
	if r.stage == draining {
		ended, done, frames = nil, nil, nil
	}
	if r.channel.Room() <= 0 {
		frames = nil
	}
	wake := time.NewTimer(max(0, r.next().Sub(r.now())))
	defer wake.Stop()
	select {
	case <-done:
		r.stopped()
	case <-ended:
		r.finish(terminated)
	case m, open := <-from:
		if !open {
			return false
		}
		r.take(ctx, m)
	case s := <-r.session.arrived:
		r.arrived(ctx, s)
	case f, open := <-frames:
		if open {
			r.heard(ctx, f)
		} else {
			r.frames = nil
			r.lost(ctx)
		}
	case <-wake.C:
		r.tick(ctx)
	}
	if r.stage == draining && r.channel.Drained() {
		r.close()
	}
	return true
}

const terminated = "The session was terminated."

func (r *relay) stopped() {
	r.finish("The session was ended because the control plane stops.")
	r.deadline = r.now().Add(stopTime)
}

// lost lets the session end because the instance's end of it has. That end goes
// too when the session is ended from here, and may be seen to go first.
func (r *relay) lost(ctx context.Context) {
	select {
	case <-r.broker.done:
		r.stopped()
		return
	default:
	}
	if ctx.Err() != nil {
		r.finish(terminated)
		return
	}
	r.finish("The connection to the container was lost.")
}

// next is when tick has something to do.
func (r *relay) next() time.Time {
	next := r.active.Add(IdleTimeout)
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if at, ok := r.channel.Next(); ok {
		earlier(at)
	}
	earlier(r.deadline)
	earlier(r.recording.due)
	return next
}

func (r *relay) tick(ctx context.Context) {
	now := r.now()
	if !r.recording.due.IsZero() && !now.Before(r.recording.due) {
		r.check(r.recording.flush(ctx))
	}
	switch {
	case !r.deadline.IsZero() && !now.Before(r.deadline):
		switch r.stage {
		case shaking:
			r.finish("The client did not answer.")
		case calling:
			r.finish("The container instance did not answer.")
		default:
			r.close()
		}
	case r.stage != draining && now.Sub(r.active) >= IdleTimeout:
		r.finish("The session timed out: nothing was said for 20 minutes.")
	default:
		r.check(r.channel.Tick(now))
	}
}

// check ends the session for an error of its own.
func (r *relay) check(err error) {
	if err != nil {
		r.finish(err.Error())
	}
}

// finish lets the session end once the client has taken all output.
func (r *relay) finish(why string) {
	if r.stage >= draining {
		return
	}
	r.stage, r.why, r.deadline = draining, why, r.now().Add(drainTime)
	if r.stream != nil {
		r.stream.Close()
	}
}

// close says that the session has ended.
func (r *relay) close() {
	r.stage = over
	r.channel.Close(r.now(), r.session.id, r.why)
}

// greet asks the client to take part in the kind of session that it is.
func (r *relay) greet() {
	kind, properties := datachannel.StandardStream, any(nil)
	if port := r.session.request.Port; port > 0 {
		kind = datachannel.Port
		properties = map[string]string{"portNumber": strconv.Itoa(port), "localPortNumber": strconv.Itoa(r.session.request.LocalPort),
			"type": "LocalPortForwarding"}
	}
	r.channel.Send(r.now(), datachannel.HandshakeRequest, datachannel.Handshake(kind, properties))
}

func (r *relay) flush(ctx context.Context) error {
	for _, f := range r.channel.Outbox() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), streamWrite)
		err := r.conn.Write(ctx, websocket.MessageBinary, f)
		cancel()
		if err != nil {
			return fmt.Errorf("write to the client: %w", err)
		}
	}
	return nil
}

// call asks the instance to come.
func (r *relay) call(ctx context.Context) {
	request := r.session.request
	if err := r.recording.begin(ctx, r.broker.options.Archive, request.Record); err != nil {
		r.finish("The session cannot be recorded as the cluster's configuration asks: " + err.Error())
		return
	}
	m := &acs.ExecuteCommandMessage{MessageID: r.session.id, SessionID: r.session.id, Token: r.session.node, Endpoint: r.broker.url + NodePath,
		TaskARN: request.TaskARN, Container: request.Container, Command: request.Command, Terminal: true, User: root}
	if e := r.extension; e != nil {
		m.Terminal, m.Term, m.Verb = e.Terminal, e.Term, e.Verb
		if e.User != "" {
			m.User = e.User
		}
	}
	if request.Port > 0 {
		m.Command, m.Verb, m.Terminal = []string{VerbConnect, strconv.Itoa(request.Port)}, true, false
	}
	if !r.broker.teller.Tell(request.Instance, m) {
		r.finish("The container instance is not connected.")
		return
	}
	r.stage, r.deadline = calling, r.now().Add(patience)
}

// root is who commands run as, whatever the container's user is.
// Source: ECS developer guide, "Monitor Amazon ECS containers with ECS Exec":
// "The SSM agent runs as root and so do its child processes, even when you
// specify a user ID for the container".
const root = "0"

// The verbs of a command that is none.
const (
	// VerbConnect PORT joins the streams to a TCP port of the container.
	VerbConnect = "connect"
	// VerbCopyFrom PATH writes a tar archive of a file or a folder to output.
	VerbCopyFrom = "copy-from"
	// VerbCopyTo PATH reads a tar archive from input into a folder.
	VerbCopyTo = "copy-to"
)
