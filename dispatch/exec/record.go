package exec

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// Line is one line of a session's output, as it came: with the terminal's
// control characters, without its line end.
type Line struct {
	At   time.Time
	Text string
}

// Archive keeps records of sessions.
type Archive interface {
	// Begin makes sure that a record can be kept.
	Begin(ctx context.Context, r Record) error
	// Append adds lines to it, at most maxLines at a time.
	Append(ctx context.Context, r Record, lines []Line) error
}

const (
	// recordEvery is how long lines wait to be kept together.
	recordEvery = time.Second
	// maxLines is how many wait at most.
	maxLines = 256
	// maxLine is the longest line, in bytes; a longer one becomes several.
	maxLine = 32 << 10
)

// recording is the record of one session. The zero value keeps nothing.
type recording struct {
	archive Archive
	record  Record
	rest    []byte // of a line that has not ended
	lines   []Line
	due     time.Time // when the lines are to be kept; zero: there are none
}

// begin starts the record, if there is to be one.
func (r *recording) begin(ctx context.Context, archive Archive, record *Record) error {
	if record == nil {
		return nil
	}
	if archive == nil {
		return fmt.Errorf("sessions cannot be recorded here")
	}
	r.archive, r.record = archive, *record
	return archive.Begin(ctx, *record)
}

// write takes output; what it makes whole is kept once it is due.
func (r *recording) write(ctx context.Context, now time.Time, p []byte) error {
	if r.archive == nil {
		return nil
	}
	r.rest = append(r.rest, p...)
	for {
		at := bytes.IndexByte(r.rest, '\n')
		skip := 1
		if at < 0 && len(r.rest) > maxLine {
			at, skip = maxLine, 0
		}
		if at < 0 {
			break
		}
		r.add(now, r.rest[:at])
		r.rest = r.rest[at+skip:]
		if len(r.lines) >= maxLines {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *recording) add(now time.Time, line []byte) {
	if len(r.lines) == 0 {
		r.due = now.Add(recordEvery)
	}
	if text := string(bytes.TrimSuffix(line, []byte("\r"))); text != "" { // logs hold no empty events
		r.lines = append(r.lines, Line{now, text})
	}
}

// flush keeps what waits.
func (r *recording) flush(ctx context.Context) error {
	lines := r.lines
	r.lines, r.due = nil, time.Time{}
	if len(lines) == 0 {
		return nil
	}
	if err := r.archive.Append(ctx, r.record, lines); err != nil {
		return fmt.Errorf("record the session: %w", err)
	}
	return nil
}

// end keeps all that there is, also a line that has not ended.
func (r *recording) end(ctx context.Context, now time.Time) error {
	if r.archive == nil {
		return nil
	}
	if len(r.rest) > 0 {
		r.add(now, r.rest)
		r.rest = nil
	}
	return r.flush(ctx)
}
