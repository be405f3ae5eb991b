package trail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
)

var key = bytes.Repeat([]byte{7}, KeySize)

// run opens a trail and runs it until the end of the test or stop.
func run(t testing.TB, d *disktest.Memory, o Options) (tr *Trail, stop func()) {
	t.Helper()
	tr, err := Open(d, key, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = tr.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return tr, stop
}

func event(n int) *Event {
	return &Event{Time: time.Now(), Source: "ecs.amazonaws.com", Name: fmt.Sprintf("Call%d", n), Region: "us-east-1", Address: "127.0.0.1",
		Identity: Identity{Type: "Root", AccountID: "000000000000"}, Request: []byte(`{"n":"\"quoted\""}`), ID: fmt.Sprint("id-", n)}
}

func appendAll(t testing.TB, tr *Trail, from, to int, durable bool) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := tr.Append(t.Context(), event(n), durable); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t testing.TB, tr *Trail, q Query) (got []string) {
	t.Helper()
	for {
		found, next, err := tr.Find(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			got = append(got, r.EventName)
		}
		if next == 0 {
			return got
		}
		q.Before = next
	}
}

func verified(t testing.TB, d *disktest.Memory) Report {
	t.Helper()
	r, err := Verify(d, key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func clean(t testing.TB, d *disktest.Memory, records uint64) {
	t.Helper()
	if r := verified(t, d); len(r.Problems) > 0 || r.Records != records {
		t.Fatalf("%d records, want %d; problems: %v", r.Records, records, errors.Join(r.Problems...))
	}
}

func TestRecordsAreFoundNewestFirstAcrossFilesAndRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disktest.Memory{}
		tr, stop := run(t, d, Options{MaxFile: 2000})
		appendAll(t, tr, 0, 10, true)
		stop()
		tr, stop = run(t, d, Options{MaxFile: 2000})
		appendAll(t, tr, 10, 15, false)
		<-time.After(time.Second)
		for _, limit := range []int{1, 4, 100} {
			got := names(t, tr, Query{Limit: limit})
			if len(got) != 15 || got[0] != "Call14" || got[14] != "Call0" {
				t.Fatalf("%d at a time: %v", limit, got)
			}
		}
		if got := names(t, tr, Query{Limit: 5, Contains: []byte(`"Call7"`), Match: func(r *Record) bool { return r.EventName == "Call7" }}); len(got) != 1 {
			t.Errorf("one of them: %v", got)
		}
		if got := names(t, tr, Query{Limit: 5, From: time.Now().Add(time.Hour)}); len(got) != 0 {
			t.Errorf("later ones: %v", got)
		}
		stop()
		clean(t, d, 15)
		if err := tr.Append(t.Context(), event(1), true); !errors.Is(err, ErrClosed) {
			t.Errorf("after its end: %v", err)
		}
	})
}

func TestEveryRecordIsJSON(t *testing.T) {
	e := event(1)
	e.UserAgent, e.ErrorMessage, e.Request = "a\"\\\x01\xff é", strings.Repeat("x", 5000), bytes.Repeat([]byte("1"), maxArguments+1)
	e.Identity = Identity{Type: "AssumedRole", PrincipalID: "AROA:task", ARN: "arn", IssuerARN: "arn:role", IssuerName: "role"}
	line, _ := appendLink(e.append(nil), 0, position{})
	var r Record
	if err := json.Unmarshal(line, &r); err != nil || r.Who() != "task" || r.EventID != "id-1" || r.Chain.Sequence != 1 || len(line) > 4000 {
		t.Fatalf("%v: %s", err, line)
	}
}

func TestEveryChangeIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disktest.Memory{}
		tr, stop := run(t, d, Options{MaxFile: 2500})
		appendAll(t, tr, 0, 12, true)
		stop()
		clean(t, d, 12)
		files, err := d.List()
		if err != nil || len(files) < 6 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			for at := int64(0); at < f.Size; at += 7 {
				d.Edit(f.Name, func(b []byte) []byte { b[at] ^= 1; return b })
				if r := verified(t, d); len(r.Problems) == 0 {
					t.Fatalf("byte %d of %s", at, f.Name)
				}
				d.Edit(f.Name, func(b []byte) []byte { b[at] ^= 1; return b })
			}
		}
		clean(t, d, 12)
		first := nameOf(1, recordsSuffix)
		for name, edit := range map[string]func(b []byte) []byte{
			"a record less": func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] },
			"the last less": func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] },
			"one twice":     func(b []byte) []byte { return append(b[:bytes.IndexByte(b, '\n')+1:bytes.IndexByte(b, '\n')+1], b...) },
			"more text":     func(b []byte) []byte { return append(b, "more"...) },
		} {
			var whole []byte
			d.Edit(first, func(b []byte) []byte { whole = bytes.Clone(b); return edit(b) })
			if r := verified(t, d); len(r.Problems) == 0 {
				t.Error(name)
			}
			d.Edit(first, func([]byte) []byte { return whole })
		}
		clean(t, d, 12)
		if err := d.Remove(nameOf(1, digestSuffix)); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, d); len(r.Problems) == 0 {
			t.Error("a digest less")
		}
		if err := d.Remove(first); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, d); len(r.Problems) == 0 {
			t.Error("the oldest file less")
		}
	})
}

func TestAFullDiskIsSaidAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disktest.Memory{}
		tr, stop := run(t, d, Options{})
		appendAll(t, tr, 0, 3, true)
		d.Limit(d.Bytes() + 100)
		if err := tr.Append(t.Context(), event(3), true); !errors.Is(err, ErrUnable) || !errors.Is(tr.Able(), ErrUnable) {
			t.Fatalf("a full disk: %v, %v", err, tr.Able())
		}
		appendAll(t, tr, 4, 6, false)
		<-time.After(5 * time.Second)
		d.Limit(0)
		<-time.After(2 * time.Second)
		if err := tr.Able(); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		if got := names(t, tr, Query{Limit: 10}); fmt.Sprint(got) != "[Call5 Call4 Call3 Call2 Call1 Call0]" {
			t.Errorf("found %v", got)
		}
		stop()
		clean(t, d, 6)
	})
}

func TestWhatCouldNotBeKeptIsARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disktest.Memory{}
		tr, stop := run(t, d, Options{})
		d.Fail(func(op, _ string) error {
			if op == "write" || op == "sync" {
				return errors.New("broken")
			}
			return nil
		})
		big := event(0)
		big.Request = bytes.Repeat([]byte("1"), maxArguments)
		for range 2 * maxOwedBytes / maxArguments {
			if err := tr.Append(t.Context(), big, true); !errors.Is(err, ErrUnable) {
				t.Fatalf("a broken disk: %v", err)
			}
		}
		d.Fail(nil)
		<-time.After(2 * time.Second)
		found, _, err := tr.Find(Query{Limit: 1})
		if err != nil || len(found) != 1 || found[0].EventName != "RecordsLost" || !bytes.Contains(found[0].Line, []byte(`{"suppressed":8`)) {
			t.Errorf("found %v, %v", found, err)
		}
		stop()
		if r := verified(t, d); len(r.Problems) > 0 {
			t.Error(r.Problems)
		}
	})
}

func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			d := &disktest.Memory{}
			tr, stop := run(t, d, Options{MaxFile: 3000})
			rnd := rand.New(rand.NewPCG(seed, 1))
			n := 1 + rnd.IntN(20)
			appendAll(t, tr, 0, n, true)
			appendAll(t, tr, n, n+rnd.IntN(3), false)
			if rnd.IntN(2) == 0 {
				<-time.After(time.Second)
			}
			after := d.Crash(rnd)
			stop()
			again, stop := run(t, after, Options{MaxFile: 3000})
			got := names(t, again, Query{Limit: 100})
			if len(got) < n || got[len(got)-1] != "Call0" {
				t.Fatalf("seed %d: of %d there are %v", seed, n, got)
			}
			appendAll(t, again, 100, 102, true)
			stop()
			clean(t, after, uint64(len(got)+2))
		})
	}
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disktest.Memory{}
		tr, stop := run(t, d, Options{Retain: 10 * time.Hour})
		for n := range 24 {
			appendAll(t, tr, n, n+1, true)
			<-time.After(time.Hour)
		}
		s := tr.Status()
		if s.Files > 12 || s.First < 12 || s.Last != 24 {
			t.Errorf("status %+v", s)
		}
		stop()
		r := verified(t, d)
		if len(r.Problems) > 0 || r.Removed != s.First-1 || r.Sealed != r.Files {
			t.Errorf("report %+v", r)
		}
		tr, stop = run(t, d, Options{MaxBytes: 1500})
		<-time.After(time.Hour)
		if s := tr.Status(); s.Bytes > 1500 || s.Files == 0 {
			t.Errorf("bounded to 1500 bytes: %+v", s)
		}
		stop()
		if r := verified(t, d); len(r.Problems) > 0 {
			t.Error(r.Problems)
		}
		if err := d.Remove(floorName); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, d); len(r.Problems) == 0 {
			t.Error("nothing says that the oldest records were removed by retention")
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	tr, _ := run(b, &disktest.Memory{}, Options{})
	e := event(1)
	for b.Loop() {
		if err := tr.Append(b.Context(), e, false); err != nil {
			b.Fatal(err)
		}
	}
}
