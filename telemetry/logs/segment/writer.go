package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"
)

const (
	// BlockBytes is the size before compression at which a block is closed.
	BlockBytes = 256 << 10
	// SliceBytes is how much of a group lies in one slice of time. Within a
	// slice events are sorted by stream, so one stream is found without
	// reading its neighbours, and a merge over all streams of a group in
	// order of time never needs more than one slice of a segment at once.
	SliceBytes = 4 << 20
)

// Codec compresses and decompresses blocks. It may be shared.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewCodec returns a codec that uses one core at a time per call.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(BlockBytes), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("create zstd encoder: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxBlockBytes))
	if err != nil {
		return nil, fmt.Errorf("create zstd decoder: %w", err)
	}
	return &Codec{enc, dec}, nil
}

// Writer writes one segment: Group for every group in growing order of id,
// then Finish.
type Writer struct {
	w     io.Writer
	codec *Codec
	raw   []byte
	out   []byte
	at    int64
	index Index
}

// NewWriter begins a segment on w.
func NewWriter(w io.Writer, codec *Codec) *Writer {
	return &Writer{w: w, codec: codec}
}

// Group adds all of one group's events. It sorts events.
func (w *Writer) Group(group uint64, events []Event) error {
	slices.SortFunc(events, byTime)
	for len(events) > 0 {
		n, size := 0, 0
		for n < len(events) && size < SliceBytes {
			size += len(events[n].Message) + minEventBytes
			n++
		}
		slice := events[:n]
		slices.SortFunc(slice, byStream)
		if err := w.slice(group, slice); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// slice adds one slice of time, sorted by stream, as sections of one block or
// more.
func (w *Writer) slice(group uint64, events []Event) error {
	for len(events) > 0 {
		n, size := 0, len(w.raw)
		for n < len(events) && size < BlockBytes {
			size += len(events[n].Message) + minEventBytes
			n++
		}
		w.section(group, events[:n])
		events = events[n:]
		if len(w.raw) >= BlockBytes || len(events) > 0 {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer) section(group uint64, events []Event) {
	s := Section{
		Group: group, FirstStream: events[0].Stream, LastStream: events[len(events)-1].Stream,
		MinTime: events[0].Timestamp, MaxTime: events[0].Timestamp,
		Block: uint32(len(w.index.Blocks)), Offset: uint32(len(w.raw)), Events: uint32(len(events)),
	}
	for len(events) > 0 {
		n := 0
		for n < len(events) && events[n].Stream == events[0].Stream {
			s.MinTime = min(s.MinTime, events[n].Timestamp)
			s.MaxTime = max(s.MaxTime, events[n].Timestamp)
			s.Bytes += uint64(len(events[n].Message))
			n++
		}
		w.raw = AppendRun(w.raw, events[:n])
		events = events[n:]
	}
	s.Length = uint32(len(w.raw)) - s.Offset
	w.index.Sections = append(w.index.Sections, s)
}

// flush compresses and writes the block under construction.
func (w *Writer) flush() error {
	if len(w.raw) == 0 {
		return nil
	}
	if len(w.raw) > MaxBlockBytes {
		panic(fmt.Sprintf("segment: block of %d bytes", len(w.raw)))
	}
	w.out = w.codec.enc.EncodeAll(w.raw, w.out[:0])
	w.index.Blocks = append(w.index.Blocks, Block{
		Length: uint32(len(w.out)), Raw: uint32(len(w.raw)), CRC: crc32.Checksum(w.out, castagnoli),
	})
	w.raw = w.raw[:0]
	return w.write(w.out)
}

func (w *Writer) write(p []byte) error {
	if w.at == 0 {
		if _, err := io.WriteString(w.w, magic); err != nil {
			return fmt.Errorf("write segment header: %w", err)
		}
		w.at = int64(len(magic))
	}
	if _, err := w.w.Write(p); err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	w.at += int64(len(p))
	return nil
}

// Finish writes the index and returns the segment's size in bytes. The caller
// makes the file durable.
func (w *Writer) Finish() (int64, error) {
	if err := w.flush(); err != nil {
		return 0, err
	}
	if err := w.write(nil); err != nil {
		return 0, err
	}
	at := w.at
	buf := w.index.append(nil)
	length, crc := uint64(len(buf)), crc32.Checksum(buf, castagnoli)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(at))
	buf = binary.LittleEndian.AppendUint64(buf, length)
	buf = binary.LittleEndian.AppendUint32(buf, crc)
	buf = append(buf, magic...)
	if err := w.write(buf); err != nil {
		return 0, err
	}
	return w.at, nil
}

func byStream(a, b Event) int {
	if c := cmp.Compare(a.Stream, b.Stream); c != 0 {
		return c
	}
	return byTime(a, b)
}

func byTime(a, b Event) int {
	if c := cmp.Compare(a.Timestamp, b.Timestamp); c != 0 {
		return c
	}
	return cmp.Compare(a.Seq, b.Seq)
}
