package shim

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
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
	copyLines(&d, iotest.OneByteReader(strings.NewReader("one\ntwo\nthree")))
	if strings.Join(d.writes, "|") != "one\n|two\n|three" {
		t.Errorf("%q", d.writes)
	}
}

func TestLongLinesAreSplit(t *testing.T) {
	var d disk
	long := strings.Repeat("x", 3*lineLimit+5) + "\nend\n"
	copyLines(&d, strings.NewReader(long))
	if d.String() != long || len(d.writes) < 3 {
		t.Errorf("%d bytes of %d in %d writes", d.Len(), len(long), len(d.writes))
	}
}

func TestFullDiskIsSurvivedAndMarked(t *testing.T) {
	var d disk
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() { copyLines(&d, reader); close(done) }()
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
