package logdriver

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of CloudWatch Logs.
// Source: CloudWatch Logs API reference, PutLogEvents, and its quotas.
const (
	maxBatchEvents = 10_000
	maxBatchBytes  = 1 << 20
	eventOverhead  = 26
	// maxEvent is the longest event, in bytes; a longer line becomes several,
	// as with Docker's driver.
	maxEvent = 256<<10 - eventOverhead
)

// cut splits what was read into the lines of one batch, and says how many
// bytes they take. Empty lines are left out: an event has a text.
func cut(b []byte, last bool, at time.Time) (lines []line, used int) {
	lines, used, _ = split(b, last, at)
	return slices.DeleteFunc(lines, func(l line) bool { return l.text == "" }), used
}

// split is cut with the empty lines; full says that the batch takes no more. The
// rest behind the last line end is left for later, unless nothing will follow
// it or it is longer than an event.
func split(b []byte, last bool, at time.Time) (lines []line, used int, full bool) {
	total := 0
	for len(b) > 0 {
		if len(lines) >= maxBatchEvents {
			return lines, used, true
		}
		end, next := bytes.IndexByte(b, '\n'), 0
		switch {
		case end >= 0:
			next = end + 1
		case last || len(b) >= maxEvent:
			end, next = len(b), len(b)
		default:
			return lines, used, false
		}
		piece := b[:end]
		if fits := prefix(piece, last || next > end); fits < end {
			piece, next = b[:fits], fits
		} else if next > end {
			piece = bytes.TrimSuffix(piece, []byte("\r"))
		}
		text := strings.ToValidUTF8(string(piece), "\uFFFD")
		if total += len(text) + eventOverhead; total > maxBatchBytes {
			return lines, used, true
		}
		b, used = b[next:], used+next
		lines = append(lines, line{at: at, text: text, end: used})
	}
	return lines, used, false
}

// prefix returns how many bytes of b make one event: it ends between
// characters, and is no longer than an event when every byte that is no
// character counts as the one that replaces it. Unless whole is set, a
// character at the end may still be incomplete.
func prefix(b []byte, whole bool) int {
	if len(b) <= maxEvent/utf8.UTFMax && whole {
		return len(b)
	}
	total := 0
	for i := 0; i < len(b); {
		if !whole && !utf8.FullRune(b[i:]) {
			return i
		}
		r, width := utf8.DecodeRune(b[i:])
		cost := width
		if r == utf8.RuneError && width == 1 {
			cost = utf8.RuneLen(utf8.RuneError)
		}
		if total += cost; total > maxEvent {
			return i
		}
		i += width
	}
	return len(b)
}
