package logs

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// change is one record of the write-ahead log.
type change interface {
	kind() byte
	// append appends the record's body.
	append(dst []byte) []byte
	// apply changes the catalog; seq is the record's. It takes anything: what
	// it names may be gone.
	apply(c *catalog, seq uint64)
	// seqs is how many sequence numbers the record uses.
	seqs() uint64
}

// The kinds of records. They are stored: never renumber.
const (
	kindEvents       = 1
	kindPutGroup     = 2
	kindDeleteGroup  = 3
	kindPutStream    = 4
	kindDeleteStream = 5
)

type putGroup struct {
	id uint64 // 0: the record's seq is the new group's id
	Group
}

func (p *putGroup) kind() byte   { return kindPutGroup }
func (p *putGroup) seqs() uint64 { return 1 }
func (p *putGroup) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, p.id)
	return appendGroup(dst, &p.Group)
}
func (p *putGroup) apply(c *catalog, seq uint64) {
	id := p.id
	if id == 0 {
		id = seq
	} else if c.byID[id] == nil {
		return
	}
	c.putGroup(id, p.Group)
}

type deleteGroup struct{ id uint64 }

func (d *deleteGroup) kind() byte                   { return kindDeleteGroup }
func (d *deleteGroup) seqs() uint64                 { return 1 }
func (d *deleteGroup) append(dst []byte) []byte     { return binary.AppendUvarint(dst, d.id) }
func (d *deleteGroup) apply(c *catalog, seq uint64) { c.deleteGroup(d.id) }

type putStream struct {
	group uint64
	Stream
}

func (p *putStream) kind() byte   { return kindPutStream }
func (p *putStream) seqs() uint64 { return 1 }
func (p *putStream) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, p.group)
	return appendStream(dst, &p.Stream)
}
func (p *putStream) apply(c *catalog, seq uint64) { c.putStream(p.group, seq, p.Stream) }

type deleteStream struct{ id uint64 }

func (d *deleteStream) kind() byte                   { return kindDeleteStream }
func (d *deleteStream) seqs() uint64                 { return 1 }
func (d *deleteStream) append(dst []byte) []byte     { return binary.AppendUvarint(dst, d.id) }
func (d *deleteStream) apply(c *catalog, seq uint64) { c.deleteStream(d.id) }

// putEvents is one append: the head says what a reader must know to skip it,
// then comes one run with sequence numbers relative to the record's.
type putEvents struct {
	group, stream    uint64
	events, bytes    uint64
	minTime, maxTime int64
	ingestion        int64
	run              []byte
}

func (p *putEvents) kind() byte   { return kindEvents }
func (p *putEvents) seqs() uint64 { return p.events }
func (p *putEvents) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, p.group)
	dst = binary.AppendUvarint(dst, p.stream)
	dst = binary.AppendUvarint(dst, p.events)
	dst = binary.AppendUvarint(dst, p.bytes)
	dst = binary.AppendVarint(dst, p.minTime)
	dst = binary.AppendUvarint(dst, uint64(p.maxTime-p.minTime))
	dst = binary.AppendVarint(dst, p.ingestion)
	return append(dst, p.run...)
}

func (p *putEvents) apply(c *catalog, seq uint64) {
	st, ok := c.streams[p.stream]
	if !ok {
		return
	}
	if !st.HasEvents || p.minTime < st.FirstEvent {
		st.FirstEvent = p.minTime
	}
	if !st.HasEvents || p.maxTime > st.LastEvent {
		st.LastEvent = p.maxTime
	}
	st.HasEvents = true
	st.LastIngestion = max(st.LastIngestion, p.ingestion)
	st.LastSeq = seq + p.events - 1
	st.group.StoredBytes += int64(p.bytes + p.events*EventOverhead)
}

// decodeChange reads a record's body. What it returns aliases b.
func decodeChange(kind byte, b []byte) (change, error) {
	d := decoder{b: b}
	var c change
	switch kind {
	case kindEvents:
		p := &putEvents{group: d.uvarint(), stream: d.uvarint(), events: d.uvarint(), bytes: d.uvarint(), minTime: d.varint()}
		p.maxTime = p.minTime + int64(d.uvarint())
		p.ingestion = d.varint()
		p.run, d.b = d.b, nil
		c = p
	case kindPutGroup:
		c = &putGroup{d.uvarint(), d.group()}
	case kindDeleteGroup:
		c = &deleteGroup{d.uvarint()}
	case kindPutStream:
		c = &putStream{d.uvarint(), d.stream()}
	case kindDeleteStream:
		c = &deleteStream{d.uvarint()}
	default:
		return nil, fmt.Errorf("record of kind %d: %w", kind, segment.ErrCorrupt)
	}
	if d.bad || len(d.b) != 0 {
		return nil, fmt.Errorf("record of kind %d: %w", kind, segment.ErrCorrupt)
	}
	return c, nil
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendGroup(dst []byte, g *Group) []byte {
	dst = appendText(dst, g.Account)
	dst = appendText(dst, g.Name)
	dst = binary.AppendVarint(dst, g.Created)
	dst = binary.AppendVarint(dst, int64(g.RetentionDays))
	dst = appendText(dst, g.Class)
	dst = appendBool(dst, g.DeletionProtected)
	dst = binary.AppendUvarint(dst, uint64(len(g.Tags)))
	for _, k := range slices.Sorted(maps.Keys(g.Tags)) {
		dst = appendText(dst, k)
		dst = appendText(dst, g.Tags[k])
	}
	return dst
}

func appendStream(dst []byte, s *Stream) []byte {
	dst = appendText(dst, s.Name)
	dst = binary.AppendVarint(dst, s.Created)
	dst = appendBool(dst, s.HasEvents)
	if !s.HasEvents {
		return dst
	}
	dst = binary.AppendVarint(dst, s.FirstEvent)
	dst = binary.AppendVarint(dst, s.LastEvent)
	dst = binary.AppendVarint(dst, s.LastIngestion)
	return binary.AppendUvarint(dst, s.LastSeq)
}

// decoder walks over encoded bytes; after the first error it returns zeros.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) bool() bool { return d.uvarint() != 0 }

func (d *decoder) group() Group {
	g := Group{Account: d.text(), Name: d.text(), Created: d.varint(), RetentionDays: int32(d.varint()),
		Class: d.text(), DeletionProtected: d.bool()}
	n := d.uvarint()
	for i := uint64(0); i < n && !d.bad; i++ {
		if g.Tags == nil {
			g.Tags = map[string]string{}
		}
		k := d.text()
		g.Tags[k] = d.text()
	}
	return g
}

func (d *decoder) stream() Stream {
	s := Stream{Name: d.text(), Created: d.varint(), HasEvents: d.bool()}
	if s.HasEvents {
		s.FirstEvent, s.LastEvent, s.LastIngestion, s.LastSeq = d.varint(), d.varint(), d.varint(), d.uvarint()
	}
	return s
}
