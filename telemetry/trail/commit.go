package trail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// committer is the one goroutine that writes.
type committer struct {
	*Trail
	open    disk.File // the last of files; nil: the next record begins one
	born    time.Time // when it was begun
	waiting []*pending
	bytes   int // of waiting
	awaited bool
	owed    []*pending // what the disk did not take
	lost    int        // what there was no room for
	buffer  []byte
}

func (c *committer) run(ctx context.Context) {
	maintain := time.NewTicker(maintainEvery)
	defer maintain.Stop()
	c.maintain()
	var late <-chan time.Time // when what waits has to be written
	for {
		select {
		case p := <-c.queue:
			c.take(p)
		case <-late:
			c.commit()
		case <-maintain.C:
			c.maintain()
		case <-ctx.Done():
			c.finish()
			return
		}
		c.drain()
		if c.awaited || c.bytes >= maxBatchBytes {
			c.commit()
		}
		late = c.next(late)
	}
}

// next returns the channel that says when to write without being asked.
func (c *committer) next(late <-chan time.Time) <-chan time.Time {
	switch {
	case len(c.waiting)+len(c.owed)+c.lost == 0:
		return nil
	case c.failed.Load() != nil:
		return time.After(retryAfter)
	case late == nil || len(c.waiting) == 0:
		return time.After(c.opts.Pause)
	}
	return late
}

func (c *committer) take(p *pending) {
	c.waiting = append(c.waiting, p)
	c.bytes += len(p.body)
	c.awaited = c.awaited || p.done != nil
}

// drain takes what is there without waiting.
func (c *committer) drain() {
	for c.bytes < maxBatchBytes {
		select {
		case p := <-c.queue:
			c.take(p)
		default:
			return
		}
	}
}

// commit writes what is owed and what waits, in order, with one sync.
func (c *committer) commit() {
	batch := append(c.owed, c.waiting...)
	fresh := c.waiting
	c.waiting, c.bytes, c.awaited = nil, 0, false
	if c.lost > 0 {
		batch = append(batch, c.gap())
	}
	if len(batch) == 0 {
		return
	}
	err := c.write(batch)
	if err == nil {
		c.owed, c.lost = nil, 0
		c.failed.Store(nil)
	} else {
		err = fmt.Errorf("%w: %w", ErrUnable, err)
		if c.failed.Swap(&err) == nil {
			c.opts.Observe(Notice{Kind: "failed", Err: err})
		}
		c.owe(fresh)
	}
	for _, p := range fresh {
		if p.done != nil {
			p.done <- err
		}
	}
}

// owe keeps records that could not be written, as far as there is room.
func (c *committer) owe(fresh []*pending) {
	size := 0
	for _, p := range c.owed {
		size += len(p.body)
	}
	for _, p := range fresh {
		if size += len(p.body); size > maxOwedBytes {
			c.lost++
			continue
		}
		c.owed = append(c.owed, &pending{body: p.body, at: p.at})
	}
}

// gap is the record of records that were lost.
func (c *committer) gap() *pending {
	e := Event{Time: c.opts.Now(), Source: "cloudtrail.amazonaws.com", Name: "RecordsLost", ReadOnly: true, Suppressed: c.lost,
		ID: fmt.Sprintf("lost-%d", c.end().sequence)}
	return &pending{body: e.append(nil), at: e.Time}
}

// end returns where the chain ends.
func (t *Trail) end() position {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if n := len(t.files); n > 0 {
		return t.files[n-1].end
	}
	return t.base
}

// write makes records durable and then visible. On an error nothing of them
// counts.
func (c *committer) write(batch []*pending) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.mu.RLock()
	now := c.files[len(c.files)-1]
	c.mu.RUnlock()
	at := now.size
	c.buffer = c.buffer[:0]
	for _, p := range batch {
		from, end := len(c.buffer), position{}
		c.buffer, end = appendLink(append(c.buffer, p.body...), from, now.end)
		c.buffer = append(c.buffer, '\n')
		now.add(end, p.at.UTC(), len(c.buffer)-from)
	}
	if _, err := c.open.WriteAt(c.buffer, at); err != nil {
		return c.undo(at, false, err)
	}
	if err := c.open.Sync(); err != nil {
		return c.undo(at, true, err)
	}
	if cap(c.buffer) > 2*maxBatchBytes {
		c.buffer = nil
	}
	c.mu.Lock()
	c.files[len(c.files)-1] = now
	c.written = c.opts.Now()
	c.mu.Unlock()
	return nil
}

// undo cuts off what was written in vain. A file that cannot be trusted any
// more is not written again: after a failed sync the kernel may have dropped
// pages and call them clean.
func (c *committer) undo(size int64, poisoned bool, cause error) error {
	if err := c.open.Truncate(size); err != nil {
		poisoned, cause = true, errors.Join(cause, err)
	}
	if poisoned {
		cause = errors.Join(cause, c.leave())
	}
	return fmt.Errorf("write records: %w", cause)
}

// begin opens a file unless one is open that takes more.
func (c *committer) begin() error {
	if c.open != nil {
		c.mu.RLock()
		size := c.files[len(c.files)-1].size
		c.mu.RUnlock()
		if size < c.opts.MaxFile && c.opts.Now().Truncate(fileSpan).Equal(c.born.Truncate(fileSpan)) {
			return nil
		}
		if err := c.leave(); err != nil {
			return err
		}
		c.maintain()
	}
	end := c.end()
	name := nameOf(end.sequence+1, recordsSuffix)
	f, size, err := c.disk.Open(name, true)
	if err == nil && size > 0 { // left by an attempt that failed
		err = f.Truncate(0)
	}
	if err == nil {
		err = c.disk.SyncDir()
	}
	if err != nil {
		if f != nil {
			f.Close()
		}
		return fmt.Errorf("begin a file of records: %w", err)
	}
	c.open, c.born = f, c.opts.Now()
	c.mu.Lock()
	c.files = append(c.files, file{first: end.sequence + 1, before: end.hash, end: end})
	c.mu.Unlock()
	return nil
}

// leave closes the open file. One without records is forgotten: the next has
// its name.
func (c *committer) leave() error {
	err := c.open.Close()
	c.open = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.files); c.files[n-1].size == 0 {
		err = errors.Join(err, c.disk.Remove(nameOf(c.files[n-1].first, recordsSuffix)))
		c.files = c.files[:n-1]
	}
	return err
}

// finish writes what is left and ends the file.
func (c *committer) finish() {
	for {
		c.drain()
		if len(c.waiting) == 0 {
			break
		}
		c.commit()
		if c.failed.Load() != nil {
			break
		}
	}
	c.commit()
	if c.open != nil {
		if err := c.leave(); err != nil {
			c.opts.Observe(Notice{Kind: "failed", Err: err})
		}
	}
	c.maintain()
}
