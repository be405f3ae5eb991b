package logdriver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// readPlace returns how far a log was shipped; 0 when it was not yet.
func readPlace(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	place := int64(0)
	if err == nil {
		place, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	if err != nil || place < 0 {
		return 0, fmt.Errorf("place in log %s is not readable: %w", path, err)
	}
	return place, nil
}

// writePlace remembers how far a log was shipped. It always writes the same
// number of bytes over each other, so that being killed leaves the old place or
// the new one. It is not synced: after a crash of the whole machine some lines
// may be shipped twice, none is lost.
func writePlace(path string, place int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%020d\n", place), 0)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("place in log: %w", err)
	}
	return nil
}

// punchStep is how much is given back to the disk at a time, in bytes: every
// hole costs the file system some work.
const punchStep = 256 << 10

// punch gives the disk back what stands before place. A file system that
// cannot do it keeps the bytes until the container is removed.
func (f *follower) punch(file *os.File, place int64) error {
	place &^= 4095
	if place-f.punched < punchStep {
		return nil
	}
	err := unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, f.punched, place-f.punched)
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("give back the space of log %s: %w", f.path, err)
	}
	f.punched = place
	return nil
}

// afterHole returns where the data goes on that begins at place or behind it: a
// hole was shipped, even if the place that was saved is older.
func afterHole(file *os.File, place int64) int64 {
	at, err := unix.Seek(int(file.Fd()), place, unix.SEEK_DATA)
	if err != nil {
		return place // there is nothing behind it, or the file system has no holes
	}
	return max(place, at)
}

// lineEnd returns the place behind the first line end at place or behind it; 0
// when none is near.
func lineEnd(file *os.File, place int64) int64 {
	buffer := make([]byte, maxEvent)
	n, _ := file.ReadAt(buffer, place) // what cannot be read now is met again
	if end := bytes.IndexByte(buffer[:n], '\n'); end >= 0 {
		return place + int64(end) + 1
	}
	return 0
}
