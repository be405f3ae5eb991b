package logs

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// Append puts events into a stream and returns when they are durable. Events
// need not be in order. Errors: ErrGroupNotFound, ErrStreamNotFound,
// ErrTooLarge, ErrNoSpace, ErrClosed; nothing is stored then, except that
// after the end of ctx the outcome is unknown.
func (s *Store) Append(ctx context.Context, account, group, stream string, events []InputEvent) error {
	if len(events) == 0 {
		_, err := s.Stream(account, group, stream)
		return err
	}
	p, err := encodeAppend(events, s.opts.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("append to %s: %w", stream, err)
	}
	return s.submit(ctx, &request{
		group: groupKey(account, group), stream: stream, size: len(p.run), events: events,
		decide: func(c *catalog) (change, error) {
			st, err := c.stream(account, group, stream)
			if err != nil {
				return nil, err
			}
			p.group, p.stream = st.group.id, st.id
			return p, nil
		},
	})
}

// encodeAppend does in the caller's goroutine all that does not depend on the
// order of commits.
func encodeAppend(events []InputEvent, ingestion int64) (*putEvents, error) {
	if len(events) > MaxAppendEvents {
		return nil, fmt.Errorf("%w: %d events", ErrTooLarge, len(events))
	}
	p := &putEvents{events: uint64(len(events)), minTime: events[0].Timestamp, maxTime: events[0].Timestamp, ingestion: ingestion}
	rows := make([]segment.Event, len(events))
	for i, e := range events {
		if len(e.Message) > MaxMessageBytes || e.Timestamp < 0 {
			return nil, fmt.Errorf("%w: event %d has %d bytes at %d", ErrTooLarge, i, len(e.Message), e.Timestamp)
		}
		p.minTime, p.maxTime = min(p.minTime, e.Timestamp), max(p.maxTime, e.Timestamp)
		p.bytes += uint64(len(e.Message))
		rows[i] = segment.Event{Timestamp: e.Timestamp, Ingestion: ingestion, Seq: uint64(i)}
	}
	if p.bytes > MaxAppendBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, p.bytes)
	}
	p.run = make([]byte, 0, int(p.bytes)+8*len(events)+32)
	p.run = segment.AppendRunStrings(p.run, rows, func(i int) string { return events[i].Message })
	return p, nil
}
