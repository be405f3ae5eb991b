package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// script answers the faults of a list, then none.
type script struct{ next map[memlog.Op][]memlog.Fault }

func (s *script) fault(op memlog.Op) memlog.Fault {
	if len(s.next[op]) == 0 {
		return memlog.None
	}
	f := s.next[op][0]
	s.next[op] = s.next[op][1:]
	return f
}

func TestFaults(t *testing.T) {
	const app, set = memlog.OpAppend, memlog.OpSettle
	lostRequest, lostAnswer := []memlog.Fault{memlog.LostRequest}, []memlog.Fault{memlog.LostAnswer}
	for _, x := range []struct {
		name   string
		faults map[memlog.Op][]memlog.Fault
		first  error  // of the faulty commit
		then   error  // of the next
		shows  string // cluster a afterwards
	}{
		{"answer lost", map[memlog.Op][]memlog.Fault{app: lostAnswer}, nil, nil, "new"},
		{"request lost", map[memlog.Op][]memlog.Fault{app: lostRequest}, store.ErrUnavailable, nil, "old"},
		{"answer lost, settled later", map[memlog.Op][]memlog.Fault{app: lostAnswer, set: lostRequest}, store.ErrUnknown, nil, "new"},
		{"request lost, settled later", map[memlog.Op][]memlog.Fault{app: lostRequest, set: lostRequest}, store.ErrUnknown, nil, "old"},
		{"request lost, fence's answer lost", map[memlog.Op][]memlog.Fault{app: lostRequest, set: lostAnswer}, store.ErrUnknown, nil, "old"},
		{"never settled", map[memlog.Op][]memlog.Fault{app: lostAnswer, set: {memlog.LostRequest, memlog.LostRequest}}, store.ErrUnknown, store.ErrUnavailable, "old"},
		{"no space", map[memlog.Op][]memlog.Fault{app: {memlog.NoSpace}}, store.ErrNoSpace, nil, "old"},
		{"deposed", map[memlog.Op][]memlog.Fault{app: {memlog.Deposed}}, store.ErrNotLeader, store.ErrNotLeader, "old"},
		{"answer lost, deposed", map[memlog.Op][]memlog.Fault{app: lostAnswer, set: {memlog.Deposed}}, store.ErrUnknown, store.ErrNotLeader, "old"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := &script{}
			db := open(t, memlog.New(memlog.Options{Fault: s.fault}))
			mustCommit(t, db, put(cluster("a", "old")))
			read, _ := store.Get[*model.Cluster](db.View(), "1/a")
			changed := read.Clone()
			changed.Status = "new"
			s.next = x.faults
			if _, err := db.Commit(t.Context(), put(changed)); !errors.Is(err, x.first) {
				t.Errorf("the faulty commit: %v, want %v", err, x.first)
			}
			if _, err := db.Commit(t.Context(), put(cluster("b", ""))); !errors.Is(err, x.then) {
				t.Errorf("the next commit: %v, want %v", err, x.then)
			}
			if got := status(db.View(), "a"); got != x.shows {
				t.Errorf("the view shows %q, want %q", got, x.shows)
			}
			if errors.Is(x.then, store.ErrNotLeader) {
				<-db.Lost()
			}
			if err := db.Lead(t.Context()); err != nil {
				t.Fatal(err)
			}
			mustCommit(t, db, put(cluster("c", "")))
		})
	}
}

// Whatever goes wrong, what was acknowledged is there, what was refused is
// not, and a restart shows what the tables show.
func TestRandomFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		broken := true
		fault := func(op memlog.Op) memlog.Fault {
			if !broken || op != memlog.OpAppend && op != memlog.OpSettle {
				return memlog.None
			}
			return rapid.SampledFrom([]memlog.Fault{memlog.None, memlog.None, memlog.LostRequest, memlog.LostAnswer,
				memlog.NoSpace, memlog.Conflict, memlog.Deposed}).Draw(t, "fault")
		}
		log := memlog.New(memlog.Options{Fault: fault, History: rapid.IntRange(1, 10).Draw(t, "history")})
		db, err := store.Open(context.Background(), log, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		possible := map[string]map[string]bool{} // by name: statuses that may be stored
		for i := range rapid.IntRange(1, 30).Draw(t, "commits") {
			name := fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "name"))
			if possible[name] == nil {
				possible[name] = map[string]bool{"-": true}
			}
			text := fmt.Sprint(i)
			var c model.Change
			c.PutUnguarded(cluster(name, text))
			switch _, err := db.Commit(context.Background(), c); {
			case err == nil:
				possible[name] = map[string]bool{text: true}
			case errors.Is(err, store.ErrUnknown):
				possible[name][text] = true
			case errors.Is(err, store.ErrNotLeader):
				if err := db.Lead(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
		broken = false
		if err := db.Lead(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Commit(context.Background(), put(cluster("last", ""))); err != nil {
			t.Fatal(err)
		}
		again, err := store.Open(context.Background(), log.Peer(nil), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for name, texts := range possible {
			if got := status(db.View(), name); !texts[got] {
				t.Errorf("%s is %s, possible are %v", name, got, texts)
			} else if after := status(again.View(), name); after != got {
				t.Errorf("%s is %s, after a restart %s", name, got, after)
			}
		}
	})
}
