package logs_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
)

const firstWAL = "0000000000000001.wal"

// written is a disk with one write-ahead log, and after which size of it each
// of its appends was acknowledged.
func written(t *testing.T, appends int) (d *disktest.Memory, ends []int64, lines []string) {
	s, d := startMemory(t, logs.Options{})
	s.group(t, "g")
	s.stream(t, "g", "s")
	ends = append(ends, s.Usage().Bytes)
	for i := range appends {
		at := begin.Add(time.Duration(i) * time.Second)
		s.put(t, "g", "s", at, fmt.Sprintf("message %d", i))
		ends = append(ends, s.Usage().Bytes)
		lines = append(lines, line("s", at.UnixMilli(), fmt.Sprintf("message %d", i)))
	}
	return d.Kill(), ends, lines
}

func TestTornTailAtEveryOffset(t *testing.T) {
	d, ends, lines := written(t, 6)
	for size := ends[0]; size <= ends[len(ends)-1]; size++ {
		torn := d.Kill()
		torn.Edit(firstWAL, func(b []byte) []byte { return b[:size] })
		want := 0
		for want+1 < len(ends) && ends[want+1] <= size {
			want++
		}
		n := newNotices()
		s := start(t, torn, logs.Options{Observe: n.observe})
		if diff := cmp.Diff(lines[:want], s.read(t, logs.Query{Group: "g"}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("cut at %d: %s", size, diff)
		}
		s.put(t, "g", "s", begin.Add(time.Hour), "after")
		s.stop()
		if size != ends[want] {
			if x := n.wait(t, logs.Recovered); x.Bytes != size-ends[want] {
				t.Fatalf("cut at %d: %+v", size, x)
			}
		}
		s = start(t, torn, logs.Options{})
		if got := len(s.read(t, logs.Query{Group: "g"})); got != want+1 {
			t.Fatalf("cut at %d: %d events after another append, want %d", size, got, want+1)
		}
		s.stop()
	}
}

func TestEveryCorruptByte(t *testing.T) {
	d, ends, lines := written(t, 4)
	for at := range ends[len(ends)-1] {
		bad := d.Kill()
		bad.Edit(firstWAL, func(b []byte) []byte { b[at] ^= 0x41; return b })
		want := 0 // appends that end before the bad byte
		for want+1 < len(ends) && ends[want+1] <= at {
			want++
		}
		s := start(t, bad, logs.Options{})
		if at < ends[0] {
			if u := s.Usage(); u.Streams != 0 && u.Groups != 0 {
				t.Fatalf("byte %d: %+v", at, u)
			}
		} else if diff := cmp.Diff(lines[:want], s.read(t, logs.Query{Group: "g"}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("byte %d: %s", at, diff)
		}
		s.stop()
	}
}

// TestNothingAcknowledgedIsLost lets writers run against a disk that fails and
// fills up, cuts the power at some moment, and looks what is left.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	for seed := range uint64(60) {
		d := &disktest.Memory{}
		acked, tried := map[string]bool{}, map[string]bool{}
		for life := range uint64(4) {
			rnd := rand.New(rand.NewPCG(seed, life))
			d = oneLife(t, d, rnd, fmt.Sprintf("%d.%d", seed, life), acked, tried)
			s := start(t, d, logs.Options{SegmentBytes: 3000})
			got := map[string]int{}
			if _, err := s.Group(account, "g"); err == nil {
				for e, err := range s.Read(context.Background(), logs.Query{Account: account, Group: "g"}) {
					check(t, err)
					got[string(e.Message)]++
				}
			}
			for message, n := range got {
				if n != 1 || !tried[message] {
					t.Fatalf("seed %d: %q is there %d times", seed, message, n)
				}
			}
			for message := range acked {
				if got[message] == 0 {
					t.Fatalf("seed %d, life %d: acknowledged %q is lost", seed, life, message)
				}
			}
			s.stop()
		}
	}
}

