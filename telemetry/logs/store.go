package logs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/logs/segment"
)

// Store keeps log events on a disk. Its methods may be called from any
// goroutine; those that change something wait for Run to do it.
type Store struct {
	disk  disk.Disk
	opts  Options
	codec *segment.Codec
	// blocks keeps buffers of decompressed blocks between reads.
	blocks sync.Pool

	queue  chan *request
	closed chan struct{}   // closed when Run has ended
	wake   chan struct{}   // there is something to seal
	sealed chan struct{}   // something was sealed, or sealing failed
	asked  chan chan error // maintenance that somebody waits for

	// mu guards what follows. The committer and the background change it;
	// readers take what they need and read files without it.
	mu       sync.RWMutex
	catalog  *catalog
	active   *table
	sealing  []*table // oldest first
	segments []*segmentFile
	absorbed uint64
	next     uint64 // number of the next segment
	sealErr  error
	subs     map[uint64]map[*Subscription]struct{} // by group
}

// Open reads what is on d and cuts what a crash tore. The caller must call
// Run, which owns the files from then on.
func Open(d disk.Disk, opts Options) (*Store, error) {
	codec, err := segment.NewCodec()
	if err != nil {
		return nil, err
	}
	s := &Store{
		disk: d, opts: opts.withDefaults(), codec: codec,
		queue: make(chan *request, queueLength), closed: make(chan struct{}),
		wake: make(chan struct{}, 1), sealed: make(chan struct{}, 1), asked: make(chan chan error),
		subs: map[uint64]map[*Subscription]struct{}{},
	}
	s.blocks.New = func() any { return new([]byte) }
	if err := s.recover(); err != nil {
		s.releaseFiles()
		return nil, fmt.Errorf("open log store: %w", err)
	}
	return s, nil
}

// Run drives the store until ctx ends: it commits what callers submit, seals
// write-ahead logs and applies retention and the disk bound. When it returns
// everything acknowledged is durable, all files are closed, and every further
// call fails with ErrClosed. Call it once.
func (s *Store) Run(ctx context.Context) error {
	var background sync.WaitGroup
	background.Go(func() { s.background(ctx) })
	s.commitAll(ctx)
	background.Wait()
	close(s.closed)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, set := range s.subs {
		for sub := range set {
			sub.end()
		}
	}
	return s.releaseFiles()
}

func (s *Store) releaseFiles() error {
	var errs []error
	for _, t := range s.tables() {
		errs = append(errs, t.wal.release())
	}
	for _, f := range s.segments {
		errs = append(errs, f.release())
	}
	s.active, s.sealing, s.segments = nil, nil, nil
	return errors.Join(errs...)
}

// tables returns the write-ahead logs, oldest first.
func (s *Store) tables() []*table {
	if s.active == nil {
		return s.sealing
	}
	return append(slices.Clip(s.sealing), s.active)
}

// recover reads the manifest, removes what it does not list, and replays the
// write-ahead logs after it.
func (s *Store) recover() error {
	files, err := s.disk.List()
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	hasManifest := slices.ContainsFunc(files, func(f disk.Info) bool { return f.Name == manifestName })
	m, err := readManifest(s.disk, hasManifest)
	if err != nil {
		return err
	}
	s.catalog, s.absorbed, s.next = m.catalog, m.absorbed, m.nextSegment
	logs, err := s.sweep(files, m)
	if err != nil {
		return err
	}
	for _, num := range m.segments {
		f, err := openSegment(s.disk, num)
		if errors.Is(err, segment.ErrCorrupt) || errors.Is(err, errMissing) {
			s.opts.Observe(Notice{Kind: Damaged, File: segmentName(num), Err: err})
			if errors.Is(err, segment.ErrCorrupt) {
				err = s.disk.Rename(segmentName(num), segmentName(num)+damagedSuffix)
			} else {
				err = nil
			}
		}
		if err != nil {
			return err
		}
		if f != nil {
			s.segments = append(s.segments, f)
		}
	}
	floor := m.catalog.seq
	for i, num := range logs {
		if err := s.replay(num, floor, i == len(logs)-1); err != nil {
			return err
		}
	}
	if s.active == nil {
		w, err := openWAL(s.disk, s.absorbed+1)
		if err != nil {
			return err
		}
		s.active = newTable(w)
		if err := s.disk.SyncDir(); err != nil {
			return spaceError("sync log directory", err)
		}
	}
	s.recount()
	return nil
}

// sweep removes leftovers and returns the numbers of the write-ahead logs to
// replay, in order.
func (s *Store) sweep(files []disk.Info, m *manifest) ([]uint64, error) {
	var logs []uint64
	for _, f := range files {
		var num uint64
		stem, ext, _ := strings.Cut(f.Name, ".")
		_, err := fmt.Sscanf(stem, "%d", &num)
		ours := f.Name == manifestTemp || err == nil && (ext == "wal" || ext == "seg" || ext == "seg.tmp")
		switch {
		case ext == "wal" && ours && num > m.absorbed:
			logs = append(logs, num)
			continue
		case !ours, ext == "seg" && slices.Contains(m.segments, num):
			continue
		}
		if err := s.disk.Remove(f.Name); err != nil {
			return nil, fmt.Errorf("remove leftover %s: %w", f.Name, err)
		}
	}
	slices.Sort(logs)
	return logs, nil
}

// replay reads one write-ahead log. Records up to floor are in the catalog
// already: of those only the events are indexed.
func (s *Store) replay(num, floor uint64, last bool) error {
	w, err := openWAL(s.disk, num)
	if err != nil {
		return err
	}
	t := newTable(w)
	if last {
		s.active = t
	} else {
		s.sealing = append(s.sealing, t)
	}
	size := w.size
	end, err := w.replay(size, func(off int64, payload []byte) error {
		seq, c, err := parseRecord(payload)
		if err != nil {
			return err
		}
		if seq > floor {
			c.apply(s.catalog, seq)
			s.catalog.seq = max(s.catalog.seq, seq+c.seqs()-1)
		}
		if p, ok := c.(*putEvents); ok && s.catalog.streams[p.stream] != nil {
			t.add(p, off, len(payload))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("replay %s: %w", walName(num), err)
	}
	w.size = end
	if end == size {
		return nil
	}
	s.opts.Observe(Notice{Kind: Recovered, File: walName(num), Bytes: size - end})
	if err := w.file.Truncate(end); err != nil {
		return fmt.Errorf("cut torn tail of %s: %w", walName(num), err)
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", walName(num), err)
	}
	return nil
}

// recount sets every group's stored bytes from the indexes. It needs mu.
func (s *Store) recount() {
	for _, g := range s.catalog.byID {
		g.StoredBytes = 0
	}
	add := func(id, events, bytes uint64) {
		if g := s.catalog.byID[id]; g != nil {
			g.StoredBytes += int64(bytes + events*EventOverhead)
		}
	}
	for _, f := range s.segments {
		for i := range f.index.Sections {
			x := &f.index.Sections[i]
			add(x.Group, uint64(x.Events), x.Bytes)
		}
	}
	for _, t := range s.tables() {
		for id, chunks := range t.groups {
			for i := range chunks {
				add(id, uint64(chunks[i].events), uint64(chunks[i].bytes))
			}
		}
	}
}
