package runtime

import (
	"bytes"
	"testing"
	"time"
)

func TestFrames(t *testing.T) {
	for _, f := range []Frame{{At: time.Unix(1700000000, 123456789), Text: []byte("one")}, {At: time.Unix(0, 0), Stderr: true},
		{At: time.Unix(1, 0), Goes: true, Text: []byte("\x01o")}, {At: time.Unix(1, 0), Stderr: true, Goes: true, Text: []byte{0xff}}} {
		b := AppendFrame([]byte("before"), f)
		line, ended := bytes.CutSuffix(bytes.TrimPrefix(b, []byte("before")), []byte("\n"))
		got, ok := ParseFrame(line)
		if !ended || !ok || !got.At.Equal(f.At) || got.Stderr != f.Stderr || got.Goes != f.Goes || !bytes.Equal(got.Text, f.Text) {
			t.Errorf("%+v became %q and %+v", f, b, got)
		}
	}
	for _, line := range []string{"", "text", "\x01o", "\x01x0123456789abcdef", "\x01o0123456789abcdeg", "o 0123456789abcdef text"} {
		if _, ok := ParseFrame([]byte(line)); ok {
			t.Errorf("%q is a frame", line)
		}
	}
}
