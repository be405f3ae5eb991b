package logs

import (
	"cmp"
	"container/heap"
	"fmt"
	"io"
	"slices"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// source is one stretch of events that is read when the merge gets there: an
// append in a write-ahead log, or a section of a segment.
type source struct {
	minTime, maxTime int64

	table *table
	chunk chunk

	file    *segmentFile
	section segment.Section
}

// segmentReader is an open segment file.
type segmentReader interface {
	io.ReaderAt
	io.Closer
}

// merge yields the events of sources in order. A source is loaded when no
// event before its first can be missing without it, and dropped behind its
// last.
type merge struct {
	view    *view
	sources []source // in the order of loading; those not loaded yet
	loaded  cursors
}

func (m *merge) sort() {
	m.loaded.backward = m.view.q.Backward
	slices.SortFunc(m.sources, func(a, b source) int {
		if m.view.q.Backward {
			return cmp.Compare(b.maxTime, a.maxTime)
		}
		return cmp.Compare(a.minTime, b.minTime)
	})
}

// due reports whether the next source may hold the next event.
func (m *merge) due() bool {
	if len(m.sources) == 0 {
		return false
	}
	if len(m.loaded.all) == 0 {
		return true
	}
	head := m.loaded.all[0].head().Timestamp
	if m.view.q.Backward {
		return m.sources[0].maxTime >= head
	}
	return m.sources[0].minTime <= head
}

func (m *merge) next() (Event, bool, error) {
	m.loaded.step()
	for m.due() {
		c, err := m.view.load(&m.sources[0])
		if err != nil {
			return Event{}, false, err
		}
		m.sources = m.sources[1:]
		if len(c.events) > 0 {
			heap.Push(&m.loaded, c)
		}
	}
	if len(m.loaded.all) == 0 {
		return Event{}, false, nil
	}
	m.loaded.used = true
	e := m.loaded.all[0].head()
	name, _ := m.view.name(e.Stream)
	return Event{position(e), e.Ingestion, name, e.Message}, true, nil
}

// cursor is a loaded source: sorted events, the next one first.
type cursor struct{ events []segment.Event }

func (c *cursor) head() *segment.Event { return &c.events[0] }

// cursors is a heap of loaded sources. The event at its top stays there until
// the step after it was yielded, because the reader still looks at it.
type cursors struct {
	all      []*cursor
	backward bool
	used     bool
}

func (c *cursors) step() {
	if !c.used {
		return
	}
	c.used = false
	top := c.all[0]
	if top.events = top.events[1:]; len(top.events) == 0 {
		heap.Pop(c)
		return
	}
	heap.Fix(c, 0)
}

func (c *cursors) Len() int      { return len(c.all) }
func (c *cursors) Swap(i, j int) { c.all[i], c.all[j] = c.all[j], c.all[i] }
func (c *cursors) Push(x any)    { c.all = append(c.all, x.(*cursor)) }
func (c *cursors) Less(i, j int) bool {
	if c.backward {
		i, j = j, i
	}
	return c.all[i].head().Before(c.all[j].head())
}
func (c *cursors) Pop() any {
	last := c.all[len(c.all)-1]
	c.all = c.all[:len(c.all)-1]
	return last
}

// load reads a source and keeps what is wanted, in order.
func (v *view) load(s *source) (*cursor, error) {
	events, err := v.read(s)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(events, func(a, b segment.Event) int {
		c := cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), cmp.Compare(a.Seq, b.Seq))
		if v.q.Backward {
			return -c
		}
		return c
	})
	return &cursor{events}, nil
}

func (v *view) read(s *source) ([]segment.Event, error) {
	if s.table != nil {
		events, err := s.table.read(s.chunk, nil)
		return slices.DeleteFunc(events, func(e segment.Event) bool { return !v.wanted(&e) }), err
	}
	f, err := v.openFile(s.file)
	if err != nil {
		return nil, err
	}
	raw := v.store.blocks.Get().(*[]byte)
	defer v.store.blocks.Put(raw)
	*raw, err = s.file.index.ReadBlock(f, v.store.codec, s.section.Block, *raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", segmentName(s.file.num), err)
	}
	events, err := segment.DecodeSection(*raw, s.section, v.wanted, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", segmentName(s.file.num), err)
	}
	return own(events), nil
}

// own moves messages out of a shared block into one buffer of their size.
func own(events []segment.Event) []segment.Event {
	total := 0
	for i := range events {
		total += len(events[i].Message)
	}
	buf := make([]byte, 0, total)
	for i := range events {
		at := len(buf)
		buf = append(buf, events[i].Message...)
		events[i].Message = buf[at:len(buf):len(buf)]
	}
	return slices.Clip(events)
}

func (v *view) openFile(f *segmentFile) (segmentReader, error) {
	if r, ok := v.open[f]; ok {
		return r, nil
	}
	r, _, err := v.store.disk.Open(segmentName(f.num), false)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	v.open[f] = r
	return r, nil
}
