package shim

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func openLog(t *testing.T) *os.File {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func dataBegins(t *testing.T, file *os.File) int64 {
	t.Helper()
	begin, err := unix.Seek(int(file.Fd()), 0, unix.SEEK_DATA)
	if err != nil {
		t.Fatal(err)
	}
	return begin
}

// A file that nobody takes anything from holds its limit and not much more, and the newest.
func TestLogIsKeptToItsLimit(t *testing.T) {
	file := openLog(t)
	const limit = 2 << 20
	streams := []*boundedLog{{file: file, limit: limit}, {file: file, limit: limit}}
	written := int64(0)
	line := strings.Repeat("x", 1023) + "\n"
	for i := range 16 << 10 {
		if _, err := streams[i%2].Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		written += int64(len(line))
		if i%512 != 0 {
			continue
		}
		held := written - dataBegins(t, file)
		if most := int64(limit + leastLogSlack*3/2 + 4096); held > most {
			t.Fatalf("it holds %d bytes of %d, more than %d", held, written, most)
		}
		if held < min(written, limit) {
			t.Fatalf("it holds %d bytes of %d", held, written)
		}
	}
	text, err := os.ReadFile(file.Name())
	if err != nil || int64(len(text)) != written || !bytes.HasSuffix(text, []byte(strings.Repeat(line, limit>>10))) {
		t.Errorf("the newest is not there: %d bytes, %v", len(text), err)
	}
	if begin := dataBegins(t, file); begin == 0 {
		t.Error("nothing was given back")
	}
}

// A file that is emptied by its reader is appended to and bounded again; one without a limit is left as it is.
func TestLogLimitAfterATruncation(t *testing.T) {
	file := openLog(t)
	b := &boundedLog{file: file, limit: 1}
	fill := func(bytes int) {
		t.Helper()
		for range bytes >> 18 {
			if _, err := b.Write(make([]byte, 1<<18)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(8 << 20)
	if err := file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	fill(8 << 20)
	if begin := dataBegins(t, file); begin < 6<<20 {
		t.Errorf("data begins at %d", begin)
	}
	file = openLog(t)
	b = &boundedLog{file: file}
	fill(8 << 20)
	if begin := dataBegins(t, file); begin != 0 {
		t.Errorf("data begins at %d, without a limit", begin)
	}
}

func TestLogQuery(t *testing.T) {
	for want, got := range map[string]string{"": LogQuery(false, 0), "frames=1": LogQuery(true, 0), "limit=7": LogQuery(false, 7), "frames=1&limit=7": LogQuery(true, 7)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for text, want := range map[string]int64{"": 0, "frames=1": 0, "limit=7": 7, "limit=-1": -1, "limit=x": -1} {
		q, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if limit, err := logLimit(q); (err != nil) != (want < 0) || want >= 0 && limit != want {
			t.Errorf("%s: %d, %v", text, limit, err)
		}
	}
}
