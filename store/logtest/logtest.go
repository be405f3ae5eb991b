// Package logtest is the contract that every store.Log passes, and what a
// store.DB must do over any of them.
package logtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Open opens another process's handle of one log; the log of every call of
// a Maker is empty at first. Handles are closed by the test's cleanup.
type Open func(t testing.TB) store.Log

// Maker makes an empty log.
type Maker func(t testing.TB) Open

// Run runs the contract.
func Run(t *testing.T, make Maker) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"empty", testEmpty},
		{"append and load", testAppendLoad},
		{"odd ids and values", testOdd},
		{"largest change", testLargest},
		{"many entries", testMany},
		{"append must follow the head", testHead},
		{"append needs a term", testNoTerm},
		{"a new leader fences the old", testFence},
		{"a term knows of the next", testLasts},
		{"settle", testSettle},
		{"follow", testFollow},
		{"follow ends with its context", testFollowEnds},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, make(t)) })
	}
}

func put(kind model.Kind, id, value string) store.Mutation {
	return store.Mutation{Key: model.Key{Kind: kind, ID: id}, Value: []byte(value)}
}

func del(kind model.Kind, id string) store.Mutation {
	return store.Mutation{Key: model.Key{Kind: kind, ID: id}}
}

func lead(t testing.TB, l store.Log) model.Revision {
	t.Helper()
	term, err := l.Lead(t.Context())
	if err != nil {
		t.Fatal("Lead:", err)
	}
	if term.Head <= 0 {
		t.Fatal("Lead: head is", term.Head)
	}
	return term.Head
}

func appendTo(t testing.TB, l store.Log, after model.Revision, batch ...store.Mutation) model.Revision {
	t.Helper()
	rev, err := l.Append(t.Context(), after, batch)
	if err != nil {
		t.Fatal("Append:", err)
	}
	if rev <= after {
		t.Fatalf("Append after %d: revision %d", after, rev)
	}
	return rev
}

func loadAll(t testing.TB, l store.Log) ([]store.Entry, model.Revision) {
	t.Helper()
	var all []store.Entry
	rev, err := l.Load(t.Context(), func(page []store.Entry) error {
		all = append(all, page...)
		return nil
	})
	if err != nil {
		t.Fatal("Load:", err)
	}
	return all, rev
}

func wantEntries(t testing.TB, l store.Log, head model.Revision, want ...store.Entry) {
	t.Helper()
	got, rev := loadAll(t, l)
	if rev != head {
		t.Errorf("Load is at %d, want %d", rev, head)
	}
	equal := func(a, b store.Entry) bool {
		return a.Key == b.Key && a.Rev == b.Rev && bytes.Equal(a.Value, b.Value)
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("Load gives\n%v, want\n%v", got, want)
	}
}

func entry(m store.Mutation, rev model.Revision) store.Entry {
	return store.Entry{Key: m.Key, Value: m.Value, Rev: rev}
}

func testEmpty(t *testing.T, open Open) {
	l := open(t)
	wantEntries(t, l, 0)
	wantEntries(t, l, lead(t, l))
}

func testAppendLoad(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	a, b, c := put("task", "1/x", "A"), put("task", "1/y", "B"), put("cluster", "1/x", "C")
	one := appendTo(t, l, head, a, b, c)
	wantEntries(t, l, one, entry(c, one), entry(a, one), entry(b, one))
	a2 := put("task", "1/x", "A2")
	two := appendTo(t, l, one, a2, del("task", "1/y"), del("task", "never was"))
	wantEntries(t, l, two, entry(c, one), entry(a2, two))
	three := appendTo(t, l, two, b)
	wantEntries(t, l, three, entry(c, one), entry(a2, two), entry(b, three))
}

