package exec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/datachannel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a broker behind HTTP, and an instance that plays a command.
type lab struct {
	t      *testing.T
	broker *Broker
	server *httptest.Server
	// play is the command; nil is an instance that is not connected.
	play func(ctx context.Context, s *Stream, m *acs.ExecuteCommandMessage)
	told []*acs.ExecuteCommandMessage
	all  sync.WaitGroup
	book book
}

// Tell implements Teller.
func (l *lab) Tell(instance string, m acs.Message) bool {
	if l.play == nil || instance != "i" {
		return false
	}
	told := m.(*acs.ExecuteCommandMessage)
	l.told = append(l.told, told)
	l.all.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, told.Endpoint+"/ws?session="+told.SessionID, nil)
		if err != nil {
			l.t.Error(err)
			return
		}
		s := NewStream(conn)
		defer s.Close()
		if err := s.Introduce(ctx, told.Token); err != nil {
			l.t.Error(err)
			return
		}
		l.play(ctx, s, told)
	})
	return true
}

// book is an archive in memory.
type book struct {
	mu     sync.Mutex
	absent bool
	lines  []string
}

func (b *book) Begin(context.Context, Record) error {
	if b.absent {
		return errors.New("no such group")
	}
	return nil
}

func (b *book) Append(_ context.Context, r Record, lines []Line) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range lines {
		b.lines = append(b.lines, r.Group+" "+line.Text)
	}
	return nil
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t}
	mux := http.NewServeMux()
	l.server = httptest.NewServer(mux)
	l.broker = New(l.server.URL, l, Options{Archive: &l.book})
	mux.Handle("GET "+ClientPath+"{session}", l.broker.Client())
	mux.Handle("GET "+NodePath+"/ws", l.broker.Node(func(r *http.Request) (context.Context, error) { return r.Context(), nil }))
	t.Cleanup(func() {
		l.broker.Shutdown()
		l.all.Wait()
		l.server.CloseClientConnections()
		l.server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return l
}

func (l *lab) open(r Request) Ticket {
	l.t.Helper()
	r.Instance, r.TaskARN = "i", "task"
	ticket, err := l.broker.Open("s-", r)
	if err != nil {
		l.t.Fatal(err)
	}
	return ticket
}

func (l *lab) dial(ticket Ticket, e *datachannel.Extension) *datachannel.Client {
	l.t.Helper()
	c, err := datachannel.Dial(l.t.Context(), ticket.StreamURL, ticket.Token, datachannel.ClientOptions{Extension: e})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(c.Close)
	return c
}

// echo says what it was sent, in capitals, until the input ends.
func echo(ctx context.Context, s *Stream, _ *acs.ExecuteCommandMessage) {
	_ = s.Write(ctx, Connected, nil)
	for {
		kind, body, err := s.Read(ctx)
		if err != nil {
			return
		}
		switch kind {
		case Input:
			_ = s.WriteNumber(ctx, Consumed, len(body))
			_ = s.Write(ctx, Output, bytes.ToUpper(body))
		case End:
			_ = s.Write(ctx, Errors, []byte("over\n"))
			_ = s.WriteNumber(ctx, Exit, 3)
			s.Finish()
			return
		}
	}
}

func TestASession(t *testing.T) {
	l := newLab(t)
	l.play = echo
	text := strings.Repeat("all of it\n", 100_000)
	var out, errs bytes.Buffer
	c := l.dial(l.open(Request{Container: "web", Command: []string{"cat"}, Record: &Record{Group: "g"}}), &datachannel.Extension{User: "1000"})
	end, err := c.Run(t.Context(), datachannel.Streams{Stdin: strings.NewReader(text), Stdout: &out, Stderr: &errs})
	if err != nil || end != (datachannel.Ending{ExitCode: 3}) || out.String() != strings.ToUpper(text) || errs.String() != "over\n" {
		t.Errorf("%+v, %v, %d bytes of %d, %q", end, err, out.Len(), len(text), errs.String())
	}
	if m := l.told[0]; m.Container != "web" || m.User != "1000" || m.Terminal || m.Command[0] != "cat" {
		t.Errorf("%+v", m)
	}
	l.broker.Shutdown() // the record is whole once the session is over
	if n := len(l.book.lines); n != 100_001 || l.book.lines[0] != "g ALL OF IT" || l.book.lines[n-1] != "g over" {
		t.Errorf("%d lines are recorded", n)
	}
}

func TestAWSClientsGetATerminalAndRoot(t *testing.T) {
	l := newLab(t)
	l.play = func(ctx context.Context, s *Stream, _ *acs.ExecuteCommandMessage) {
		_ = s.Write(ctx, Connected, nil)
		kind, body, err := s.Read(ctx)
		cols, rows, derr := Dimensions(body)
		if kind != Resize || err != nil || derr != nil || cols != 132 || rows != 43 {
			t.Errorf("%c %d %d %v %v", kind, cols, rows, err, derr)
		}
		_ = s.Write(ctx, Errors, []byte("said\n"))
		_ = s.WriteNumber(ctx, Exit, 4)
		s.Finish()
	}
	sizes := make(chan datachannel.TerminalSize, 1)
	sizes <- datachannel.TerminalSize{Cols: 132, Rows: 43}
	var out bytes.Buffer
	end, err := l.dial(l.open(Request{Command: []string{"sh"}}), nil).Run(t.Context(), datachannel.Streams{Sizes: sizes, Stdout: &out})
	// The plugin prints whatever payload comes: it is told neither a code nor errors apart.
	if err != nil || end.ExitCode != -1 || end.Why != "" || out.String() != "said\n" {
		t.Errorf("%+v, %v, %q", end, err, out.String())
	}
	if m := l.told[0]; !m.Terminal || m.User != "0" || m.Verb {
		t.Errorf("%+v", m)
	}
}

func TestHowSessionsEnd(t *testing.T) {
	hold := func(ctx context.Context, s *Stream, _ *acs.ExecuteCommandMessage) {
		_ = s.Write(ctx, Connected, nil)
		_ = s.Write(ctx, Output, []byte("here"))
		for {
			if _, _, err := s.Read(ctx); err != nil {
				return
			}
		}
	}
	for name, c := range map[string]struct {
		play func(ctx context.Context, s *Stream, m *acs.ExecuteCommandMessage)
		then func(l *lab, id string) // once "here" was said
		why  string
	}{
		"the command cannot be run": {func(ctx context.Context, s *Stream, _ *acs.ExecuteCommandMessage) {
			_ = s.Write(ctx, Failed, []byte("no such file"))
			s.Finish()
		}, nil, "Unable to start command: no such file"},
		"the instance is lost": {func(ctx context.Context, s *Stream, _ *acs.ExecuteCommandMessage) {
			_ = s.Write(ctx, Connected, nil)
			s.Close()
		}, nil, "The connection to the container was lost."},
		"the instance is away":    {nil, nil, "The container instance is not connected."},
		"the server stops":        {hold, func(l *lab, _ string) { l.broker.Shutdown() }, "The session was ended because the control plane stops."},
		"somebody terminates it":  {hold, func(l *lab, id string) { l.broker.Terminate(id) }, "The session was terminated."},
		"the record has no group": {hold, nil, "The session cannot be recorded as the cluster's configuration asks: no such group"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.play = c.play
			l.book.absent = strings.HasPrefix(name, "the record")
			ticket := l.open(Request{Command: []string{"sh"}, Record: &Record{Group: "g"}})
			reader, writer := io.Pipe()
			done := make(chan datachannel.Ending, 1)
			go func() {
				end, err := l.dial(ticket, nil).Run(t.Context(), datachannel.Streams{Stdout: writer})
				if err != nil {
					t.Error(err)
				}
				writer.Close()
				done <- end
			}()
			said, _ := io.ReadAll(io.LimitReader(reader, 4)) // the end of the output is its end
			if string(said) == "here" && c.then != nil {
				c.then(l, ticket.SessionID)
			}
			if end := <-done; !strings.HasSuffix(end.Why, c.why) {
				t.Errorf("%q", end.Why)
			}
			if _, known := l.broker.Find(ticket.SessionID); known && name != "the server stops" {
				l.broker.Shutdown() // waits until it is over
				if _, known := l.broker.Find(ticket.SessionID); known {
					t.Error("the session is still there")
				}
			}
		})
	}
}

