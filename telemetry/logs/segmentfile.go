package logs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// damagedSuffix marks a segment that could not be read: it stays for a person
// to look at and is never touched again.
const damagedSuffix = ".damaged"

var errMissing = errors.New("segment file is missing")

// segmentFile is a sealed segment. Only its index is in memory; the file is
// opened by readers that need it.
type segmentFile struct {
	counted
	num   uint64
	size  int64 // bytes on disk
	index *segment.Index
}

func segmentName(num uint64) string { return fmt.Sprintf("%016d.seg", num) }

func openSegment(d disk.Disk, num uint64) (*segmentFile, error) {
	f, size, err := d.Open(segmentName(num), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", segmentName(num), errMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	index, err := segment.ReadIndex(f, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", segmentName(num), err)
	}
	return newSegmentFile(d, num, size, index), nil
}

func newSegmentFile(d disk.Disk, num uint64, size int64, index *segment.Index) *segmentFile {
	f := &segmentFile{num: num, size: size, index: index}
	f.counted.init(func(doomed bool) error {
		if doomed {
			return d.Remove(segmentName(num))
		}
		return nil
	})
	return f
}

// writeSegment writes a durable segment from what fill gives it. The manifest
// must list it before it counts.
func writeSegment(d disk.Disk, codec *segment.Codec, num uint64, fill func(*segment.Writer) error) (*segmentFile, error) {
	temp := segmentName(num) + ".tmp"
	f, _, err := d.Open(temp, true)
	if err != nil {
		return nil, spaceError("create segment", err)
	}
	size, err := fillSegment(f, codec, fill)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(spaceError("write segment", err), d.Remove(temp))
	}
	if err := d.Rename(temp, segmentName(num)); err != nil {
		return nil, errors.Join(spaceError("name segment", err), d.Remove(temp))
	}
	if err := d.SyncDir(); err != nil {
		return nil, spaceError("sync log directory", err)
	}
	sf, err := openSegment(d, num)
	if err != nil {
		return nil, err
	}
	if sf.size != size {
		return nil, fmt.Errorf("%s has %d bytes and not %d: %w", segmentName(num), sf.size, size, segment.ErrCorrupt)
	}
	return sf, nil
}

func fillSegment(f disk.File, codec *segment.Codec, fill func(*segment.Writer) error) (int64, error) {
	if err := f.Truncate(0); err != nil {
		return 0, err
	}
	buf := bufio.NewWriterSize(io.NewOffsetWriter(f, 0), segment.BlockBytes)
	w := segment.NewWriter(buf, codec)
	if err := fill(w); err != nil {
		return 0, err
	}
	size, err := w.Finish()
	if err != nil {
		return 0, err
	}
	if err := buf.Flush(); err != nil {
		return 0, err
	}
	return size, f.Sync()
}
