package logs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// Maintain applies retention and the bound on the disk now, and returns when
// that is done. Run does it by itself from time to time. Errors: ctx's,
// ErrClosed, or of the disk.
func (s *Store) Maintain(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case s.asked <- answer:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
	select {
	case err := <-answer:
		return err
	case <-s.closed:
		return ErrClosed
	}
}

// maintain forgets what retention, deletion and the bound on the disk no
// longer allow, and rewrites segments that are mostly dead.
func (s *Store) maintain(ctx context.Context) error {
	if err := s.drop(); err != nil {
		return fmt.Errorf("drop old log segments: %w", err)
	}
	for range maxRewrites {
		group := s.rewritable()
		if group == nil || ctx.Err() != nil {
			return nil
		}
		if err := s.rewrite(group); err != nil {
			return fmt.Errorf("rewrite log segments: %w", err)
		}
	}
	return nil
}

// drop deletes whole segments: first those that hold nothing live, then the
// oldest while the disk's bound is exceeded.
func (s *Store) drop() error {
	kept, gone := []*segmentFile{}, []*segmentFile{}
	var notices []Notice
	forget := func(f *segmentFile, why NoticeKind) {
		gone = append(gone, f)
		notices = append(notices, Notice{Kind: why, File: segmentName(f.num), Events: int64(f.index.Events), Bytes: f.size})
	}
	s.mu.RLock()
	total := s.bytesOnDisk()
	for _, f := range s.segments {
		if s.liveBytes(f) > 0 {
			kept = append(kept, f)
			continue
		}
		total -= f.size
		forget(f, Expired)
	}
	s.mu.RUnlock()
	if s.opts.MaxBytes > 0 && total > s.opts.MaxBytes {
		byAgeFirst := slices.SortedFunc(slices.Values(kept), byAge)
		for _, f := range byAgeFirst {
			if total <= s.opts.MaxBytes {
				break
			}
			total -= f.size
			forget(f, Evicted)
		}
		kept = slices.DeleteFunc(kept, func(f *segmentFile) bool { return slices.Contains(gone, f) })
	}
	if len(gone) == 0 {
		return nil
	}
	return s.replace(kept, gone, notices)
}

// replace installs kept and deletes gone when the last reader has left.
func (s *Store) replace(kept, gone []*segmentFile, notices []Notice) error {
	if err := s.install(kept, s.absorbed); err != nil {
		return err
	}
	for _, f := range gone {
		f.doomed.Store(true)
		if err := f.release(); err != nil {
			// The next restart removes what the manifest does not list.
			notices = append(notices, Notice{Kind: Failed, File: segmentName(f.num), Err: err})
		}
	}
	for _, n := range notices {
		s.opts.Observe(n)
	}
	return nil
}

// liveBytes estimates what of a segment is still wanted, from its index
// alone: sections of living groups (and, where a section is one stream,
// living streams) that have not expired as a whole. It needs mu. An event
// counts at least one byte.
func (s *Store) liveBytes(f *segmentFile) uint64 {
	live := uint64(0)
	var g *group
	var from int64
	for i := range f.index.Sections {
		x := &f.index.Sections[i]
		if i == 0 || x.Group != f.index.Sections[i-1].Group {
			if g = s.catalog.byID[x.Group]; g != nil {
				from = s.keptFrom(&g.Group)
			}
		}
		if g == nil || x.MaxTime < from {
			continue
		}
		if x.FirstStream == x.LastStream && s.catalog.streams[x.FirstStream] == nil {
			continue
		}
		live += x.Bytes + uint64(x.Events)
	}
	return live
}

// rewritable chooses neighbours that together make one segment of ordinary
// size: at least one is half dead, or there are many small ones.
func (s *Store) rewritable() []*segmentFile {
	const many = 8
	s.mu.RLock()
	defer s.mu.RUnlock()
	var run []*segmentFile
	var size uint64
	worth := false
	limit := uint64(s.opts.SegmentBytes)
	for _, f := range s.segments {
		live, all := s.liveBytes(f), f.index.Bytes+f.index.Events
		dead := live <= all/2
		if !dead && all > limit/4 || size+live > limit {
			if worth || len(run) >= many {
				return run
			}
			run, size, worth = nil, 0, false
			if !dead && all > limit/4 {
				continue
			}
		}
		run, size, worth = append(run, f), size+live, worth || dead
	}
	if worth || len(run) >= many {
		return run
	}
	return nil
}

// rewrite puts the live events of several segments into one new one.
func (s *Store) rewrite(old []*segmentFile) error {
	groups := map[uint64]struct{}{}
	for _, f := range old {
		for i := range f.index.Sections {
			groups[f.index.Sections[i].Group] = struct{}{}
		}
	}
	f, err := s.writeSegment(slices.Sorted(maps.Keys(groups)), func(group uint64, events []segment.Event) ([]segment.Event, error) {
		var err error
		for _, f := range old {
			if events, err = s.readGroup(f, group, events); err != nil {
				return nil, err
			}
		}
		return events, nil
	})
	if err != nil {
		return err
	}
	notice := Notice{Kind: Rewritten, File: segmentName(old[0].num)}
	at := slices.Index(s.segments, old[0])
	kept := slices.DeleteFunc(slices.Clone(s.segments), func(f *segmentFile) bool { return slices.Contains(old, f) })
	if f != nil {
		kept = slices.Insert(kept, at, f) // neighbours stay neighbours
		notice.File, notice.Events, notice.Bytes = segmentName(f.num), int64(f.index.Events), f.size
	}
	if err := s.replace(kept, old, []Notice{notice}); err != nil {
		return errors.Join(err, discard(f, err))
	}
	return nil
}

// readGroup appends all of one group's events in a segment.
func (s *Store) readGroup(f *segmentFile, group uint64, events []segment.Event) ([]segment.Event, error) {
	sections := f.index.Group(group)
	if len(sections) == 0 {
		return events, nil
	}
	file, _, err := s.disk.Open(segmentName(f.num), false)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer file.Close()
	for i, x := range sections {
		if i > 0 && x.Block == sections[i-1].Block {
			continue // its events came with the first section of the block
		}
		raw, err := f.index.ReadBlock(file, s.codec, x.Block, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", segmentName(f.num), err)
		}
		for _, y := range sections[i:] {
			if y.Block != x.Block {
				break
			}
			if events, err = segment.DecodeSection(raw, y, nil, events); err != nil {
				return nil, fmt.Errorf("%s: %w", segmentName(f.num), err)
			}
		}
	}
	return events, nil
}
