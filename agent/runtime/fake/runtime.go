package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Runtime drives a Machine behind the agent's interfaces: it waits as long as things take. Its clock is package time's,
// so a test that runs it inside testing/synctest needs no real time.
type Runtime struct {
	mu       sync.Mutex
	machine  *Machine
	watchers map[*watcher]struct{}
	changed  chan struct{} // closed and replaced when the machine's future may have changed
}

var (
	_ runtime.Runtime  = (*Runtime)(nil)
	_ runtime.Undoer   = (*Runtime)(nil)
	_ runtime.Prober   = (*Runtime)(nil)
	_ runtime.Executor = (*Runtime)(nil)
	_ runtime.Meter    = (*Runtime)(nil)
)

// watcher is one Watch. What it has not yet observed waits in queue.
type watcher struct {
	queue []runtime.Event
}

// NewRuntime drives the machine, which nobody else may use from now on.
func NewRuntime(machine *Machine) *Runtime {
	return &Runtime{machine: machine, watchers: make(map[*watcher]struct{}), changed: make(chan struct{})}
}

// do calls f with the machine and the time, hands out what happened and wakes whoever waits.
func (r *Runtime) do(f func(m *Machine, now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.machine.Advance(now)
	r.handOut()
	f(r.machine, now)
	r.handOut()
	close(r.changed)
	r.changed = make(chan struct{})
}

// handOut gives each watcher what has happened since it was last called.
func (r *Runtime) handOut() {
	events := r.machine.Events()
	for w := range r.watchers {
		w.queue = append(w.queue, events...)
	}
}

// Script lets a test change the machine, as in OOM or Crash.
func (r *Runtime) Script(f func(m *Machine, now time.Time)) { r.do(f) }

func until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pull implements runtime.Runtime.
func (r *Runtime) Pull(ctx context.Context, request runtime.PullRequest) (image runtime.Image, err error) {
	var at time.Time
	r.do(func(m *Machine, now time.Time) { image, at, err = m.Pull(now, request) })
	if cancelled := until(ctx, at); cancelled != nil {
		return runtime.Image{}, cancelled
	}
	return image, err
}

// Start implements runtime.Runtime.
func (r *Runtime) Start(ctx context.Context, c runtime.Container) (started runtime.Started, err error) {
	var at time.Time
	r.do(func(m *Machine, now time.Time) { started, at, err = m.Start(now, c) })
	cancelled := until(ctx, at)
	if err != nil {
		return runtime.Started{}, err
	}
	if cancelled != nil {
		_ = r.Remove(context.WithoutCancel(ctx), c.ID) // it cannot fail
		return runtime.Started{}, cancelled
	}
	r.do(func(*Machine, time.Time) {}) // the start has become true
	return started, nil
}

// Signal implements runtime.Runtime.
func (r *Runtime) Signal(_ context.Context, id string, signal syscall.Signal) (err error) {
	r.do(func(m *Machine, now time.Time) { err = m.Signal(now, id, signal) })
	return err
}

// Remove implements runtime.Runtime.
func (r *Runtime) Remove(_ context.Context, id string) (err error) {
	r.do(func(m *Machine, now time.Time) { err = m.Remove(now, id) })
	return err
}

// Undo implements runtime.Undoer.
func (r *Runtime) Undo(_ context.Context, id string) (err error) {
	r.do(func(m *Machine, now time.Time) { err = m.Undo(now, id) })
	return err
}

// Exec implements runtime.Prober.
func (r *Runtime) Exec(ctx context.Context, id string, command []string, shell bool, timeout time.Duration) (result runtime.ExecResult, err error) {
	if len(command) == 0 || shell && len(command) != 1 {
		return result, &runtime.Error{Kind: runtime.KindInvalid, Op: "exec", Subject: id, Err: errors.New("a shell takes one command, anything else at least one word")}
	}
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var at time.Time
	r.do(func(m *Machine, now time.Time) { result, at, err = m.Exec(now, id, command, shell) })
	if late := until(limited, at); late != nil {
		if ctx.Err() != nil {
			return runtime.ExecResult{}, ctx.Err()
		}
		return runtime.ExecResult{}, &runtime.Error{Kind: runtime.KindTimedOut, Op: "exec", Subject: id, Err: fmt.Errorf("health check exceeded timeout (%v)", timeout)}
	}
	return result, err
}

// Stats implements runtime.Meter.
func (r *Runtime) Stats(_ context.Context, id string) (stats runtime.Stats, err error) {
	r.do(func(m *Machine, now time.Time) { stats, err = m.Stats(now, id) })
	return stats, err
}

// Watch implements runtime.Runtime.
func (r *Runtime) Watch(ctx context.Context, observe func(runtime.Event)) error {
	w := &watcher{}
	r.do(func(m *Machine, now time.Time) {
		w.queue = append(m.List(now), runtime.Event{Status: runtime.StatusListed})
		r.watchers[w] = struct{}{}
	})
	defer r.do(func(*Machine, time.Time) { delete(r.watchers, w) })
	for {
		r.mu.Lock()
		queue, changed := w.queue, r.changed
		w.queue = nil
		next, ok := r.machine.Next()
		r.mu.Unlock()
		for _, event := range queue {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			observe(event)
		}
		if len(queue) > 0 {
			continue
		}
		if err := wait(ctx, changed, next, ok); err != nil {
			return err
		}
		if ok && !time.Now().Before(next) {
			r.do(func(*Machine, time.Time) {})
		}
	}
}

// wait returns when the machine changed or its next change is due.
func wait(ctx context.Context, changed <-chan struct{}, next time.Time, ok bool) error {
	var due <-chan time.Time
	if ok {
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-changed:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
