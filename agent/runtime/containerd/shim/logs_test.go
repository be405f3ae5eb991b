package shim

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// disk is a file on a disk that may be full.
type disk struct {
	bytes.Buffer
	writes []string
	full   bool
}

func (d *disk) Write(p []byte) (int, error) {
	if d.full {
		return 0, errors.New("no space left on device")
	}
	d.writes = append(d.writes, string(p))
	return d.Buffer.Write(p)
}

func TestWholeLinesAreWritten(t *testing.T) {
	var d disk
	copyLines(&d, iotest.OneByteReader(strings.NewReader("one\ntwo\nthree")), plain)
	if strings.Join(d.writes, "|") != "one\n|two\n|three" {
		t.Errorf("%q", d.writes)
	}
}

func TestLongLinesAreSplit(t *testing.T) {
	var d disk
	long := strings.Repeat("x", 3*lineLimit+5) + "\nend\n"
	copyLines(&d, strings.NewReader(long), plain)
	if d.String() != long || len(d.writes) < 3 {
		t.Errorf("%d bytes of %d in %d writes", d.Len(), len(long), len(d.writes))
	}
}

func TestFullDiskIsSurvivedAndMarked(t *testing.T) {
	var d disk
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() { copyLines(&d, reader, plain); close(done) }()
	say := func(line string, full bool) {
		d.full = full
		if _, err := io.WriteString(writer, line); err != nil {
			t.Error(err)
		}
		// The reader takes the next only when it has written the last.
		if _, err := writer.Write(nil); err != nil {
			t.Error(err)
		}
	}
	say("one\n", false)
	say("two\n", true)
	say("three\n", false)
	writer.Close()
	<-done
	if want := "one\n[4 bytes of this log could not be written]\nthree\n"; d.String() != want {
		t.Errorf("%q, want %q", d.String(), want)
	}
}

// Frames say of which stream a line is, when it was written, and whether it
// goes on.
func TestLinesAreFramed(t *testing.T) {
	var d disk
	now := time.Unix(7, 0)
	copyLines(&d, strings.NewReader("one\n\n"+strings.Repeat("x", 4*lineLimit)+"\nend"), framed(true, func() time.Time { return now }))
	var long strings.Builder
	var others []string
	goes := 0
	for _, line := range strings.Split(strings.TrimSuffix(d.String(), "\n"), "\n") {
		f, ok := runtime.ParseFrame([]byte(line))
		if !ok || !f.Stderr || !f.At.Equal(now) {
			t.Fatalf("%q", line)
		}
		if f.Goes {
			goes++
		}
		if strings.HasPrefix(string(f.Text), "x") {
			long.Write(f.Text)
		} else {
			others = append(others, string(f.Text))
		}
	}
	if long.String() != strings.Repeat("x", 4*lineLimit) || strings.Join(others, "|") != "one||end" || goes < 2 {
		t.Errorf("%d bytes, %q, %d frames go on", long.Len(), others, goes)
	}
}
