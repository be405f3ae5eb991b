package fake

import (
	"context"
	"errors"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// killed is the exit code of what SIGKILL ended.
const killed = 137

// Execute implements runtime.Executor with what the container's behaviour says.
func (r *Runtime) Execute(ctx context.Context, id string, c runtime.Command) (int, error) {
	if len(c.Args) == 0 {
		return 0, &runtime.Error{Kind: runtime.KindInvalid, Op: "exec", Subject: id, Err: errors.New("a command has at least one word")}
	}
	b, _, err := r.running(id)
	if err != nil {
		return 0, err
	}
	if b.Execute == nil {
		if c.Started != nil {
			c.Started()
		}
		return 0, nil
	}
	inside, end := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if r.awaitEnd(inside, id) {
			end()
		}
	}()
	code, err := b.Execute(inside, c)
	over := inside.Err() != nil && ctx.Err() == nil
	end()
	<-gone
	switch {
	case over:
		return killed, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	return code, err
}

// awaitEnd waits until a container does not run any more; false when ctx ended first.
func (r *Runtime) awaitEnd(ctx context.Context, id string) bool {
	for {
		r.mu.Lock()
		changed := r.changed
		next, ok := r.machine.Next()
		_, _, err := r.machine.Running(time.Now(), id)
		r.mu.Unlock()
		if err != nil {
			return true
		}
		if wait(ctx, changed, next, ok) != nil {
			return false
		}
	}
}

func (r *Runtime) running(id string) (b Behaviour, pid int, err error) {
	r.do(func(m *Machine, now time.Time) { b, pid, err = m.Running(now, id) })
	return b, pid, err
}

// EndCommands implements runtime.Executor: the fake has no earlier life.
func (r *Runtime) EndCommands(context.Context, string) error { return nil }

// Process implements runtime.Executor.
func (r *Runtime) Process(_ context.Context, id string) (int, error) {
	_, pid, err := r.running(id)
	return pid, err
}
