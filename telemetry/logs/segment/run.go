// Package segment encodes log events for the disk: runs of one stream's
// events, and sealed segments, which are blocks of runs in zstd frames with a
// small index by group, stream and time.
//
// It decides the layout and checks every byte it reads: whatever is wrong on
// disk comes back as ErrCorrupt, never as a panic or as made-up events. It
// does not know files, groups' names, retention or time of day.
package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCorrupt says that bytes are not what was written.
var ErrCorrupt = errors.New("log data is corrupt")

// Event is one stored log event.
type Event struct {
	Stream    uint64 // the stream's id in the store
	Timestamp int64  // milliseconds since the epoch, as the writer said
	Ingestion int64  // milliseconds since the epoch, when it was accepted
	Seq       uint64 // unique in the store and growing with acceptance
	Message   []byte
}

// Before orders events by timestamp, then by acceptance.
func (e *Event) Before(o *Event) bool {
	if e.Timestamp != o.Timestamp {
		return e.Timestamp < o.Timestamp
	}
	return e.Seq < o.Seq
}

// AppendRun appends events, which all belong to one stream, as one run.
//
// A run is columns, because neighbours are alike: stream, count, then all
// timestamps, sequence numbers and ingestion times as differences, all
// lengths, all messages.
func AppendRun(dst []byte, events []Event) []byte {
	dst = appendColumns(dst, events)
	for i := range events {
		dst = binary.AppendUvarint(dst, uint64(len(events[i].Message)))
	}
	for i := range events {
		dst = append(dst, events[i].Message...)
	}
	return dst
}

// AppendRunStrings is AppendRun for events whose messages are strings that
// message gives; the Message fields are ignored.
func AppendRunStrings(dst []byte, events []Event, message func(i int) string) []byte {
	dst = appendColumns(dst, events)
	for i := range events {
		dst = binary.AppendUvarint(dst, uint64(len(message(i))))
	}
	for i := range events {
		dst = append(dst, message(i)...)
	}
	return dst
}

func appendColumns(dst []byte, events []Event) []byte {
	dst = binary.AppendUvarint(dst, events[0].Stream)
	dst = binary.AppendUvarint(dst, uint64(len(events)))
	last := int64(0)
	for i := range events {
		dst = binary.AppendVarint(dst, events[i].Timestamp-last)
		last = events[i].Timestamp
	}
	next := uint64(0)
	for i := range events {
		dst = binary.AppendVarint(dst, int64(events[i].Seq-next))
		next = events[i].Seq + 1
	}
	last = 0
	for i := range events {
		dst = binary.AppendVarint(dst, events[i].Ingestion-last)
		last = events[i].Ingestion
	}
	return dst
}

// reader walks over encoded bytes; after the first error it returns zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// minEventBytes is what an event with an empty message costs in a run: four
// columns of one byte. It keeps a forged count from reserving memory.
const minEventBytes = 4

// DecodeRun appends the first run of src to events and returns what follows
// it. Messages alias src.
func DecodeRun(src []byte, events []Event) (all []Event, rest []byte, err error) {
	r := reader{b: src}
	stream := r.uvarint()
	n := r.uvarint()
	if r.bad || n == 0 || n > uint64(len(r.b)/minEventBytes) {
		return events, nil, fmt.Errorf("run header: %w", ErrCorrupt)
	}
	from := len(events)
	events = append(events, make([]Event, n)...)
	run := events[from:]
	last := int64(0)
	for i := range run {
		last += r.varint()
		run[i].Stream, run[i].Timestamp = stream, last
	}
	next := uint64(0)
	for i := range run {
		run[i].Seq = next + uint64(r.varint())
		next = run[i].Seq + 1
	}
	last = 0
	for i := range run {
		last += r.varint()
		run[i].Ingestion = last
	}
	lengths := r.b
	total := uint64(0)
	for range run {
		l := r.uvarint()
		if l > uint64(len(src)) {
			r.bad = true
		}
		total += l
	}
	if r.bad || total > uint64(len(r.b)) {
		return events[:from], nil, fmt.Errorf("run body: %w", ErrCorrupt)
	}
	body := r.b
	r.b = lengths
	for i := range run {
		l := r.uvarint()
		run[i].Message, body = body[:l:l], body[l:]
	}
	return events, body, nil
}
