package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
)

const (
	// magic begins and ends every segment; the digit is the version.
	magic = "RSLOGS1\n"
	// footerBytes: index offset, index length, index checksum, magic.
	footerBytes = 8 + 8 + 4 + len(magic)
	// maxIndexBytes bounds what a forged footer can make a reader allocate.
	maxIndexBytes = 256 << 20
	// MaxBlockBytes bounds a block before compression: a full block plus one
	// event of the largest size.
	MaxBlockBytes = 8 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Section is a stretch of one group's events inside one block: streams
// FirstStream to LastStream (by id), and all their timestamps lie in
// [MinTime, MaxTime]. Sections are the sparse index.
type Section struct {
	Group, FirstStream, LastStream uint64
	MinTime, MaxTime               int64
	Block                          uint32 // which block
	Offset, Length                 uint32 // bytes inside the raw block
	Events                         uint32
	Bytes                          uint64 // of the messages
}

// Block is one zstd frame.
type Block struct {
	Offset int64
	Length uint32 // compressed bytes
	Raw    uint32 // bytes before compression
	CRC    uint32 // Castagnoli, of the compressed bytes
}

// Index says what a segment holds. Sections are sorted by group, and within a
// group by slice of time, then by stream.
type Index struct {
	Sections         []Section
	Blocks           []Block
	MinTime, MaxTime int64
	Events           uint64
	Bytes            uint64 // of all messages
}

// Group returns the sections of one group.
func (x *Index) Group(id uint64) []Section {
	lo := sort.Search(len(x.Sections), func(i int) bool { return x.Sections[i].Group >= id })
	hi := lo
	for hi < len(x.Sections) && x.Sections[hi].Group == id {
		hi++
	}
	return x.Sections[lo:hi]
}

// summarise fills the totals from the sections.
func (x *Index) summarise() {
	for i, s := range x.Sections {
		if i == 0 || s.MinTime < x.MinTime {
			x.MinTime = s.MinTime
		}
		if i == 0 || s.MaxTime > x.MaxTime {
			x.MaxTime = s.MaxTime
		}
		x.Events += uint64(s.Events)
		x.Bytes += s.Bytes
	}
}

func (x *Index) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(x.Blocks)))
	for _, b := range x.Blocks {
		dst = binary.AppendUvarint(dst, uint64(b.Length))
		dst = binary.AppendUvarint(dst, uint64(b.Raw))
		dst = binary.LittleEndian.AppendUint32(dst, b.CRC)
	}
	dst = binary.AppendUvarint(dst, uint64(len(x.Sections)))
	var last Section
	for _, s := range x.Sections {
		dst = binary.AppendUvarint(dst, s.Group-last.Group)
		dst = binary.AppendUvarint(dst, s.FirstStream)
		dst = binary.AppendUvarint(dst, s.LastStream-s.FirstStream)
		dst = binary.AppendVarint(dst, s.MinTime-last.MinTime)
		dst = binary.AppendUvarint(dst, uint64(s.MaxTime-s.MinTime))
		dst = binary.AppendUvarint(dst, uint64(s.Block-last.Block))
		dst = binary.AppendUvarint(dst, uint64(s.Offset))
		dst = binary.AppendUvarint(dst, uint64(s.Length))
		dst = binary.AppendUvarint(dst, uint64(s.Events))
		dst = binary.AppendUvarint(dst, s.Bytes)
		last = s
	}
	return dst
}

func (x *Index) decode(src []byte, end int64) error {
	r := reader{b: src}
	n := r.uvarint()
	if n > uint64(len(r.b)/6) {
		return fmt.Errorf("block count: %w", ErrCorrupt)
	}
	x.Blocks = make([]Block, n)
	at := int64(len(magic))
	for i := range x.Blocks {
		b := &x.Blocks[i]
		b.Offset, b.Length, b.Raw = at, uint32(r.uvarint()), uint32(r.uvarint())
		if len(r.b) < 4 || b.Raw > MaxBlockBytes {
			return fmt.Errorf("block %d: %w", i, ErrCorrupt)
		}
		b.CRC, r.b = binary.LittleEndian.Uint32(r.b), r.b[4:]
		at += int64(b.Length)
	}
	if at != end {
		return fmt.Errorf("blocks end at %d and not at %d: %w", at, end, ErrCorrupt)
	}
	n = r.uvarint()
	if n > uint64(len(r.b)/10) {
		return fmt.Errorf("section count: %w", ErrCorrupt)
	}
	x.Sections = make([]Section, n)
	var last Section
	for i := range x.Sections {
		s := &x.Sections[i]
		s.Group = last.Group + r.uvarint()
		s.FirstStream = r.uvarint()
		s.LastStream = s.FirstStream + r.uvarint()
		s.MinTime = last.MinTime + r.varint()
		s.MaxTime = s.MinTime + int64(r.uvarint())
		s.Block = last.Block + uint32(r.uvarint())
		s.Offset, s.Length, s.Events = uint32(r.uvarint()), uint32(r.uvarint()), uint32(r.uvarint())
		s.Bytes = r.uvarint()
		if s.Group < last.Group || s.MaxTime < s.MinTime || int(s.Block) >= len(x.Blocks) ||
			uint64(s.Offset)+uint64(s.Length) > uint64(x.Blocks[s.Block].Raw) {
			return fmt.Errorf("section %d: %w", i, ErrCorrupt)
		}
		last = *s
	}
	if r.bad || len(r.b) != 0 {
		return fmt.Errorf("index length: %w", ErrCorrupt)
	}
	x.summarise()
	return nil
}

// ReadIndex reads the index of a segment of size bytes.
func ReadIndex(r io.ReaderAt, size int64) (*Index, error) {
	if size < int64(len(magic)+footerBytes) {
		return nil, fmt.Errorf("segment of %d bytes: %w", size, ErrCorrupt)
	}
	var head [len(magic)]byte
	var foot [footerBytes]byte
	if err := readFull(r, head[:], 0); err != nil {
		return nil, fmt.Errorf("read segment header: %w", err)
	}
	if err := readFull(r, foot[:], size-int64(footerBytes)); err != nil {
		return nil, fmt.Errorf("read segment footer: %w", err)
	}
	at := binary.LittleEndian.Uint64(foot[0:])
	length := binary.LittleEndian.Uint64(foot[8:])
	if string(head[:]) != magic || string(foot[20:]) != magic || length > maxIndexBytes ||
		at < uint64(len(magic)) || at > uint64(size) || at+length != uint64(size)-uint64(footerBytes) {
		return nil, fmt.Errorf("segment footer: %w", ErrCorrupt)
	}
	buf := make([]byte, length)
	if err := readFull(r, buf, int64(at)); err != nil {
		return nil, fmt.Errorf("read segment index: %w", err)
	}
	if crc32.Checksum(buf, castagnoli) != binary.LittleEndian.Uint32(foot[16:]) {
		return nil, fmt.Errorf("segment index checksum: %w", ErrCorrupt)
	}
	x := &Index{}
	if err := x.decode(buf, int64(at)); err != nil {
		return nil, fmt.Errorf("segment index: %w", err)
	}
	return x, nil
}

// readFull reads all of p; a file that ends early is corrupt.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		return fmt.Errorf("file ends early: %w", ErrCorrupt)
	}
	return err
}
