package runtimetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// heard is a writer that can be asked what was written so far.
type heard struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // signalled
}

func newHeard() *heard { return &heard{changed: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case h.changed <- struct{}{}:
	default:
	}
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// awaitText waits until a text was written.
func (s *scene) awaitText(h *heard, text string) {
	s.Helper()
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	for !strings.Contains(h.String(), text) {
		select {
		case <-h.changed:
		case <-deadline.C:
			s.Fatalf("%q was not written within %v; written: %q", text, s.patience, h.String())
		}
	}
}

// result is how a command ended.
type result struct {
	code int
	err  error
}

// execute runs a command beside the test.
func (s *scene) execute(ctx context.Context, r Runtime, id string, c runtime.Command) <-chan result {
	done := make(chan result, 1)
	go func() {
		code, err := r.Execute(ctx, id, c)
		done <- result{code, err}
	}()
	return done
}

func (s *scene) awaitResult(done <-chan result) result {
	s.Helper()
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	select {
	case r := <-done:
		return r
	case <-deadline.C:
		s.Fatalf("the command did not end within %v", s.patience)
		return result{}
	}
}

func executeKeepsStreamsApart(s *scene) {
	s.mustStart("one", Program{})
	out, err, started := newHeard(), newHeard(), false
	r := s.awaitResult(s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Speak("left", "right", 5),
		Stdout: out, Stderr: err, Started: func() { started = true }}))
	if r.err != nil || r.code != 5 || out.String() != "left\n" || err.String() != "right\n" || !started {
		s.Errorf("%+v, out %q, err %q, started %v", r, out, err, started)
	}
	if r := s.awaitResult(s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Speak("a", "b", 0)})); r.err != nil || r.code != 0 {
		s.Errorf("without writers: %+v", r)
	}
}

func executeCopiesInput(s *scene) {
	s.mustStart("one", Program{})
	text := strings.Repeat("a line that is copied\n", 20_000) // more than any pipe holds
	out := newHeard()
	r := s.awaitResult(s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Copy, Stdin: strings.NewReader(text), Stdout: out}))
	if r.err != nil || r.code != 0 || out.String() != text {
		s.Errorf("%+v, %d bytes of %d", r, len(out.String()), len(text))
	}
	if r := s.awaitResult(s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Copy})); r.err != nil || r.code != 0 {
		s.Errorf("without input: %+v", r)
	}
}

func executeWithATerminal(s *scene) {
	s.mustStart("one", Program{})
	input, typed := io.Pipe()
	defer input.Close()
	sizes := make(chan runtime.TerminalSize, 1)
	sizes <- runtime.TerminalSize{Cols: 132, Rows: 43}
	out, err := newHeard(), newHeard()
	started := make(chan struct{})
	done := s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Size, Terminal: true, Stdin: input, Stdout: out, Stderr: err,
		Sizes: sizes, Started: func() { close(started) }})
	<-started
	if _, err := typed.Write([]byte("\n")); err != nil {
		s.Fatal(err)
	}
	r := s.awaitResult(done)
	if r.err != nil || r.code != 0 || !strings.Contains(out.String(), "43 132") || err.String() != "" {
		s.Errorf("%+v, out %q, err %q", r, out, err)
	}
}

func executeIsCancelled(s *scene) {
	s.mustStart("one", Program{})
	for _, terminal := range []bool{false, true} {
		ctx, cancel := context.WithCancel(s.ctx)
		out := newHeard()
		done := s.execute(ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Stay, Terminal: terminal, Stdout: out})
		s.awaitText(out, "here")
		cancel()
		if r := s.awaitResult(done); !errors.Is(r.err, context.Canceled) {
			s.Errorf("%+v", r)
		}
		s.awaitNone("one")
	}
}

// awaitNone waits until none of the commands that stay is left in a container.
func (s *scene) awaitNone(id string) {
	s.Helper()
	for deadline := time.Now().Add(s.patience); time.Now().Before(deadline); {
		if result, err := s.Runtime.Exec(s.ctx, id, s.Commands.Gone, false, s.patience); err == nil && result.ExitCode == 0 {
			return
		}
	}
	s.Fatalf("%s: a command was left behind", id)
}

func executeEndsWithTheContainer(s *scene) {
	s.mustStart("one", Program{})
	out := newHeard()
	done := s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Stay, Stdout: out})
	s.awaitText(out, "here")
	if err := s.Runtime.Remove(s.ctx, "one"); err != nil {
		s.Fatal(err)
	}
	if r := s.awaitResult(done); r.err == nil && r.code != 137 {
		s.Errorf("%+v", r)
	}
}

func executeWhatIsNotThere(s *scene) {
	run := func(id string, words ...string) error {
		_, err := s.Runtime.Execute(s.ctx, id, runtime.Command{Args: words})
		return err
	}
	s.wantKind(run("none", "true"), runtime.KindNotFound)
	s.mustStart("one", Program{})
	s.wantKind(run("one"), runtime.KindInvalid)
	s.wantKind(run("one", s.Commands.None...), runtime.KindCommandNotFound)
	s.mustStart("over", Program{Runs: time.Millisecond})
	s.awaitStatus("over", runtime.StatusExited)
	s.wantKind(run("over", "true"), runtime.KindNotFound)
}

func endCommands(s *scene) {
	s.mustStart("one", Program{})
	out := newHeard()
	done := s.execute(s.ctx, s.Runtime, "one", runtime.Command{Args: s.Commands.Stay, Stdout: out})
	s.awaitText(out, "here")
	if err := s.Runtime.EndCommands(s.ctx, "one"); err != nil {
		s.Fatal(err)
	}
	select {
	case r := <-done:
		s.Fatalf("its own command was ended: %+v", r)
	default:
	}
	later := s.Reopen(s.T)
	if err := later.EndCommands(s.ctx, "one"); err != nil {
		s.Fatal(err)
	}
	if err := later.EndCommands(s.ctx, "none"); err != nil {
		s.Error(err)
	}
	if later != s.Runtime { // the fake has no other life
		s.awaitResult(done)
		s.awaitNone("one")
	}
}

func processOf(s *scene) {
	started := s.mustStart("one", Program{})
	if pid, err := s.Runtime.Process(s.ctx, "one"); err != nil || pid != started.PID {
		s.Errorf("%d, %v; want %d", pid, err, started.PID)
	}
	_, err := s.Runtime.Process(s.ctx, "none")
	s.wantKind(err, runtime.KindNotFound)
	s.mustStart("over", Program{Runs: time.Millisecond})
	s.awaitStatus("over", runtime.StatusExited)
	_, err = s.Runtime.Process(s.ctx, "over")
	s.wantKind(err, runtime.KindNotFound)
}
