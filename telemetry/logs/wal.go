package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// A record is: checksum (4 bytes, of everything after it), length of the
// payload (4 bytes), payload: kind (1), seq (8), body.
const (
	walMagic       = "RSLOGW1\n"
	recordHeader   = 8
	recordPrefix   = 1 + 8
	maxRecordBytes = MaxAppendBytes + MaxAppendEvents*64 + 1024
	replayBuffer   = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord frames one change.
func appendRecord(dst []byte, seq uint64, c change) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, recordHeader)...)
	dst = append(dst, c.kind())
	dst = binary.LittleEndian.AppendUint64(dst, seq)
	dst = c.append(dst)
	binary.LittleEndian.PutUint32(dst[at+4:], uint32(len(dst)-at-recordHeader))
	binary.LittleEndian.PutUint32(dst[at:], crc32.Checksum(dst[at+4:], castagnoli))
	return dst
}

// parseRecord takes one record's payload apart.
func parseRecord(payload []byte) (seq uint64, c change, err error) {
	if len(payload) < recordPrefix {
		return 0, nil, fmt.Errorf("record of %d bytes: %w", len(payload), segment.ErrCorrupt)
	}
	seq = binary.LittleEndian.Uint64(payload[1:])
	c, err = decodeChange(payload[0], payload[recordPrefix:])
	return seq, c, err
}

// wal is one write-ahead log file. The committer alone writes it; readers
// read what is below the size that they were told.
type wal struct {
	counted
	num      uint64
	file     disk.File
	size     int64 // bytes that are synced; guarded by the store's lock
	poisoned bool  // the committer's: nothing may be appended any more
}

func walName(num uint64) string { return fmt.Sprintf("%016d.wal", num) }

func openWAL(d disk.Disk, num uint64) (*wal, error) {
	f, size, err := d.Open(walName(num), true)
	if err != nil {
		return nil, fmt.Errorf("open write-ahead log: %w", err)
	}
	w := &wal{num: num, file: f, size: size}
	w.counted.init(func(doomed bool) error {
		err := f.Close()
		if doomed {
			err = errors.Join(err, d.Remove(walName(num)))
		}
		return err
	})
	return w, nil
}

// write appends records and makes them durable. On an error nothing of them
// counts: the file is cut back, or poisoned when even that cannot be trusted.
func (w *wal) write(records []byte) error {
	p, at := records, w.size
	if at == 0 {
		if _, err := w.file.WriteAt([]byte(walMagic), 0); err != nil {
			return w.undo(err)
		}
		at = int64(len(walMagic))
	}
	if _, err := w.file.WriteAt(p, at); err != nil {
		return w.undo(err)
	}
	if err := w.file.Sync(); err != nil {
		// After a failed sync the kernel may have dropped the pages and
		// call them clean: this file is not written again.
		w.poisoned = true
		return w.undo(err)
	}
	return nil
}

func (w *wal) undo(cause error) error {
	if err := w.file.Truncate(w.size); err != nil {
		w.poisoned = true
		cause = errors.Join(cause, err)
	}
	return spaceError("write log records", cause)
}

// spaceError wraps err, saying ErrNoSpace when that is what it means.
func spaceError(operation string, err error) error {
	if disk.Full(err) {
		return fmt.Errorf("%s: %w: %w", operation, ErrNoSpace, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// replay calls visit for every whole record, with the offset of its payload,
// and returns where the last one ends. Whatever follows is a torn write. The
// payload is valid during the call. Errors: the file's and visit's.
func (w *wal) replay(size int64, visit func(off int64, payload []byte) error) (int64, error) {
	r := &replayReader{src: io.NewSectionReader(w.file, 0, size), left: size}
	head, err := r.next(len(walMagic))
	if err != nil || string(head) != walMagic {
		return 0, ignoreShort(err)
	}
	at := int64(len(walMagic))
	for {
		head, err := r.next(recordHeader)
		if err != nil {
			return at, ignoreShort(err)
		}
		crc, length := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
		if length < recordPrefix || length > maxRecordBytes {
			return at, nil
		}
		sum := crc32.Update(0, castagnoli, head[4:8])
		payload, err := r.next(int(length))
		if err != nil {
			return at, ignoreShort(err)
		}
		if crc32.Update(sum, castagnoli, payload) != crc {
			return at, nil
		}
		if err := visit(at+recordHeader, payload); err != nil {
			return at, err // whole but not understood: a later version wrote it
		}
		at += recordHeader + int64(length)
	}
}

// replayReader reads a file in pieces without holding more than a record.
type replayReader struct {
	src  io.Reader
	left int64 // bytes of src not yet in buf
	buf  []byte
	at   int
}

var errShort = errors.New("file ends")

func ignoreShort(err error) error {
	if errors.Is(err, errShort) {
		return nil
	}
	return err
}

// next returns the next n bytes, valid until the next call.
func (r *replayReader) next(n int) ([]byte, error) {
	if have := len(r.buf) - r.at; have < n {
		if int64(have)+r.left < int64(n) {
			return nil, errShort
		}
		more := min(int64(max(n-have, replayBuffer)), r.left)
		next := make([]byte, have+int(more))
		copy(next, r.buf[r.at:])
		if _, err := io.ReadFull(r.src, next[have:]); err != nil {
			return nil, fmt.Errorf("read write-ahead log: %w", err)
		}
		r.buf, r.at, r.left = next, 0, r.left-more
	}
	p := r.buf[r.at : r.at+n]
	r.at += n
	return p, nil
}

// counted is a file that lives until nobody uses it: the store holds one use,
// every reader one more. Uses are only added under the store's lock while the
// store holds its own.
type counted struct {
	uses   atomic.Int64
	doomed atomic.Bool // delete the file, not only close it
	last   func(doomed bool) error
}

func (c *counted) init(last func(doomed bool) error) {
	c.last = last
	c.uses.Store(1)
}

func (c *counted) acquire() { c.uses.Add(1) }

func (c *counted) release() error {
	switch n := c.uses.Add(-1); {
	case n > 0:
		return nil
	case n < 0:
		panic("logs: a file was released more often than acquired")
	}
	return c.last(c.doomed.Load())
}
