package etcdlog

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/store"
)

// guard decides whether there is space for another transaction.
type guard interface {
	// check returns store.ErrNoSpace while nothing should be written.
	check(ctx context.Context) error
	// filled is told that etcd refused a transaction for lack of space.
	filled()
}

// unguarded leaves space to those who run the etcd.
type unguarded struct{}

func (unguarded) check(context.Context) error { return nil }
func (unguarded) filled()                     {}

// reclaimEvery is how often space is sought in a database that is full.
const reclaimEvery = 10 * time.Second

// space guards an embedded etcd. It keeps part of the disk free, because etcd
// ends its process when it cannot write; and it leads etcd out of the alarm
// that it raises when its database has reached its largest size.
type space struct {
	dir     string
	reserve int64
	client  *clientv3.Client
	defrag  func() error

	mu    sync.Mutex
	full  bool
	tried time.Time
}

func (s *space) filled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = true
}

func (s *space) check(ctx context.Context) error {
	if err := s.disk(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.full {
		return nil
	}
	if time.Since(s.tried) < reclaimEvery {
		return fmt.Errorf("%w: the database has reached its quota", store.ErrNoSpace)
	}
	s.tried = time.Now()
	if err := s.reclaim(ctx); err != nil {
		return fmt.Errorf("%w: the database has reached its quota: make space: %w", store.ErrNoSpace, err)
	}
	s.full = false // until it is refused again
	return nil
}

func (s *space) disk() error {
	var fs unix.Statfs_t
	if err := unix.Statfs(s.dir, &fs); err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", store.ErrNoSpace, s.dir, err)
	}
	if free := int64(fs.Bavail) * fs.Bsize; free < s.reserve {
		return fmt.Errorf("%w: %d bytes are free on the disk of %s, %d are kept free", store.ErrNoSpace, free, s.dir, s.reserve)
	}
	return nil
}

// reclaim drops all history and free pages, and then the alarm.
func (s *space) reclaim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	at, err := s.client.Get(ctx, headKey)
	if err != nil {
		return err
	}
	// Compacting to where it is compacted already fails, and is no reason to stop.
	_, _ = s.client.Compact(ctx, at.Header.Revision, clientv3.WithCompactPhysical())
	if err := s.defrag(); err != nil {
		return err
	}
	alarms, err := s.client.AlarmList(ctx)
	if err != nil {
		return err
	}
	for _, a := range alarms.Alarms {
		if _, err := s.client.AlarmDisarm(ctx, (*clientv3.AlarmMember)(a)); err != nil {
			return err
		}
	}
	return nil
}
