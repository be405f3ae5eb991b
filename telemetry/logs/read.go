package logs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// Query chooses events of one group.
type Query struct {
	Account, Group string
	Streams        []string // only these; empty: all
	Prefix         string   // only streams whose names begin so
	From, To       int64    // milliseconds since the epoch: From <= timestamp < To; To 0: no end
	Backward       bool     // the latest first
	After          *Position
}

// Read yields the events that q chooses in order of Position, beginning behind
// q.After in the direction asked for. It sees what was acknowledged when it
// began, without what retention or deletion takes away. It never holds more
// than the stretches that overlap in time (of a sealed segment at most
// segment.SliceBytes). An error is yielded once and ends it: ErrGroupNotFound,
// ErrStreamNotFound for a name in q.Streams, ErrClosed, ctx's, or of the disk.
func (s *Store) Read(ctx context.Context, q Query) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		v, err := s.view(&q)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer v.release()
		m := merge{view: v, sources: v.sources()}
		m.sort()
		for {
			if err := ctx.Err(); err != nil {
				yield(Event{}, err)
				return
			}
			e, ok, err := m.next()
			if err != nil {
				yield(Event{}, fmt.Errorf("read log events: %w", err))
				return
			}
			if !ok || !yield(e, nil) {
				return
			}
		}
	}
}

// view is what one reader works on: files that stay until it releases them,
// and the range and streams that it wants.
type view struct {
	store    *Store
	q        *Query
	group    uint64
	from, to int64 // both inclusive
	only     []uint64
	names    map[uint64]string // "" for a stream that is not wanted
	tables   []tableView
	segments []*segmentFile
	open     map[*segmentFile]segmentReader
}

// tableView is the part of a table that existed when the view was taken.
type tableView struct {
	table  *table
	chunks []chunk
}

func (s *Store) view(q *Query) (*view, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.active == nil {
		return nil, ErrClosed
	}
	g, err := s.catalog.group(q.Account, q.Group)
	if err != nil {
		return nil, err
	}
	v := &view{store: s, q: q, group: g.id, names: map[uint64]string{}, open: map[*segmentFile]segmentReader{}}
	for _, name := range q.Streams {
		st, ok := g.streams.Get(name)
		if !ok {
			return nil, ErrStreamNotFound
		}
		v.only = append(v.only, st.id)
	}
	slices.Sort(v.only)
	v.setRange(s.keptFrom(&g.Group))
	for _, t := range s.tables() {
		if chunks := t.groups[g.id]; len(chunks) > 0 {
			t.wal.acquire()
			v.tables = append(v.tables, tableView{t, chunks})
		}
	}
	for _, f := range s.segments {
		if f.index.MaxTime >= v.from && f.index.MinTime <= v.to && len(f.index.Group(g.id)) > 0 {
			f.acquire()
			v.segments = append(v.segments, f)
		}
	}
	return v, nil
}

// keptFrom is the oldest timestamp that the group's retention keeps.
func (s *Store) keptFrom(g *Group) int64 {
	if g.RetentionDays == 0 {
		return 0
	}
	return s.opts.Now().Add(-time.Duration(g.RetentionDays) * 24 * time.Hour).UnixMilli()
}

func (v *view) setRange(kept int64) {
	v.from, v.to = max(v.q.From, kept), int64(1<<63-1)
	if v.q.To > 0 {
		v.to = v.q.To - 1
	}
	if a := v.q.After; a != nil && v.q.Backward {
		v.to = min(v.to, a.Timestamp)
	} else if a != nil {
		v.from = max(v.from, a.Timestamp)
	}
}

func (v *view) release() {
	var errs []error
	for _, f := range v.open {
		errs = append(errs, f.Close())
	}
	for _, t := range v.tables {
		errs = append(errs, t.table.wal.release())
	}
	for _, f := range v.segments {
		errs = append(errs, f.release())
	}
	if err := errors.Join(errs...); err != nil {
		v.store.opts.Observe(Notice{Kind: Failed, Err: fmt.Errorf("release log files: %w", err)})
	}
}

// sources lists every stretch that may hold wanted events.
func (v *view) sources() []source {
	var all []source
	for _, t := range v.tables {
		for _, c := range t.chunks {
			if c.maxTime >= v.from && c.minTime <= v.to && v.mayHold(c.stream, c.stream) {
				all = append(all, source{minTime: c.minTime, maxTime: c.maxTime, table: t.table, chunk: c})
			}
		}
	}
	for _, f := range v.segments {
		for _, x := range f.index.Group(v.group) {
			if x.MaxTime >= v.from && x.MinTime <= v.to && v.mayHold(x.FirstStream, x.LastStream) {
				all = append(all, source{minTime: x.MinTime, maxTime: x.MaxTime, file: f, section: x})
			}
		}
	}
	return all
}

// mayHold reports whether a wanted stream's id is in [first, last].
func (v *view) mayHold(first, last uint64) bool {
	if len(v.only) == 0 {
		return true
	}
	i, _ := slices.BinarySearch(v.only, first)
	return i < len(v.only) && v.only[i] <= last
}

// name returns the stream's name when its events are wanted.
func (v *view) name(id uint64) (string, bool) {
	if name, ok := v.names[id]; ok {
		return name, name != ""
	}
	if len(v.only) > 0 {
		if _, ok := slices.BinarySearch(v.only, id); !ok {
			return "", false
		}
	}
	v.store.mu.RLock()
	st := v.store.catalog.streams[id]
	v.store.mu.RUnlock()
	name := ""
	if st != nil && strings.HasPrefix(st.Name, v.q.Prefix) {
		name = st.Name
	}
	v.names[id] = name
	return name, name != ""
}

// wanted says whether the query chooses e.
func (v *view) wanted(e *segment.Event) bool {
	if e.Timestamp < v.from || e.Timestamp > v.to {
		return false
	}
	if a := v.q.After; a != nil {
		if p := position(e); v.q.Backward && !p.Before(*a) || !v.q.Backward && !a.Before(p) {
			return false
		}
	}
	_, ok := v.name(e.Stream)
	return ok
}
