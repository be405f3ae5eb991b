package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"strings"
	"time"
)

// tailLines is how many lines of a trace are kept for a failure.
const tailLines = 400

// trace is what happened, a line each. Of a long one only the hash and the
// tail are kept.
type trace struct {
	clock *clock
	out   io.Writer // nil: nobody reads along
	hash  hash.Hash64
	tail  [tailLines][]byte // each is written over again and again
	lines int
}

func newTrace(c *clock, out io.Writer) *trace { return &trace{clock: c, out: out, hash: fnv.New64a()} }

// say adds a line about who.
func (t *trace) say(who, format string, args ...any) {
	since := t.clock.now.Sub(began)
	at := &t.tail[t.lines%tailLines]
	line := fmt.Appendf((*at)[:0], "%5d.%06d %-8s ", since/time.Second, since%time.Second/time.Microsecond, who)
	line = append(fmt.Appendf(line, format, args...), '\n')
	*at = line
	t.hash.Write(line)
	t.lines++
	if t.out != nil {
		_, _ = t.out.Write(line) // a reader who is gone misses it
	}
}

// last returns the last lines.
func (t *trace) last(n int) string {
	n = min(n, t.lines, tailLines)
	var b strings.Builder
	for i := t.lines - n; i < t.lines; i++ {
		b.Write(t.tail[i%tailLines])
	}
	return b.String()
}
