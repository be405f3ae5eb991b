package trail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// Errors of Append.
var (
	// ErrClosed: Run has ended.
	ErrClosed = errors.New("the trail is closed")
	// ErrUnable: the disk takes no records now.
	ErrUnable = errors.New("no record of calls can be kept")
)

// Trail keeps records on a disk. Its methods may be called from any goroutine.
type Trail struct {
	disk   disk.Disk
	key    []byte
	opts   Options
	queue  chan *pending
	closed chan struct{}
	failed atomic.Pointer[error] // why nothing can be written now

	mu      sync.RWMutex
	files   []file   // oldest first; the last may be open
	base    position // where the chain begins when there are no files
	written time.Time
}

// pending is one record on its way.
type pending struct {
	body []byte       // without its link
	at   time.Time    // of the event
	done chan<- error // nil: nobody waits
}

// Open reads what is on d. Key authenticates digests and has KeySize bytes.
// The caller must call Run, which owns the files from then on.
func Open(d disk.Disk, key []byte, o Options) (*Trail, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("open trail: a key has %d bytes, not %d", KeySize, len(key))
	}
	t := &Trail{disk: d, key: key, opts: o.withDefaults(), queue: make(chan *pending, queueLength), closed: make(chan struct{})}
	if err := t.load(); err != nil {
		return nil, fmt.Errorf("open trail: %w", err)
	}
	return t, nil
}

// Append records an event. With durable it returns when the record is synced;
// the error is ErrUnable when it could not be, and the record is kept in memory
// and written as soon as it can be. When ctx ends first the outcome is unknown.
func (t *Trail) Append(ctx context.Context, e *Event, durable bool) error {
	p := &pending{body: e.append(make([]byte, 0, 1024)), at: e.Time}
	var done chan error
	if durable {
		done = make(chan error, 1)
		p.done = done
	}
	select {
	case <-t.closed:
		return ErrClosed
	default:
	}
	select {
	case t.queue <- p:
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closed:
		return ErrClosed
	}
	if !durable {
		return nil
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closed:
		select {
		case err := <-done:
			return err
		default:
			return ErrClosed
		}
	}
}

// Able returns nil if records can be kept as far as is known, else an
// ErrUnable: whoever would change something has to refuse it.
func (t *Trail) Able() error {
	if err := t.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Status is what a trail says of itself.
type Status struct {
	First, Last uint64    // numbers of the oldest and the newest record
	Begin       time.Time // of the oldest event
	Written     time.Time // when records were written last
	Bytes       int64
	Files       int
}

// Status returns how far the trail is.
func (t *Trail) Status() Status {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := Status{Written: t.written, Files: len(t.files)}
	if len(t.files) > 0 {
		s.First, s.Begin, s.Last = t.files[0].first, t.files[0].begin, t.files[len(t.files)-1].end.sequence
	}
	for i := range t.files {
		s.Bytes += t.files[i].size
	}
	return s
}

// Run writes what is appended until ctx ends; then it writes what is left, and
// every further Append fails. Call it once.
func (t *Trail) Run(ctx context.Context) error {
	c := &committer{Trail: t}
	c.run(ctx)
	close(t.closed)
	return nil
}
