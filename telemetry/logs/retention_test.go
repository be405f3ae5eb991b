package logs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs"
)

func TestRetentionHidesThenDeletes(t *testing.T) {
	ctx := context.Background()
	c, n := newClock(), newNotices()
	s, d := startMemory(t, logs.Options{Now: c.now, SegmentBytes: 20_000, Observe: n.observe})
	for _, g := range []string{"short", "long"} {
		s.group(t, g)
		s.stream(t, g, "s")
	}
	check(t, s.UpdateGroup(ctx, account, "short", func(g *logs.Group) error { g.RetentionDays = 1; return nil }))
	for i := range 20 {
		s.put(t, "short", "s", c.now().Add(time.Duration(i)*time.Second), noise(i), noise(i+1000))
	}
	s.put(t, "long", "s", c.now(), "stays")
	for s.Usage().Segments == 0 {
		s.put(t, "short", "s", c.now(), noise(1), noise(2), noise(3))
		check(t, s.Maintain(ctx))
	}
	c.advance(25 * time.Hour)
	if got := s.read(t, logs.Query{Group: "short"}); len(got) != 0 {
		t.Fatalf("%d expired events are seen", len(got))
	}
	check(t, s.Maintain(ctx))
	n.wait(t, logs.Rewritten)
	if got := s.read(t, logs.Query{Group: "long"}); len(got) != 1 || !strings.HasSuffix(got[0], "stays") {
		t.Fatalf("%q", got)
	}
	check(t, s.DeleteGroup(ctx, account, "long", nil))
	check(t, s.Maintain(ctx))
	n.wait(t, logs.Expired)
	if u := s.Usage(); u.Segments != 0 || d.OpenFiles() > 2 {
		t.Fatalf("%+v, %d open files", u, d.OpenFiles())
	}
}

func TestDiskBoundDeletesOldest(t *testing.T) {
	c := newClock()
	const bound = 60_000
	s, d := startMemory(t, logs.Options{Now: c.now, SegmentBytes: 8000, MaxBytes: bound})
	s.group(t, "g")
	s.stream(t, "g", "s")
	for i := range 1000 {
		s.put(t, "g", "s", c.now(), noise(i))
		c.advance(time.Second)
		if i%20 == 0 {
			check(t, s.Maintain(context.Background()))
		}
	}
	check(t, s.Maintain(context.Background()))
	if used := d.Bytes(); used > bound+2*8000 {
		t.Fatalf("%d bytes are used", used)
	}
	got := s.read(t, logs.Query{Group: "g"})
	if len(got) < 100 || len(got) > 400 || !strings.HasSuffix(got[len(got)-1], noise(999)) {
		t.Fatalf("%d events are left", len(got))
	}
	for i, line := range got {
		if !strings.HasSuffix(line, noise(1000-len(got)+i)) {
			t.Fatalf("event %d of %d is not the %dth newest", i, len(got), len(got)-i)
		}
	}
	g, err := s.Group(account, "g")
	check(t, err)
	if want := int64(len(got) * (200 + logs.EventOverhead)); g.StoredBytes != want {
		t.Fatalf("stored bytes %d, want %d", g.StoredBytes, want)
	}
}

func TestReaderKeepsWhatItReads(t *testing.T) {
	ctx := context.Background()
	s, _ := startMemory(t, logs.Options{SegmentBytes: 4000})
	s.group(t, "g")
	s.stream(t, "g", "s")
	for i := range 100 {
		s.put(t, "g", "s", begin.Add(time.Duration(i)*time.Second), noise(i))
	}
	check(t, s.Maintain(ctx))
	n := 0
	for _, err := range s.Read(ctx, logs.Query{Account: account, Group: "g"}) {
		check(t, err)
		if n++; n == 1 {
			// Everything the reader has not opened yet goes away beneath it.
			for i := range 40 {
				s.put(t, "g", "s", begin.Add(time.Hour), noise(i))
			}
			check(t, s.Maintain(ctx))
		}
	}
	if n != 100 {
		t.Fatalf("%d events", n)
	}
}

func TestOldLogIsSealed(t *testing.T) {
	c, n := newClock(), newNotices()
	s, _ := startMemory(t, logs.Options{Now: c.now, Observe: n.observe})
	s.group(t, "g")
	s.stream(t, "g", "s")
	s.put(t, "g", "s", c.now(), "one")
	c.advance(logs.DefaultSealAfter)
	s.put(t, "g", "s", c.now(), "two")
	if x := n.wait(t, logs.Sealed); x.Events != 1 {
		t.Fatalf("%+v", x)
	}
	if got := s.read(t, logs.Query{Group: "g"}); len(got) != 2 {
		t.Fatalf("%q", got)
	}
}
