package agent

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// op is around every operation on an edge.
func (w *wires) op(ctx context.Context, op, id string, act func(ctx context.Context) error) error {
	h := w.host
	h.moment()
	if w.life.ctx.Err() != nil {
		<-ctx.Done()
		return ctx.Err() // a process that is dead asks for nothing
	}
	h.mu.Lock()
	h.ops = append(h.ops, op+" "+id)
	h.note("%s %s", op, id)
	h.mu.Unlock()
	if err := h.failing(op, id); err != nil {
		return err
	}
	err := w.apart(ctx, act)
	h.mu.Lock()
	h.note("%s %s is over: %v", op, id, err)
	h.mu.Unlock()
	h.moment()
	if w.life.ctx.Err() != nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// failing asks the test whether an operation fails, one question at a time.
func (h *host) failing(op, id string) error {
	h.asking.Lock()
	defer h.asking.Unlock()
	if h.fail == nil {
		return nil
	}
	return h.fail(op, id)
}

// apart runs act as a daemon does: it goes on when the agent dies, and ends when
// it is given up.
func (w *wires) apart(ctx context.Context, act func(ctx context.Context) error) error {
	acting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if w.life.ctx.Err() == nil {
			giveUp()
		}
	})
	done := make(chan error, 1)
	w.host.daemon.Go(func() {
		defer giveUp()
		defer stop()
		done <- act(acting)
	})
	select {
	case err := <-done:
		return err
	case <-w.life.ctx.Done():
		return w.life.ctx.Err()
	}
}

// wires are the edges of one life.
type wires struct {
	host *host
	life *life
}

// get is op with a result.
func get[T any](w *wires, ctx context.Context, op, id string, act func(ctx context.Context) (T, error)) (T, error) {
	result := make(chan T, 1)
	err := w.op(ctx, op, id, func(ctx context.Context) error {
		r, err := act(ctx)
		result <- r
		return err
	})
	select {
	case r := <-result:
		return r, err
	default:
		var nothing T
		return nothing, err
	}
}

func (w *wires) Pull(ctx context.Context, r runtime.PullRequest) (runtime.Image, error) {
	return get(w, ctx, "pull", r.Image, func(ctx context.Context) (runtime.Image, error) {
		image, err := w.host.runtime.Pull(ctx, r)
		if err == nil && w.host.shelf != nil {
			w.host.shelf.put(image.Ref)
		}
		return image, err
	})
}

func (w *wires) Start(ctx context.Context, c runtime.Container) (runtime.Started, error) {
	return get(w, ctx, "start", c.ID, func(ctx context.Context) (runtime.Started, error) { return w.host.runtime.Start(ctx, c) })
}

func (w *wires) Signal(ctx context.Context, id string, s syscall.Signal) error {
	return w.op(ctx, fmt.Sprint("signal ", int(s)), id, func(ctx context.Context) error { return w.host.runtime.Signal(ctx, id, s) })
}

func (w *wires) Remove(ctx context.Context, id string) error {
	return w.op(ctx, "remove", id, func(ctx context.Context) error { return w.host.runtime.Remove(ctx, id) })
}

func (w *wires) Undo(ctx context.Context, id string) error {
	return w.op(ctx, "undo", id, func(ctx context.Context) error { return w.host.runtime.Undo(ctx, id) })
}

// Watch passes on what the machine tells unless the host is deaf, and what the
// test makes up.
func (w *wires) Watch(ctx context.Context, observe func(runtime.Event)) error {
	var one sync.Mutex
	w.host.mu.Lock()
	w.host.inject = func(e runtime.Event) { one.Lock(); defer one.Unlock(); observe(e) }
	w.host.mu.Unlock()
	return w.host.runtime.Watch(ctx, func(e runtime.Event) {
		w.host.mu.Lock()
		deaf := w.host.deaf
		w.host.mu.Unlock()
		if !deaf {
			one.Lock()
			defer one.Unlock()
			observe(e)
		}
	})
}

func (w *wires) Exec(ctx context.Context, id string, command []string, shell bool, timeout time.Duration) (runtime.ExecResult, error) {
	return get(w, ctx, "exec", id, func(ctx context.Context) (runtime.ExecResult, error) {
		return w.host.runtime.Exec(ctx, id, command, shell, timeout)
	})
}

func (w *wires) Stats(ctx context.Context, id string) (runtime.Stats, error) {
	return w.host.runtime.Stats(ctx, id)
}

func (w *wires) Authenticate(_ context.Context, c acs.Container) (*runtime.BasicAuth, error) {
	return nil, w.host.failing("token", c.Name)
}

type netWires struct {
	*wires
	network network.Network
}

func (w netWires) Attach(ctx context.Context, r network.Request) (network.Attachment, error) {
	return get(w.wires, ctx, "attach", r.ID, func(ctx context.Context) (network.Attachment, error) { return w.network.Attach(ctx, r) })
}

func (w netWires) Detach(ctx context.Context, id string) error {
	return w.op(ctx, "detach", id, func(ctx context.Context) error { return w.network.Detach(ctx, id) })
}

func (w netWires) List(ctx context.Context) ([]network.Attachment, error) { return w.network.List(ctx) }
func (w netWires) Destroy(ctx context.Context) error                      { return w.network.Destroy(ctx) }

// logs is a log driver that only remembers; it outlives the agent.
type logs struct {
	mu       sync.Mutex
	open     map[string]Log
	finished []string
}

type logWires struct{ *wires }

func (w logWires) Open(ctx context.Context, l Log) (LogFile, error) {
	err := w.op(ctx, "open-log", l.Container, func(context.Context) error {
		w.host.logs.mu.Lock()
		defer w.host.logs.mu.Unlock()
		w.host.logs.open[l.Container] = l
		return nil
	})
	return LogFile{Path: "/logs/" + l.Container, Limit: 1 << 20}, err
}

func (w logWires) Drain(ctx context.Context, id string) error {
	return w.op(ctx, "drain-log", id, func(context.Context) error { return nil })
}

func (w logWires) Finish(ctx context.Context, id string) error {
	return w.op(ctx, "finish-log", id, func(context.Context) error {
		w.host.logs.mu.Lock()
		defer w.host.logs.mu.Unlock()
		delete(w.host.logs.open, id)
		w.host.logs.finished = append(w.host.logs.finished, id)
		return nil
	})
}
