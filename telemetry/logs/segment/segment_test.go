package segment

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func codec(t interface{ Fatal(...any) }) *Codec {
	c, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// readAll reads every event of a segment by group.
func readAll(c *Codec, data []byte) (map[uint64][]Event, error) {
	x, err := ReadIndex(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	all := map[uint64][]Event{}
	for _, s := range x.Sections {
		raw, err := x.ReadBlock(bytes.NewReader(data), c, s.Block, nil)
		if err != nil {
			return nil, err
		}
		if all[s.Group], err = DecodeSection(raw, s, nil, all[s.Group]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func build(t interface{ Fatal(...any) }, c *Codec, groups map[uint64][]Event) []byte {
	var out bytes.Buffer
	w := NewWriter(&out, c)
	for id := range uint64(20) {
		if len(groups[id]) > 0 {
			if err := w.Group(id, slices.Clone(groups[id])); err != nil {
				t.Fatal(err)
			}
		}
	}
	size, err := w.Finish()
	if err != nil || size != int64(out.Len()) {
		t.Fatal(size, out.Len(), err)
	}
	return out.Bytes()
}

func drawEvents(t *rapid.T, n, size int) []Event {
	var all []Event
	for i := range n {
		all = append(all, Event{
			Stream:    rapid.Uint64Range(1, 5).Draw(t, "stream"),
			Timestamp: rapid.Int64Range(0, 1<<40).Draw(t, "ts"),
			Ingestion: rapid.Int64Range(0, 1<<40).Draw(t, "ingestion"),
			Seq:       uint64(i + 1),
			Message:   bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, size).Draw(t, "size")),
		})
	}
	return all
}

func TestSegmentRoundTrip(t *testing.T) {
	c := codec(t)
	rapid.Check(t, func(t *rapid.T) {
		groups := map[uint64][]Event{}
		size := rapid.SampledFrom([]int{10, 1000, 300_000}).Draw(t, "max size")
		for id := range uint64(rapid.IntRange(0, 4).Draw(t, "groups")) {
			groups[id+3] = drawEvents(t, rapid.IntRange(1, 60).Draw(t, "events"), size)
		}
		data := build(t, c, groups)
		got, err := readAll(c, data)
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range groups {
			slices.SortFunc(want, byTime)
			slices.SortFunc(got[id], byTime)
			if d := diff.Diff(want, got[id], diff.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })); d != "" {
				t.Fatal(d)
			}
		}
		x, err := ReadIndex(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range x.Sections {
			checkSection(t, c, x, data, s)
		}
	})
}

// checkSection checks what readers rely on to skip a section.
func checkSection(t *rapid.T, c *Codec, x *Index, data []byte, s Section) {
	raw, err := x.ReadBlock(bytes.NewReader(data), c, s.Block, nil)
	if err != nil {
		t.Fatal(err)
	}
	events, err := DecodeSection(raw, s, nil, nil)
	if err != nil || len(events) != int(s.Events) {
		t.Fatal(len(events), s, err)
	}
	total := uint64(0)
	for _, e := range events {
		total += uint64(len(e.Message))
		if e.Timestamp < s.MinTime || e.Timestamp > s.MaxTime || e.Stream < s.FirstStream || e.Stream > s.LastStream {
			t.Fatalf("%+v is not in %+v", e, s)
		}
	}
	if total != s.Bytes || !slices.IsSortedFunc(events, func(a, b Event) int { return cmp.Compare(a.Stream, b.Stream) }) {
		t.Fatalf("%+v: %d bytes", s, total)
	}
}

func TestSlicesOfTimeDoNotOverlap(t *testing.T) {
	c := codec(t)
	var events []Event
	for i := range 3 * SliceBytes / 1000 {
		events = append(events, Event{Stream: uint64(i%7 + 1), Timestamp: int64(i), Seq: uint64(i), Message: make([]byte, 1000)})
	}
	data := build(t, c, map[uint64][]Event{1: events})
	x, err := ReadIndex(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Blocks) < 3*SliceBytes/BlockBytes-3 {
		t.Fatalf("%d blocks", len(x.Blocks))
	}
	bytesAt := func(at int64) (n uint64) {
		for _, s := range x.Group(1) {
			if s.MinTime <= at && at <= s.MaxTime {
				n += s.Bytes
			}
		}
		return n
	}
	for i := range events {
		if n := bytesAt(int64(i)); n > SliceBytes+BlockBytes {
			t.Fatalf("a merge holds %d bytes at %d", n, i)
		}
	}
}

func TestEveryBadByteIsNoticed(t *testing.T) {
	c := codec(t)
	groups := map[uint64][]Event{}
	for i := range 40 {
		g := uint64(i % 3)
		groups[g] = append(groups[g], Event{Stream: uint64(i%5 + 1), Timestamp: int64(i * 10), Seq: uint64(i), Message: []byte(fmt.Sprint("message ", i))})
	}
	data := build(t, c, groups)
	for at := range data {
		bad := bytes.Clone(data)
		bad[at] ^= 0x21
		if _, err := readAll(c, bad); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d of %d: %v", at, len(data), err)
		}
		if _, err := readAll(c, data[:at]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d of %d: %v", at, len(data), err)
		}
	}
}

func FuzzDecodeRun(f *testing.F) {
	f.Add(AppendRun(nil, []Event{{Stream: 1, Timestamp: 5, Ingestion: 6, Seq: 7, Message: []byte("x")}, {Stream: 1, Timestamp: 4}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		events, rest, err := DecodeRun(b, nil)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) || len(events) != 0 {
				t.Fatal(err, len(events))
			}
			return
		}
		if len(events)*minEventBytes > len(b)-len(rest) {
			t.Fatalf("%d events in %d bytes", len(events), len(b))
		}
		again, _, err := DecodeRun(AppendRun(nil, events), nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff.Diff(events, again); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzSegment(f *testing.F) {
	c := codec(f)
	f.Add(build(f, c, map[uint64][]Event{1: {{Stream: 1, Message: []byte("hello")}}, 2: {{Stream: 9, Timestamp: 4}}}))
	f.Add(build(f, c, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := readAll(c, b); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		x := &Index{} // behind the checksum, which a fuzzer does not guess
		if err := x.decode(b, int64(len(b))); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}
