package logs_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account = "000000000000"

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(begin.UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// running is a store with its Run.
type running struct {
	*logs.Store
	stop func()
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func start(t failer, d disk.Disk, opts logs.Options) *running {
	t.Helper()
	s, err := logs.Open(d, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	return &running{s, func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Fatalf("run: %v", err)
		}
	}}
}

func startMemory(t *testing.T, opts logs.Options) (*running, *disktest.Memory) {
	d := &disktest.Memory{}
	s := start(t, d, opts)
	t.Cleanup(s.stop)
	return s, d
}

// notices collects what a store says.
type notices chan logs.Notice

func newNotices() notices { return make(notices, 10_000) }

func (n notices) observe(x logs.Notice) {
	select {
	case n <- x:
	default:
	}
}

// wait returns the next notice of the kind; others are passed over.
func (n notices) wait(t *testing.T, kind logs.NoticeKind) logs.Notice {
	t.Helper()
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	for {
		select {
		case x := <-n:
			if x.Kind == kind {
				return x
			}
		case <-timeout.C:
			t.Fatalf("no notice %q", kind)
		}
	}
}

func check(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantErr(t failer, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func (s *running) group(t failer, name string) {
	t.Helper()
	check(t, s.CreateGroup(context.Background(), logs.Group{Account: account, Name: name}))
}

func (s *running) stream(t failer, group, name string) {
	t.Helper()
	check(t, s.CreateStream(context.Background(), account, group, name))
}

func (s *running) put(t failer, group, stream string, at time.Time, messages ...string) {
	t.Helper()
	var events []logs.InputEvent
	for i, m := range messages {
		events = append(events, logs.InputEvent{Timestamp: at.UnixMilli() + int64(i), Message: m})
	}
	check(t, s.Append(context.Background(), account, group, stream, events))
}

// read returns "stream timestamp message" lines.
func (s *running) read(t failer, q logs.Query) []string {
	t.Helper()
	q.Account = account
	lines := []string{}
	for e, err := range s.Read(context.Background(), q) {
		check(t, err)
		lines = append(lines, line(e.Stream, e.Timestamp, string(e.Message)))
	}
	return lines
}

func line(stream string, ts int64, message string) string {
	return fmt.Sprintf("%s %d %s", stream, ts, message)
}
