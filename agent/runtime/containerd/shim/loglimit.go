package shim

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// The node takes what is in a log file and gives the space back; while it is away nobody does, and a container that says
// much would fill the disk. So whoever appends gives back the oldest of what is more than the file's limit, as a hole at
// its beginning: the node finds it and says how much is missing.

// leastLogSlack is how many bytes above its limit a file may hold at least: every hole costs the file system some work,
// and a node that is there has made room long before.
const leastLogSlack = 1 << 20

// LogQuery is what the address of a log file says of its lines and of how many bytes of them are kept at least, 0 for all.
func LogQuery(frames bool, limit int64) string {
	q := url.Values{}
	if frames {
		q.Set("frames", "1")
	}
	if limit > 0 {
		q.Set("limit", strconv.FormatInt(limit, 10))
	}
	return q.Encode()
}

// logLimit reads a limit from an address; 0 is none.
func logLimit(q url.Values) (int64, error) {
	text := q.Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || limit < 0 {
		return 0, fmt.Errorf("limit %q is no number of bytes", text)
	}
	return limit, nil
}

// boundedLog is one stream's way to a file that is kept to a limit.
type boundedLog struct {
	file    *os.File
	limit   int64
	written int64 // since the last look
	begin   int64 // where data began then
}

func (b *boundedLog) slack() int64 { return max(b.limit/8, leastLogSlack) }

// Write appends. A look at the file now and then is enough: streams together go beyond the slack by half of it at most.
func (b *boundedLog) Write(p []byte) (n int, err error) {
	n, err = b.file.Write(p)
	if b.written += int64(n); b.limit > 0 && b.written >= b.slack()/4 {
		b.written = 0
		b.trim()
	}
	return n, err
}

// trim gives back what is too much. What fails is met again by the next look; a file system without holes has no limit,
// because what was taken there cannot be told from what was not.
func (b *boundedLog) trim() {
	info, err := b.file.Stat()
	if err != nil {
		return
	}
	descriptor := int(b.file.Fd())
	begin, err := unix.Seek(descriptor, b.begin, unix.SEEK_DATA) // where a file is appended to does not depend on it
	if err != nil {
		if errors.Is(err, unix.ENXIO) { // there is nothing behind it: it was emptied
			b.begin = 0
		}
		return
	}
	b.begin = begin
	if info.Size()-begin > b.limit+b.slack() {
		_ = unix.Fallocate(descriptor, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, (info.Size()-b.limit)&^4095)
	}
}
