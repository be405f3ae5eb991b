package logs

import (
	"fmt"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// chunk says where one append lies in a write-ahead log.
type chunk struct {
	stream           uint64
	minTime, maxTime int64
	offset           uint32 // of the record's payload
	length           uint32
	events           uint32
	bytes            uint32 // of the messages
}

// table is a write-ahead log and the index of its appends, by group, in the
// order of acceptance. Slices only grow: a reader keeps the length it saw.
type table struct {
	wal    *wal
	groups map[uint64][]chunk
	chunks int
	born   time.Time // when the committer first looked at it
}

func newTable(w *wal) *table { return &table{wal: w, groups: map[uint64][]chunk{}} }

func (t *table) add(p *putEvents, offset int64, length int) {
	t.groups[p.group] = append(t.groups[p.group], chunk{
		stream: p.stream, minTime: p.minTime, maxTime: p.maxTime,
		offset: uint32(offset), length: uint32(length),
		events: uint32(p.events), bytes: uint32(p.bytes),
	})
	t.chunks++
}

// read appends a chunk's events. Their messages are in a buffer of their own.
func (t *table) read(c chunk, events []segment.Event) ([]segment.Event, error) {
	payload := make([]byte, c.length)
	if _, err := t.wal.file.ReadAt(payload, int64(c.offset)); err != nil {
		return events, fmt.Errorf("read write-ahead log: %w", err)
	}
	seq, ch, err := parseRecord(payload)
	if err != nil {
		return events, err
	}
	p, ok := ch.(*putEvents)
	if !ok {
		return events, fmt.Errorf("record is no append: %w", segment.ErrCorrupt)
	}
	from := len(events)
	events, rest, err := segment.DecodeRun(p.run, events)
	if err != nil {
		return events, err
	}
	if len(rest) != 0 || len(events)-from != int(c.events) {
		return events[:from], fmt.Errorf("append's events: %w", segment.ErrCorrupt)
	}
	for i := range events[from:] {
		events[from+i].Stream = p.stream
		events[from+i].Seq += seq
	}
	return events, nil
}
