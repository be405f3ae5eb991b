package agent

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
)

// execSession is the instance's end of one session.
type execSession struct {
	asked  *acs.ExecuteCommandMessage
	stream *exec.Stream
	ctx    context.Context // of the session: its writers and readers take none
	input  inflow
	sizes  chan runtime.TerminalSize
}

func newExecSession(ctx context.Context, stream *exec.Stream, m *acs.ExecuteCommandMessage) *execSession {
	s := &execSession{asked: m, stream: stream, ctx: ctx, sizes: make(chan runtime.TerminalSize, 1)}
	s.input = inflow{session: s, changed: make(chan struct{}, 1)}
	return s
}

// begun tells the server that the command runs.
func (s *execSession) begun() {
	_ = s.stream.Write(s.ctx, exec.Connected, nil) // who cannot be told has hung up, and the reader knows
}

// listen reads what the server says until it says no more.
func (s *execSession) listen(ctx context.Context) {
	for {
		kind, body, err := s.stream.Read(ctx)
		if err != nil {
			return
		}
		switch kind {
		case exec.Input:
			if !s.input.put(body) {
				return
			}
		case exec.End:
			s.input.end()
		case exec.Resize:
			if cols, rows, err := exec.Dimensions(body); err == nil {
				s.resize(runtime.TerminalSize{Cols: cols, Rows: rows})
			}
		case exec.Reset:
			if !s.input.reset() {
				return
			}
		}
	}
}

// resize keeps the newest size for whoever takes it.
func (s *execSession) resize(size runtime.TerminalSize) {
	select {
	case <-s.sizes:
	default:
	}
	s.sizes <- size // only listen sends, so there is room
}

// output writes to the server.
func (s *execSession) output(kind exec.Kind) io.Writer { return &outflow{s, kind} }

type outflow struct {
	session *execSession
	kind    exec.Kind
}

// Write implements io.Writer. It waits for as long as nobody takes the output.
func (o *outflow) Write(p []byte) (n int, err error) {
	for n < len(p) {
		piece := p[n:min(len(p), n+exec.OutputPiece)]
		if err := o.session.stream.Write(o.session.ctx, o.kind, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

// inflow is the input that was not read yet. The server sends no more than
// exec.InputWindow before it is told that some was.
type inflow struct {
	session *execSession
	mu      sync.Mutex
	held    []byte
	broken  bool   // what is held is for a connection that is to end, and later is for the next
	later   []byte // empty unless broken
	ended   bool
	changed chan struct{} // signalled
}

// errReset is the end of the input for one connection of several.
var errReset = errors.New("the client wants another connection")

// put adds input; false when it is more than there may be.
func (i *inflow) put(p []byte) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.held)+len(i.later)+len(p) > exec.InputWindow {
		return false
	}
	if i.broken {
		i.later = append(i.later, p...)
	} else {
		i.held = append(i.held, p...)
	}
	i.signal()
	return true
}

// reset says that what follows is for another connection; false when the server
// cannot be told that what was for one in between is dropped.
func (i *inflow) reset() bool {
	i.mu.Lock()
	dropped := len(i.later)
	i.broken, i.later = true, nil
	i.signal()
	i.mu.Unlock()
	return dropped == 0 || i.session.stream.WriteNumber(i.session.ctx, exec.Consumed, dropped) == nil
}

// resume goes on with the input for the next connection. What the last one has
// not taken is dropped.
func (i *inflow) resume() {
	i.mu.Lock()
	dropped := 0
	if i.broken {
		dropped = len(i.held)
		i.held, i.later, i.broken = i.later, nil, false
		i.signal()
	}
	i.mu.Unlock()
	if dropped > 0 { // who cannot be told has hung up, and the reader knows
		_ = i.session.stream.WriteNumber(i.session.ctx, exec.Consumed, dropped)
	}
}

func (i *inflow) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ended = true
	i.signal()
}

func (i *inflow) signal() {
	select {
	case i.changed <- struct{}{}:
	default:
	}
}

// Read implements io.Reader; the session's end is an error.
func (i *inflow) Read(p []byte) (int, error) { return i.read(i.session.ctx, p) }

// read reads until ctx ends. One goroutine reads at a time.
func (i *inflow) read(ctx context.Context, p []byte) (int, error) {
	for {
		i.mu.Lock()
		n := copy(p, i.held)
		i.held = i.held[n:]
		if len(i.held) == 0 {
			i.held = nil
		}
		ended, broken := i.ended, i.broken
		i.mu.Unlock()
		switch {
		case n > 0:
			return n, i.session.stream.WriteNumber(i.session.ctx, exec.Consumed, n)
		case broken:
			return 0, errReset
		case ended:
			return 0, io.EOF
		}
		select {
		case <-i.changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// waits until there is input, or no more will come.
func (i *inflow) wait(ctx context.Context) error {
	for {
		i.mu.Lock()
		ready, ended := len(i.held) > 0, i.ended
		i.mu.Unlock()
		switch {
		case ready:
			return nil
		case ended:
			return errors.New("there is no more input")
		}
		select {
		case <-i.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
