package runtime

import (
	"bytes"
	"encoding/hex"
	"time"
)

// Frame is one line of a log file whose container has LogFrames: what the
// process wrote, to which of its streams, and when. In the file a frame is a
// line, too, so that whoever looks for line ends finds frames.
type Frame struct {
	At     time.Time
	Stderr bool
	Goes   bool // its line goes on in the stream's next frame: it was too long to be held
	Text   []byte
}

// A frame begins with a byte that text does not have, a letter for the stream,
// and the nanoseconds since 1970 in sixteen digits.
const (
	frameMark   = 0x01
	frameHeader = 2 + 16
)

// AppendFrame appends f to b, with the line end.
func AppendFrame(b []byte, f Frame) []byte {
	kind := byte('o')
	if f.Stderr {
		kind = 'e'
	}
	if f.Goes {
		kind -= 'a' - 'A'
	}
	var at [8]byte
	for i, n := 7, uint64(f.At.UnixNano()); i >= 0; i, n = i-1, n>>8 {
		at[i] = byte(n)
	}
	b = hex.AppendEncode(append(b, frameMark, kind), at[:])
	return append(append(b, f.Text...), '\n')
}

// ParseFrame reads a line without its end; false when it is no frame. Text is a
// part of the line.
func ParseFrame(line []byte) (f Frame, ok bool) {
	if len(line) < frameHeader || line[0] != frameMark || bytes.IndexByte([]byte("oeOE"), line[1]) < 0 {
		return f, false
	}
	var at [8]byte
	if _, err := hex.Decode(at[:], line[2:frameHeader]); err != nil {
		return f, false
	}
	n := uint64(0)
	for _, b := range at {
		n = n<<8 | uint64(b)
	}
	kind := line[1]
	return Frame{At: time.Unix(0, int64(n)), Stderr: kind == 'e' || kind == 'E', Goes: kind == 'O' || kind == 'E', Text: line[frameHeader:]}, true
}
