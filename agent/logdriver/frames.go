package logdriver

import (
	"bytes"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// maxPiece is the longest text of a line that is shipped as it is, in bytes: a
// longer one becomes several. Source: Docker splits lines of the same length.
const maxPiece = 16 << 10

// Limits of a batch for a collector: Fluent Bit takes no message of more than
// 6 MB, and what surrounds a line may be longer than the line.
const (
	maxCollected      = 1000
	maxCollectedBytes = 512 << 10
)

// unframe splits what was read into lines, and says how many bytes they take. A
// line that is no frame was written by a machine's own shim: it is taken for
// standard output, as of now. The rest behind the last line end is left for
// later, unless nothing will follow it or it is very long.
func unframe(b []byte, last bool, now time.Time) (lines []line, used int) {
	total := 0
	for len(b) > 0 && len(lines) < maxCollected {
		end, next := bytes.IndexByte(b, '\n'), 0
		switch {
		case end >= 0:
			next = end + 1
		case last || len(b) >= maxPiece:
			end, next = len(b), len(b)
		default:
			return lines, used
		}
		f, framed := runtime.ParseFrame(b[:end])
		if !framed {
			f = runtime.Frame{At: now, Text: b[:end]}
			if len(f.Text) > maxPiece {
				f.Text, f.Goes, next = f.Text[:maxPiece], true, maxPiece
			} else {
				f.Goes = next == end && !last
			}
		}
		if total += len(f.Text); total > maxCollectedBytes && len(lines) > 0 {
			return lines, used
		}
		b, used = b[next:], used+next
		text := strings.ToValidUTF8(strings.TrimSuffix(string(f.Text), "\r"), "\uFFFD")
		lines = append(lines, line{at: f.At, text: text, stderr: f.Stderr, goes: f.Goes, end: used})
	}
	return lines, used
}
