package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

const (
	manifestName  = "manifest"
	manifestTemp  = "manifest.tmp"
	manifestMagic = "RSLOGM1\n"
)

// manifest is the store's root: the catalog as of one sequence number, the
// segments that exist, and the last write-ahead log that they hold. It is
// replaced as one file, so it is always whole.
type manifest struct {
	absorbed    uint64 // write-ahead logs up to this one are in segments
	nextSegment uint64
	segments    []uint64
	catalog     *catalog
}

// encode must be called under the store's lock; the file is the magic, a
// checksum, and the body.
func (m *manifest) encode() []byte {
	b := make([]byte, 0, 4096+96*len(m.catalog.streams))
	b = append(b, manifestMagic...)
	b = append(b, 0, 0, 0, 0)
	b = binary.AppendUvarint(b, m.catalog.seq)
	b = binary.AppendUvarint(b, m.absorbed)
	b = binary.AppendUvarint(b, m.nextSegment)
	b = binary.AppendUvarint(b, uint64(len(m.segments)))
	for _, num := range m.segments {
		b = binary.AppendUvarint(b, num)
	}
	b = binary.AppendUvarint(b, uint64(m.catalog.groups.Len()))
	m.catalog.groups.Scan(func(_ string, g *group) bool {
		b = binary.AppendUvarint(b, g.id)
		b = appendGroup(b, &g.Group)
		b = binary.AppendUvarint(b, uint64(g.streams.Len()))
		g.streams.Scan(func(_ string, st *stream) bool {
			b = binary.AppendUvarint(b, st.id)
			b = appendStream(b, &st.Stream)
			return true
		})
		return true
	})
	binary.LittleEndian.PutUint32(b[len(manifestMagic):], crc32.Checksum(b[len(manifestMagic)+4:], castagnoli))
	return b
}

func decodeManifest(b []byte) (*manifest, error) {
	head := len(manifestMagic) + 4
	if len(b) < head || string(b[:len(manifestMagic)]) != manifestMagic ||
		crc32.Checksum(b[head:], castagnoli) != binary.LittleEndian.Uint32(b[len(manifestMagic):]) {
		return nil, fmt.Errorf("manifest: %w", segment.ErrCorrupt)
	}
	d := decoder{b: b[head:]}
	m := &manifest{catalog: newCatalog()}
	m.catalog.seq = d.uvarint()
	m.absorbed, m.nextSegment = d.uvarint(), d.uvarint()
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		m.segments = append(m.segments, d.uvarint())
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		id := d.uvarint()
		m.catalog.putGroup(id, d.group())
		for k := d.uvarint(); k > 0 && !d.bad; k-- {
			sid := d.uvarint()
			m.catalog.putStream(id, sid, d.stream())
		}
	}
	if d.bad || len(d.b) != 0 {
		return nil, fmt.Errorf("manifest: %w", segment.ErrCorrupt)
	}
	return m, nil
}

// readManifest returns an empty manifest when there is none yet.
func readManifest(d disk.Disk, exists bool) (*manifest, error) {
	if !exists {
		return &manifest{catalog: newCatalog(), nextSegment: 1}, nil
	}
	f, size, err := d.Open(manifestName, false)
	if err != nil {
		return nil, fmt.Errorf("open manifest: %w", err)
	}
	defer f.Close()
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return decodeManifest(b)
}

// errUncertain says that after a crash the old manifest may stand, or the new.
var errUncertain = errors.New("manifest may or may not be replaced")

// writeManifest replaces the manifest. When it returns nil the new one is
// durable; on an error the old one still stands, unless it is errUncertain.
func writeManifest(d disk.Disk, b []byte) error {
	if err := writeFile(d, manifestTemp, b); err != nil {
		return err
	}
	if err := d.Rename(manifestTemp, manifestName); err != nil {
		return fmt.Errorf("%w: %w", errUncertain, spaceError("replace manifest", err))
	}
	if err := d.SyncDir(); err != nil {
		return fmt.Errorf("%w: %w", errUncertain, spaceError("sync log directory", err))
	}
	return nil
}

func writeFile(d disk.Disk, name string, b []byte) error {
	f, _, err := d.Open(name, true)
	if err != nil {
		return spaceError("create "+name, err)
	}
	defer f.Close()
	if err := f.Truncate(0); err != nil {
		return spaceError("cut "+name, err)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return spaceError("write "+name, err)
	}
	if err := f.Sync(); err != nil {
		return spaceError("sync "+name, err)
	}
	return nil
}