func oneLife(t *testing.T, d *disktest.Memory, rnd *rand.Rand, label string, acked, tried map[string]bool) *disktest.Memory {
	ctx := context.Background()
	s := start(t, d, logs.Options{SegmentBytes: 3000})
	err := s.CreateGroup(ctx, logs.Group{Account: account, Name: "g"})
	if err != nil && !errors.Is(err, logs.ErrGroupExists) {
		t.Fatalf("create group: %v", err)
	}
	faulty := rand.New(rand.NewPCG(rnd.Uint64(), 1))
	odds := 3 + rnd.IntN(40)
	d.Fail(func(op, name string) error { // under the disk's lock
		if op != "read" && faulty.IntN(odds) == 0 {
			return disktest.Full
		}
		return nil
	})
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			stream := fmt.Sprintf("s%d", w%3)
			for i := range 25 {
				_ = s.CreateStream(ctx, account, "g", stream)
				message := fmt.Sprintf("%s.%d.%d %s", label, w, i, strings.Repeat("x", i*3))
				mu.Lock()
				tried[message] = true
				mu.Unlock()
				err := s.Append(ctx, account, "g", stream, []logs.InputEvent{{Timestamp: int64(i), Message: message}})
				mu.Lock()
				if err == nil {
					acked[message] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	d.Fail(nil)
	after := d.Crash(rnd)
	s.stop()
	return after
}

func TestFullDiskRecovers(t *testing.T) {
	ctx := context.Background()
	n := newNotices()
	s, d := startMemory(t, logs.Options{SegmentBytes: 4000, Observe: n.observe})
	s.group(t, "g")
	s.stream(t, "g", "s")
	d.Limit(20_000)
	put := func(i int) error {
		return s.Append(ctx, account, "g", "s", []logs.InputEvent{{Timestamp: int64(i), Message: fmt.Sprintf("%d %s", i, noise(i))}})
	}
	var want []string
	full := 0
	for i := 0; full < 20; i++ {
		switch err := put(i); {
		case err == nil:
			want = append(want, line("s", int64(i), fmt.Sprintf("%d %s", i, noise(i))))
		case errors.Is(err, logs.ErrNoSpace):
			full++
		default:
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, s.read(t, logs.Query{Group: "g"})); diff != "" {
		t.Fatal(diff)
	}
	n.wait(t, logs.Failed) // sealing has no space either
	d.Limit(0)
	for i := 10_000; i < 10_100; i++ {
		deadline := time.Now().Add(20 * time.Second)
		for err := put(i); err != nil; err = put(i) { // until sealing has been tried again
			wantErr(t, err, logs.ErrNoSpace)
			if time.Now().After(deadline) {
				t.Fatal("still no space")
			}
		}
		want = append(want, line("s", int64(i), fmt.Sprintf("%d %s", i, noise(i))))
	}
	n.wait(t, logs.Sealed)
	if diff := cmp.Diff(want, s.read(t, logs.Query{Group: "g"})); diff != "" {
		t.Fatal(diff)
	}
	after := start(t, d.Kill(), logs.Options{})
	defer after.stop()
	if diff := cmp.Diff(want, after.read(t, logs.Query{Group: "g"})); diff != "" {
		t.Fatal(diff)
	}
}

// noise is text that does not compress.
func noise(seed int) string {
	rnd := rand.New(rand.NewPCG(uint64(seed), 9))
	b := make([]byte, 200)
	for i := range b {
		b[i] = ' ' + byte(rnd.IntN(95))
	}
	return string(b)
}

func TestDamagedSegmentIsSetAside(t *testing.T) {
	n := newNotices()
	s, d := startMemory(t, logs.Options{SegmentBytes: 2000, Observe: n.observe})
	s.group(t, "g")
	s.stream(t, "g", "s")
	for i := range 30 {
		s.put(t, "g", "s", begin.Add(time.Duration(i)*time.Second), strings.Repeat("x", 100))
	}
	sealed := n.wait(t, logs.Sealed)
	check(t, s.Maintain(context.Background()))
	before := s.Usage().Segments
	bad := d.Kill()
	bad.Edit(sealed.File, func(b []byte) []byte { b[len(b)-30] ^= 1; return b })
	after := start(t, bad, logs.Options{Observe: n.observe})
	defer after.stop()
	if x := n.wait(t, logs.Damaged); x.File != sealed.File {
		t.Fatalf("%+v", x)
	}
	if u := after.Usage(); u.Segments != before-1 {
		t.Fatalf("%+v of %d segments", u, before)
	}
	files, err := bad.List()
	check(t, err)
	names := map[string]bool{}
	for _, f := range files {
		names[f.Name] = true
	}
	if !names[sealed.File+".damaged"] {
		t.Fatalf("files: %v", slices.Sorted(maps.Keys(names)))
	}
}