func testOdd(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	batch := []store.Mutation{
		put("image", "000000000000/a/b@sha256:00", "\x00\x01\xff"),
		put("image", "000000000000/a/b@sha256:00/", "slash"),
		put("image", "000000000000/ä %zz\n\xff", "text"),
		put("image", string(bytes.Repeat([]byte("x"), store.MaxIDLength)), string(bytes.Repeat([]byte{0}, 100<<10))),
		put("image-tag", "0", "a kind that begins with another"),
	}
	rev := appendTo(t, l, head, batch...)
	got, _ := loadAll(t, l)
	if len(got) != len(batch) {
		t.Fatalf("%d entries, want %d", len(got), len(batch))
	}
	for _, m := range batch {
		at := slices.IndexFunc(got, func(e store.Entry) bool { return e.Key == m.Key })
		if at < 0 || !bytes.Equal(got[at].Value, m.Value) || got[at].Rev != rev {
			t.Errorf("%q did not come back", m.Key)
		}
	}
}

func testLargest(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	var batch []store.Mutation
	for i := range store.MaxChangeWrites {
		batch = append(batch, put("task", fmt.Sprintf("%04d", i), string(bytes.Repeat([]byte("v"), store.MaxChangeBytes/store.MaxChangeWrites-10))))
	}
	appendTo(t, l, head, batch...)
	if got, _ := loadAll(t, l); len(got) != len(batch) {
		t.Fatalf("%d entries, want %d", len(got), len(batch))
	}
}

func testMany(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	const n = 60 * store.MaxChangeWrites // several pages
	for i := 0; i < n; i += store.MaxChangeWrites {
		var batch []store.Mutation
		for j := range store.MaxChangeWrites {
			batch = append(batch, put("task", fmt.Sprintf("%08d", i+j), "v"))
		}
		head = appendTo(t, l, head, batch...)
	}
	got, rev := loadAll(t, l)
	if len(got) != n || rev != head {
		t.Fatalf("%d entries at %d, want %d at %d", len(got), rev, n, head)
	}
	for i, e := range got {
		if e.Key.ID != fmt.Sprintf("%08d", i) {
			t.Fatalf("entry %d is %s", i, e.Key)
		}
	}
	stop := errors.New("stop")
	if _, err := l.Load(t.Context(), func([]store.Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Load returns %v, want the error of page", err)
	}
}

func testHead(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	a := put("task", "a", "1")
	one := appendTo(t, l, head, a)
	if _, err := l.Append(t.Context(), head, []store.Mutation{put("task", "a", "2")}); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("Append after an old head: %v", err)
	}
	wantEntries(t, l, one, entry(a, one))
}

func testNoTerm(t *testing.T, open Open) {
	l := open(t)
	if _, err := l.Append(t.Context(), 0, []store.Mutation{put("task", "a", "1")}); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("Append without a term: %v", err)
	}
	if _, _, err := l.Settle(t.Context(), 0); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("Settle without a term: %v", err)
	}
	wantEntries(t, l, 0)
}

func testSettle(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	a := put("task", "a", "1")
	one := appendTo(t, l, head, a)
	settle := func(after model.Revision, wantAdded bool) model.Revision {
		t.Helper()
		rev, added, err := l.Settle(t.Context(), after)
		if err != nil || added != wantAdded {
			t.Fatalf("Settle after %d: %v, %v; want %v", after, added, err, wantAdded)
		}
		return rev
	}
	if rev := settle(head, true); rev != one {
		t.Errorf("settled at %d, want %d", rev, one)
	}
	fence := settle(one, false)
	if fence <= one {
		t.Errorf("the fence is at %d, the head was at %d", fence, one)
	}
	if again := settle(one, false); again != fence {
		t.Errorf("settled again at %d, want %d", again, fence)
	}
	two := appendTo(t, l, fence, put("task", "b", "2"))
	wantEntries(t, l, two, entry(a, one), entry(put("task", "b", "2"), two))
}

