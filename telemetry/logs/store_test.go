package logs_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

func TestGroupsAndStreams(t *testing.T) {
	ctx := context.Background()
	c := newClock()
	d, err := disk.Open(t.TempDir())
	check(t, err)
	defer d.Close()
	s := start(t, d, logs.Options{Now: c.now})
	g := logs.Group{Account: account, Name: "/ecs/web", Class: "STANDARD", Tags: map[string]string{"a": "1"}}
	check(t, s.CreateGroup(ctx, g))
	wantErr(t, s.CreateGroup(ctx, g), logs.ErrGroupExists)
	wantErr(t, s.CreateStream(ctx, account, "none", "x"), logs.ErrGroupNotFound)
	s.stream(t, "/ecs/web", "one")
	wantErr(t, s.CreateStream(ctx, account, "/ecs/web", "one"), logs.ErrStreamExists)
	wantErr(t, s.Append(ctx, account, "/ecs/web", "two", []logs.InputEvent{{Timestamp: 1, Message: "x"}}), logs.ErrStreamNotFound)
	s.put(t, "/ecs/web", "one", begin, "hello", "world")
	check(t, s.UpdateGroup(ctx, account, "/ecs/web", func(g *logs.Group) error {
		g.RetentionDays = 7
		g.Tags["b"] = "2"
		return nil
	}))
	s.stop()
	wantErr(t, s.CreateStream(ctx, account, "/ecs/web", "late"), logs.ErrClosed)

	s = start(t, d, logs.Options{Now: c.now})
	defer s.stop()
	got, err := s.Group(account, "/ecs/web")
	check(t, err)
	g.Created, g.RetentionDays, g.StoredBytes = begin.UnixMilli(), 7, 10+2*logs.EventOverhead
	g.Tags = map[string]string{"a": "1", "b": "2"}
	if diff := cmp.Diff(g, got); diff != "" {
		t.Fatal(diff)
	}
	st, err := s.Stream(account, "/ecs/web", "one")
	check(t, err)
	ms := begin.UnixMilli()
	want := logs.Stream{Name: "one", Created: ms, HasEvents: true, FirstEvent: ms, LastEvent: ms + 1, LastIngestion: ms, LastSeq: st.LastSeq}
	if diff := cmp.Diff(want, st); diff != "" {
		t.Fatal(diff)
	}
	check(t, s.DeleteStream(ctx, account, "/ecs/web", "one", nil))
	s.stream(t, "/ecs/web", "one")
	if lines := s.read(t, logs.Query{Group: "/ecs/web"}); len(lines) != 0 {
		t.Fatalf("a new stream has the old one's events: %q", lines)
	}
	check(t, s.DeleteGroup(ctx, account, "/ecs/web", nil))
	_, err = s.Group(account, "/ecs/web")
	wantErr(t, err, logs.ErrGroupNotFound)
}

func TestAccountsAreApart(t *testing.T) {
	s, _ := startMemory(t, logs.Options{})
	s.group(t, "g")
	check(t, s.CreateGroup(context.Background(), logs.Group{Account: "111111111111", Name: "g"}))
	s.stream(t, "g", "s")
	if _, err := s.Stream("111111111111", "g", "s"); err == nil {
		t.Fatal("a stream is seen from another account")
	}
	if got := s.Groups(logs.GroupQuery{Account: "111111111111", Limit: 9}); len(got) != 1 {
		t.Fatalf("groups: %v", got)
	}
}

func TestLimits(t *testing.T) {
	ctx := context.Background()
	s, _ := startMemory(t, logs.Options{MaxGroups: 2, MaxStreams: 2})
	s.group(t, "a")
	s.group(t, "b")
	wantErr(t, s.CreateGroup(ctx, logs.Group{Account: account, Name: "c"}), logs.ErrTooMany)
	s.stream(t, "a", "1")
	s.stream(t, "b", "2")
	wantErr(t, s.CreateStream(ctx, account, "a", "3"), logs.ErrTooMany)
	long := logs.InputEvent{Message: strings.Repeat("x", logs.MaxMessageBytes)}
	check(t, s.Append(ctx, account, "a", "1", []logs.InputEvent{long}))
	wantErr(t, s.Append(ctx, account, "a", "1", []logs.InputEvent{long, long, long}), logs.ErrTooLarge)
	long.Message += "x"
	wantErr(t, s.Append(ctx, account, "a", "1", []logs.InputEvent{long}), logs.ErrTooLarge)
	wantErr(t, s.Append(ctx, account, "a", "1", make([]logs.InputEvent, logs.MaxAppendEvents+1)), logs.ErrTooLarge)
	check(t, s.Append(ctx, account, "a", "1", make([]logs.InputEvent, logs.MaxAppendEvents)))
}

func TestConcurrentAppends(t *testing.T) {
	s, _ := startMemory(t, logs.Options{SegmentBytes: 64 << 10})
	s.group(t, "g")
	const writers, each = 32, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			name := fmt.Sprintf("s%02d", w)
			s.stream(t, "g", name)
			for i := range each {
				s.put(t, "g", name, begin.Add(time.Duration(i)*time.Second), fmt.Sprintf("%d-%d", w, i), "second")
			}
		})
	}
	wg.Wait()
	if got := len(s.read(t, logs.Query{Group: "g"})); got != writers*each*2 {
		t.Fatalf("%d events", got)
	}
	for w := range writers {
		name := fmt.Sprintf("s%02d", w)
		if got := len(s.read(t, logs.Query{Group: "g", Streams: []string{name}})); got != each*2 {
			t.Fatalf("%s has %d events", name, got)
		}
	}
}

