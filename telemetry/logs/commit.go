package logs

import (
	"context"
	"fmt"
)

// request is one change that a caller waits for. The committer alone looks
// inside while it is in the queue.
type request struct {
	group, stream string // the names it concerns; stream may be empty
	exclusive     bool   // it changes the group (no stream) or the stream itself
	size          int    // bytes it adds to a record, roughly
	// decide looks at the catalog, in which everything before has happened,
	// and says what to write.
	decide func(c *catalog) (change, error)
	events []InputEvent // of an append, for subscribers
	done   chan error

	change change // set once decided
	seq    uint64
	offset int // of its payload in the batch
	length int
}

// submit hands a request to the committer and waits until it is durable. When
// ctx ends while it waits the outcome is unknown.
func (s *Store) submit(ctx context.Context, r *request) error {
	r.done = make(chan error, 1)
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("log change may or may not have happened: %w", ctx.Err())
	case <-s.closed:
		select {
		case err := <-r.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// commitAll commits batches until ctx ends.
func (s *Store) commitAll(ctx context.Context) {
	c := &committer{Store: s}
	for {
		batch := c.collect(ctx)
		if batch == nil {
			return
		}
		c.commit(ctx, batch)
	}
}

// committer is the one goroutine that writes the write-ahead log and changes
// the catalog.
type committer struct {
	*Store
	waiting []*request // in order of arrival
	records []byte
}

// collect waits for requests and returns those that can share one sync, in
// order of arrival; nil when ctx has ended.
func (c *committer) collect(ctx context.Context) []*request {
	if len(c.waiting) == 0 {
		select {
		case r := <-c.queue:
			c.waiting = append(c.waiting, r)
		case <-ctx.Done():
			return nil
		}
	} else if ctx.Err() != nil {
		return nil
	}
	for more := true; more && len(c.waiting) < maxBatchRequests; {
		select {
		case r := <-c.queue:
			c.waiting = append(c.waiting, r)
		default:
			more = false
		}
	}
	n, size, seen := 0, 0, footprint{}
	for n < len(c.waiting) && size < maxBatchBytes && !seen.conflicts(c.waiting[n]) {
		size += c.waiting[n].size
		n++
	}
	batch := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return batch
}

// footprint is what a batch touches. A request whose decision could depend on
// an earlier one of the batch waits for the next: decisions see the catalog,
// and the catalog changes only with what is durable.
type footprint struct {
	whole   map[string]bool // groups that are created, changed or deleted
	touched map[string]bool // groups in any way
	streams map[string]bool // streams, and whether they are created or deleted
}

func (f *footprint) conflicts(r *request) bool {
	if f.whole == nil {
		f.whole, f.touched, f.streams = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	key := r.group + "\x00" + r.stream
	exclusive, seen := f.streams[key]
	wholeGroup := r.exclusive && r.stream == ""
	if f.whole[r.group] || wholeGroup && f.touched[r.group] || seen && (exclusive || r.exclusive) {
		return true
	}
	if wholeGroup {
		f.whole[r.group] = true
	}
	f.touched[r.group] = true
	f.streams[key] = exclusive || r.exclusive
	return false
}

// commit decides, writes and applies one batch, and answers its requests.
func (c *committer) commit(ctx context.Context, batch []*request) {
	if err := c.makeRoom(ctx); err != nil {
		answer(batch, err)
		return
	}
	accepted := c.decide(batch)
	if len(accepted) == 0 {
		return
	}
	w := c.active.wal
	if err := w.write(c.records); err != nil {
		// The numbers stay used: the records may be on the disk after all.
		c.mu.Lock()
		c.catalog.seq = lastSeq(accepted)
		c.mu.Unlock()
		answer(accepted, err)
		return
	}
	c.apply(w, accepted)
	answer(accepted, nil)
}

func lastSeq(batch []*request) uint64 {
	r := batch[len(batch)-1]
	return r.seq + r.change.seqs() - 1
}

func answer(batch []*request, err error) {
	for _, r := range batch {
		r.done <- err
	}
}

// decide encodes what can happen and answers what cannot.
func (c *committer) decide(batch []*request) []*request {
	c.records = c.records[:0]
	if cap(c.records) > maxBatchBytes {
		c.records = nil
	}
	c.mu.RLock() // the background writes the groups' stored bytes
	defer c.mu.RUnlock()
	seq := c.catalog.seq
	accepted := batch[:0]
	groups, streams := 0, 0
	for _, r := range batch {
		ch, err := r.decide(c.catalog)
		if err == nil {
			switch p := ch.(type) {
			case *putGroup:
				if p.id == 0 {
					if groups++; c.catalog.groups.Len()+groups > c.opts.MaxGroups {
						err = fmt.Errorf("%w: %d groups", ErrTooMany, c.opts.MaxGroups)
					}
				}
			case *putStream:
				if streams++; len(c.catalog.streams)+streams > c.opts.MaxStreams {
					err = fmt.Errorf("%w: %d streams", ErrTooMany, c.opts.MaxStreams)
				}
			}
		}
		if err != nil {
			r.done <- err
			continue
		}
		r.change, r.seq = ch, seq+1
		at := len(c.records)
		c.records = appendRecord(c.records, r.seq, ch)
		r.offset, r.length = at+recordHeader, len(c.records)-at-recordHeader
		seq += ch.seqs()
		accepted = append(accepted, r)
	}
	return accepted
}

// apply makes durable changes visible.
func (c *committer) apply(w *wal, batch []*request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.size == 0 {
		w.size = int64(len(walMagic))
	}
	for _, r := range batch {
		r.change.apply(c.catalog, r.seq)
		if p, ok := r.change.(*putEvents); ok {
			c.active.add(p, w.size+int64(r.offset), r.length)
			c.publish(p, r.seq, r.stream, r.events)
		}
	}
	c.catalog.seq = lastSeq(batch)
	w.size += int64(len(c.records))
}

// makeRoom begins a new write-ahead log when the active one is full, old or
// poisoned. It waits for sealing when too many wait for that already.
func (c *committer) makeRoom(ctx context.Context) error {
	t := c.active
	if t.wal.poisoned || t.wal.size >= c.opts.SegmentBytes || t.chunks >= maxChunks || c.aged(t) {
		return c.rotate(ctx)
	}
	return nil
}

func (c *committer) aged(t *table) bool {
	now := c.opts.Now()
	if t.born.IsZero() {
		t.born = now
	}
	return t.chunks > 0 && now.Sub(t.born) >= c.opts.SealAfter
}

func (c *committer) rotate(ctx context.Context) error {
	for {
		c.mu.RLock()
		waiting, err := len(c.sealing), c.sealErr
		c.mu.RUnlock()
		if waiting < maxUnsealed {
			break
		}
		if err != nil {
			return err
		}
		select {
		case <-c.sealed:
		case <-ctx.Done():
			return ErrClosed
		}
	}
	w, err := openWAL(c.disk, c.active.wal.num+1)
	if err == nil && w.size > 0 {
		// A leftover of an earlier try that could not be made durable.
		err = w.file.Truncate(0)
		w.size = 0
	}
	if err == nil {
		err = c.disk.SyncDir()
	}
	if err != nil {
		if w != nil {
			w.release()
		}
		return spaceError("begin write-ahead log", err)
	}
	c.mu.Lock()
	c.sealing = append(c.sealing[:len(c.sealing):len(c.sealing)], c.active)
	c.active = newTable(w)
	c.mu.Unlock()
	signal(c.Store.wake)
	return nil
}

// signal leaves a token for one waiter.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
