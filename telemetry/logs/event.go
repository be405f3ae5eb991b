package logs

import "github.com/roadstead/roadstead/telemetry/logs/segment"

// InputEvent is an event to append.
type InputEvent struct {
	Timestamp int64 // milliseconds since the epoch, not negative
	Message   string
}

// Event is a stored event. Message belongs to the reader that yielded the
// event and is valid until its next step: copy what must stay.
type Event struct {
	Position
	Ingestion int64 // milliseconds since the epoch
	Stream    string
	Message   []byte
}

// Position is an event's place: events are ordered by timestamp, and equal
// timestamps by acceptance. No two events of a store share one.
type Position struct {
	Timestamp int64 // milliseconds since the epoch
	Seq       uint64
}

// Before reports whether p comes before o.
func (p Position) Before(o Position) bool {
	if p.Timestamp != o.Timestamp {
		return p.Timestamp < o.Timestamp
	}
	return p.Seq < o.Seq
}

func position(e *segment.Event) Position { return Position{e.Timestamp, e.Seq} }

const (
	// MaxMessageBytes is the largest message that a store takes.
	MaxMessageBytes = 1 << 20
	// MaxAppendEvents and MaxAppendBytes bound one append.
	MaxAppendEvents = 10_000
	MaxAppendBytes  = 2 << 20
	// EventOverhead is what every event counts for beside its message, in
	// bytes, as CloudWatch Logs counts.
	EventOverhead = 26
)