func TestWaitingAppendsShareOneSync(t *testing.T) {
	s, d := startMemory(t, logs.Options{})
	s.group(t, "g")
	s.stream(t, "g", "s")
	syncs, first, release := 0, make(chan struct{}), make(chan struct{})
	d.Fail(func(op, name string) error {
		if op == "sync" && strings.HasSuffix(name, ".wal") { // under the disk's lock
			if syncs++; syncs == 1 {
				close(first)
				<-release
			}
		}
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() { s.put(t, "g", "s", begin, "first") })
	<-first
	const waiting = 100
	for range waiting {
		wg.Go(func() { s.put(t, "g", "s", begin, "waits") })
	}
	for s.Queued() < waiting {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	d.Fail(nil)
	if syncs != 2 {
		t.Fatalf("%d syncs", syncs)
	}
}

func TestManyStreamsNeedFewFiles(t *testing.T) {
	const streams = 100_000
	s, d := startMemory(t, logs.Options{})
	s.group(t, "g")
	var wg sync.WaitGroup
	for w := range 500 {
		wg.Go(func() {
			for i := range streams / 500 {
				name := fmt.Sprintf("stream-%03d-%03d", w, i)
				s.stream(t, "g", name)
			}
		})
	}
	wg.Wait()
	s.put(t, "g", "stream-077-077", begin, "found")
	if n := d.OpenFiles(); n > 4 {
		t.Fatalf("%d files are open", n)
	}
	if got := s.read(t, logs.Query{Group: "g"}); len(got) != 1 {
		t.Fatalf("%q", got)
	}
	got, err := s.Streams(account, "g", logs.StreamQuery{ByLastEvent: true, Descending: true, Limit: 3})
	check(t, err)
	if got[0].Name != "stream-077-077" || got[1].Name != "stream-499-199" || len(got) != 3 {
		t.Fatalf("%v", got)
	}
	after := start(t, d.Kill(), logs.Options{})
	defer after.stop()
	if u := after.Usage(); u.Streams != streams {
		t.Fatalf("after a restart: %+v", u)
	}
}

func TestStreamPages(t *testing.T) {
	s, _ := startMemory(t, logs.Options{})
	s.group(t, "g")
	for i, name := range []string{"b", "ab", "aa", "c", "a"} {
		s.stream(t, "g", name)
		if name != "c" {
			s.put(t, "g", name, begin.Add(-time.Duration(i/2)*time.Second), "x")
		}
	}
	all := func(q logs.StreamQuery) string {
		q.Limit = 2
		var names []string
		for {
			page, err := s.Streams(account, "g", q)
			check(t, err)
			for i := range page {
				names = append(names, page[i].Name)
				q.After = &page[i]
			}
			if len(page) < 2 {
				return strings.Join(names, " ")
			}
		}
	}
	for _, x := range []struct {
		q    logs.StreamQuery
		want string
	}{
		{logs.StreamQuery{}, "a aa ab b c"},
		{logs.StreamQuery{Descending: true}, "c b ab aa a"},
		{logs.StreamQuery{Prefix: "a"}, "a aa ab"},
		{logs.StreamQuery{Prefix: "a", Descending: true}, "ab aa a"},
		{logs.StreamQuery{Prefix: "aa", Descending: true}, "aa"},
		{logs.StreamQuery{Prefix: "zz"}, ""},
		{logs.StreamQuery{ByLastEvent: true}, "c a aa ab b"},
		{logs.StreamQuery{ByLastEvent: true, Descending: true}, "b ab aa a c"},
	} {
		if got := all(x.q); got != x.want {
			t.Errorf("%+v: %q, want %q", x.q, got, x.want)
		}
	}
}

func TestFollow(t *testing.T) {
	ctx := context.Background()
	s, _ := startMemory(t, logs.Options{})
	s.group(t, "g")
	s.group(t, "h")
	for _, name := range []string{"a", "b", "web-1"} {
		s.stream(t, "g", name)
	}
	s.stream(t, "h", "a")
	_, err := s.Follow(logs.FollowQuery{Account: account, Groups: []string{"none"}}, 1)
	wantErr(t, err, logs.ErrGroupNotFound)
	sub, err := s.Follow(logs.FollowQuery{Account: account, Groups: []string{"g"}, Streams: []string{"a"}, Prefixes: []string{"web"}}, 3)
	check(t, err)
	s.put(t, "g", "a", begin, "1", "2")
	s.put(t, "g", "b", begin, "not wanted")
	s.put(t, "h", "a", begin, "not wanted")
	s.put(t, "g", "web-1", begin, "3", "too many", "too many")
	events, dropped, err := sub.Next(ctx)
	check(t, err)
	got := ""
	for _, e := range events {
		got += e.Group + "/" + e.Stream + "=" + e.Message + " "
	}
	if got != "g/a=1 g/a=2 g/web-1=3 " || dropped != 2 {
		t.Fatalf("%q, %d dropped", got, dropped)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, _, err = sub.Next(cancelled)
	wantErr(t, err, context.Canceled)
	s.stop()
	_, _, err = sub.Next(ctx)
	wantErr(t, err, logs.ErrClosed)
	sub.Close()
	sub.Close()
}
