package trail

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// maintain ends a file whose hour is over, seals ended files, and removes what
// is too old or too much. What fails is tried again.
func (c *committer) maintain() {
	if c.open != nil && !c.opts.Now().Truncate(fileSpan).Equal(c.born.Truncate(fileSpan)) {
		if err := c.leave(); err != nil {
			c.opts.Observe(Notice{Kind: "failed", Err: err})
		}
	}
	if err := errors.Join(c.seal(), c.forget()); err != nil {
		c.opts.Observe(Notice{Kind: "failed", Err: err})
	}
}

// ended returns the files that are not open, oldest first.
func (c *committer) ended() []file {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := len(c.files)
	if c.open != nil {
		n--
	}
	return slices.Clone(c.files[:n])
}

// seal writes the digests of ended files.
func (c *committer) seal() error {
	previous := ""
	for i, f := range c.ended() {
		if f.mac == "" {
			if err := c.cut(f); err != nil {
				return err
			}
			d := f.digest(c.key, previous)
			if err := writeJSON(c.disk, nameOf(f.first, digestSuffix), d); err != nil {
				return err
			}
			f.mac = d.MAC
			c.mu.Lock()
			c.files[i].mac = f.mac
			c.mu.Unlock()
		}
		previous = f.mac
	}
	return nil
}

// cut removes what follows the last record of a file: what a crash or a full
// disk left.
func (c *committer) cut(f file) error {
	opened, size, err := c.disk.Open(nameOf(f.first, recordsSuffix), false)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if size > f.size {
		if err = opened.Truncate(f.size); err == nil {
			err = opened.Sync()
		}
	}
	if err = errors.Join(err, opened.Close()); err != nil {
		return fmt.Errorf("cut the end of a file: %w", err)
	}
	return nil
}

// forget removes the oldest sealed files. That they are gone is said first.
func (c *committer) forget() error {
	files := c.ended()
	total := int64(0)
	for i := range files {
		total += files[i].size
	}
	oldest := c.opts.Now().Add(-c.opts.Retain)
	n := 0
	for n < len(files)-1 && files[n].mac != "" && (files[n].new.Before(oldest) || total > c.opts.MaxBytes) {
		total -= files[n].size
		n++
	}
	if n == 0 {
		return nil
	}
	removed := floor{Before: files[n].first}
	removed.MAC = removed.sum(c.key)
	if err := writeJSON(c.disk, floorName, removed); err != nil {
		return err
	}
	c.mu.Lock()
	c.files = slices.Clone(c.files[n:])
	c.mu.Unlock()
	for _, f := range files[:n] {
		for _, suffix := range []string{recordsSuffix, digestSuffix} {
			if err := c.disk.Remove(nameOf(f.first, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove old records: %w", err)
			}
		}
		c.opts.Observe(Notice{Kind: "removed", File: nameOf(f.first, recordsSuffix)})
	}
	return nil
}
