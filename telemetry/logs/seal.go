package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// background seals and maintains until ctx ends. It alone writes segments and
// the manifest.
func (s *Store) background(ctx context.Context) {
	maintain := time.NewTicker(s.opts.MaintainEvery)
	defer maintain.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	due := true
	for {
		var answer chan error
		select {
		case <-ctx.Done():
			return
		case answer = <-s.asked:
			due = true
		case <-s.wake:
		case <-retry.C:
		case <-maintain.C:
			due = true
		}
		if !s.sealAll(ctx) {
			retry.Reset(retryAfter)
		}
		if !due {
			continue
		}
		due = false
		err := s.maintain(ctx)
		if err != nil {
			s.opts.Observe(Notice{Kind: Failed, Err: err})
		}
		if answer != nil {
			answer <- err
		}
	}
}

// sealAll seals what waits; false when it must be tried again.
func (s *Store) sealAll(ctx context.Context) bool {
	for ctx.Err() == nil {
		s.mu.RLock()
		var t *table
		if len(s.sealing) > 0 {
			t = s.sealing[0]
		}
		s.mu.RUnlock()
		if t == nil {
			return true
		}
		err := s.seal(t)
		s.mu.Lock()
		s.sealErr = err
		s.mu.Unlock()
		signal(s.sealed)
		if err != nil {
			s.opts.Observe(Notice{Kind: Failed, File: walName(t.wal.num), Err: err})
			return false
		}
	}
	return true
}

// seal turns one write-ahead log into a segment. Events of deleted streams,
// and expired ones, are left behind.
func (s *Store) seal(t *table) error {
	f, err := s.writeSegment(slices.Sorted(maps.Keys(t.groups)), func(group uint64, events []segment.Event) ([]segment.Event, error) {
		var err error
		for _, c := range t.groups[group] {
			events, err = t.read(c, events)
			if errors.Is(err, segment.ErrCorrupt) {
				// It was whole when it was written: the disk lost it. The
				// rest is worth keeping, and must not wait for ever.
				s.opts.Observe(Notice{Kind: Damaged, File: walName(t.wal.num), Events: int64(c.events), Err: err})
			} else if err != nil {
				return nil, fmt.Errorf("seal %s: %w", walName(t.wal.num), err)
			}
		}
		return events, nil
	})
	if err != nil {
		return err
	}
	segments := s.segments
	if f != nil {
		segments = append(segments[:len(segments):len(segments)], f)
	}
	if err := s.install(segments, t.wal.num); err != nil {
		return errors.Join(err, discard(f, err))
	}
	t.wal.doomed.Store(true)
	if f != nil {
		s.opts.Observe(Notice{Kind: Sealed, File: segmentName(f.num), Events: int64(f.index.Events), Bytes: f.size})
	}
	return t.wal.release()
}

// install makes segments the store's, first in the manifest, then for
// readers. Write-ahead logs up to absorbed are no longer read.
func (s *Store) install(segments []*segmentFile, absorbed uint64) error {
	m := &manifest{absorbed: absorbed, nextSegment: s.next}
	for _, f := range segments {
		m.segments = append(m.segments, f.num)
	}
	s.mu.RLock()
	m.catalog = s.catalog
	b := m.encode()
	s.mu.RUnlock()
	if err := writeManifest(s.disk, b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments, s.absorbed = segments, absorbed
	s.sealing = slices.DeleteFunc(slices.Clone(s.sealing), func(t *table) bool { return t.wal.num <= absorbed })
	s.recount()
	return nil
}

// discard removes a segment that could not be installed, unless the manifest
// that a restart reads may list it: then the next restart sorts it out.
func discard(f *segmentFile, why error) error {
	if f == nil {
		return nil
	}
	f.doomed.Store(!errors.Is(why, errUncertain))
	return f.release()
}

// writeSegment writes a segment with the live events that read appends for
// each group; nil when there are none. Its number is never used again, even
// when it fails: a manifest that failed may come back and mean the old file.
func (s *Store) writeSegment(groups []uint64, read func(group uint64, events []segment.Event) ([]segment.Event, error)) (*segmentFile, error) {
	num := s.next
	s.next++
	var events []segment.Event
	f, err := writeSegment(s.disk, s.codec, num, func(w *segment.Writer) error {
		for _, id := range groups {
			from, ok := s.groupKeptFrom(id)
			if !ok {
				continue
			}
			var err error
			if events, err = read(id, events[:0]); err != nil {
				return err
			}
			events = s.live(events, from)
			if err := w.Group(id, events); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || f.index.Events > 0 {
		return f, err
	}
	f.doomed.Store(true)
	return nil, f.release()
}

// groupKeptFrom returns the oldest timestamp that the group keeps; false when
// the group is gone.
func (s *Store) groupKeptFrom(id uint64) (int64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.catalog.byID[id]
	if g == nil {
		return 0, false
	}
	return s.keptFrom(&g.Group), true
}

// live drops events from before from and events of streams that are gone.
func (s *Store) live(events []segment.Event, from int64) []segment.Event {
	alive := map[uint64]bool{}
	return slices.DeleteFunc(events, func(e segment.Event) bool {
		ok, known := alive[e.Stream]
		if !known {
			s.mu.RLock()
			_, ok = s.catalog.streams[e.Stream]
			s.mu.RUnlock()
			alive[e.Stream] = ok
		}
		return !ok || e.Timestamp < from
	})
}

// byAge orders segments by their newest event, oldest first.
func byAge(a, b *segmentFile) int {
	return cmp.Or(cmp.Compare(a.index.MaxTime, b.index.MaxTime), cmp.Compare(a.num, b.num))
}
