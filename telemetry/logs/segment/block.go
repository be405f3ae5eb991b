package segment

import (
	"fmt"
	"hash/crc32"
	"io"
)

// ReadBlock reads and decompresses one block into buf's space, growing it
// when needed.
func (x *Index) ReadBlock(r io.ReaderAt, codec *Codec, block uint32, buf []byte) ([]byte, error) {
	b := x.Blocks[block]
	frame := make([]byte, b.Length)
	if err := readFull(r, frame, b.Offset); err != nil {
		return nil, fmt.Errorf("read block %d: %w", block, err)
	}
	if crc32.Checksum(frame, castagnoli) != b.CRC {
		return nil, fmt.Errorf("checksum of block %d: %w", block, ErrCorrupt)
	}
	if cap(buf) < int(b.Raw) {
		buf = make([]byte, 0, b.Raw)
	}
	raw, err := codec.dec.DecodeAll(frame, buf[:0])
	if err != nil {
		return nil, fmt.Errorf("decompress block %d: %w: %w", block, ErrCorrupt, err)
	}
	if len(raw) != int(b.Raw) {
		return nil, fmt.Errorf("block %d has %d bytes and not %d: %w", block, len(raw), b.Raw, ErrCorrupt)
	}
	return raw, nil
}

// DecodeSection appends the section's events, in order of stream, then time,
// for which keep says yes (nil: all). Messages alias raw, its block.
func DecodeSection(raw []byte, s Section, keep func(*Event) bool, events []Event) ([]Event, error) {
	src := raw[s.Offset : s.Offset+s.Length]
	for len(src) > 0 {
		from := len(events)
		var err error
		if events, src, err = DecodeRun(src, events); err != nil {
			return events, err
		}
		if keep == nil {
			continue
		}
		kept := from
		for i := from; i < len(events); i++ {
			if keep(&events[i]) {
				events[kept] = events[i]
				kept++
			}
		}
		events = events[:kept]
	}
	return events, nil
}