func TestTokensLetInOnce(t *testing.T) {
	l := newLab(t)
	l.play = echo
	ticket := l.open(Request{Command: []string{"sh"}})
	refusedBy := func(ticket Ticket) {
		t.Helper()
		c, err := datachannel.Dial(t.Context(), ticket.StreamURL, ticket.Token, datachannel.ClientOptions{})
		if err != nil {
			return
		}
		defer c.Close()
		if end, err := c.Run(t.Context(), datachannel.Streams{}); err == nil {
			t.Errorf("it was let in: %+v", end)
		}
	}
	wrong := ticket
	wrong.Token = strings.Repeat("0", len(ticket.Token))
	refusedBy(wrong)
	none := ticket
	none.StreamURL = strings.Replace(ticket.StreamURL, ticket.SessionID, "s-none", 1)
	refusedBy(none)
	c := l.dial(ticket, &datachannel.Extension{})
	if end, err := c.Run(t.Context(), datachannel.Streams{Stdin: strings.NewReader("x")}); err != nil || end.ExitCode != 3 {
		t.Errorf("%+v, %v", end, err)
	}
	refusedBy(ticket)

	late := l.open(Request{})
	l.broker.options.Now = func() time.Time { return time.Now().Add(TicketLife + time.Second) }
	refusedBy(late)
	l.broker.options.Now = time.Now
}

func TestThereAreLimits(t *testing.T) {
	now := time.Unix(1000, 0)
	b := New("http://here", nil, Options{Now: func() time.Time { return now }})
	for n := range MaxPerTask {
		if _, err := b.Open("s-", Request{TaskARN: "one"}); err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := b.Open("s-", Request{TaskARN: "one"}); !errors.Is(err, ErrLimit) {
		t.Errorf("%v", err)
	}
	if _, err := b.Open("s-", Request{TaskARN: "two"}); err != nil {
		t.Error(err)
	}
	now = now.Add(TicketLife + time.Second) // nobody came
	ticket, err := b.Open("s-", Request{TaskARN: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(ticket.StreamURL, "ws://here/v1/data-channel/s-") || !strings.HasSuffix(ticket.StreamURL, "?role=publish_subscribe") {
		t.Error(ticket.StreamURL)
	}
	if len(b.sessions) != 1 || len(b.tasks) != 1 {
		t.Errorf("%d sessions of %d tasks", len(b.sessions), len(b.tasks))
	}
	b.Shutdown()
	if _, err := b.Open("s-", Request{}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("%v", err)
	}
}