func testFollow(t *testing.T, open Open) {
	l, f := open(t), open(t)
	head := lead(t, l)
	revs := []model.Revision{head}
	batches := [][]store.Mutation{
		nil,
		{put("task", "a", "1"), put("cluster", "z", "2")},
		{del("task", "a")},
		{put("task", "b", "3")},
	}
	for _, b := range batches[1:] {
		head = appendTo(t, l, head, b...)
		revs = append(revs, head)
	}
	enough := errors.New("enough")
	for from := -1; from < len(revs)-1; from++ {
		var after model.Revision
		if from >= 0 {
			after = revs[from]
		}
		at := from + 1
		err := f.Follow(t.Context(), after, func(rev model.Revision, muts []store.Mutation) error {
			if rev != revs[at] || !sameMutations(muts, batches[at]) {
				t.Errorf("behind %d: %d %v, want %d %v", after, rev, muts, revs[at], batches[at])
			}
			if at++; at == len(revs) {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Errorf("Follow behind %d: %v", after, err)
		}
	}
}

func sameMutations(a, b []store.Mutation) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	order := func(x, y store.Mutation) int { return bytes.Compare([]byte(x.Key.String()), []byte(y.Key.String())) }
	slices.SortFunc(a, order)
	slices.SortFunc(b, order)
	return slices.EqualFunc(a, b, func(x, y store.Mutation) bool {
		return x.Key == y.Key && bytes.Equal(x.Value, y.Value) && (x.Value == nil) == (y.Value == nil)
	})
}

func testFollowEnds(t *testing.T, open Open) {
	l := open(t)
	head := lead(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	saw := make(chan struct{})
	go func() {
		ended <- l.Follow(ctx, head, func(model.Revision, []store.Mutation) error { close(saw); return nil })
	}()
	appendTo(t, l, head, put("task", "a", "1"))
	<-saw
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow: %v", err)
	}
}

func testFence(t *testing.T, open Open) {
	old, next := open(t), open(t)
	term, err := old.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := put("task", "a", "1")
	one := appendTo(t, old, term.Head, a)
	resign(old)
	head := lead(t, next)
	if head <= one {
		t.Fatalf("the new term begins at %d, the old one ended at %d", head, one)
	}
	for _, after := range []model.Revision{one, head} {
		if _, err := old.Append(t.Context(), after, []store.Mutation{put("task", "a", "2")}); !errors.Is(err, store.ErrNotLeader) {
			t.Errorf("Append of the old leader after %d: %v", after, err)
		}
	}
	if _, _, err := old.Settle(t.Context(), one); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("Settle of the old leader: %v", err)
	}
	<-term.Lost
	two := appendTo(t, next, head, put("task", "b", "1"))
	wantEntries(t, next, two, entry(a, one), entry(put("task", "b", "1"), two))
}

// A process that has heard nothing of its term's end learns it when it asks,
// although it has not tried to write.
func testLasts(t *testing.T, open Open) {
	old, next := open(t), open(t)
	term, err := old.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lasts := func(name string, term store.Term, want error) {
		t.Helper()
		if err := term.Lasts(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	lasts("a term that has begun", term, nil)
	one := appendTo(t, old, term.Head, put("task", "a", "1"))
	fence, _, err := old.Settle(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	lasts("after a transaction and a fence", term, nil)
	wantEntries(t, old, fence, entry(put("task", "a", "1"), one)) // asking has written nothing
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := term.Lasts(ended); err == nil || errors.Is(err, store.ErrNotLeader) {
		t.Errorf("asked with a context that has ended: %v", err)
	}
	resign(old)
	second, err := next.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lasts("after the next has begun", term, store.ErrNotLeader)
	<-term.Lost
	lasts("the next", second, nil)
	resign(next)
	third, err := old.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lasts("the first, while its process leads again", term, store.ErrNotLeader)
	lasts("the third", third, nil)
	if fence >= second.Head || second.Head >= third.Head {
		t.Errorf("terms begin at %d, %d and %d", term.Head, second.Head, third.Head)
	}
}

// resign lets a log whose next leader waits for the old one to go know that
// it may; what is left of the old one must still be fenced.
func resign(l store.Log) {
	if r, ok := l.(interface{ Resign() }); ok {
		r.Resign()
	}
}
