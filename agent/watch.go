package agent

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// oomReason is how ECS words a container that ran out of memory.
const oomReason = "OutOfMemoryError: Container killed due to memory usage"

// vanished is how a container ends that nobody saw end.
const vanished = "ContainerVanishedError: the container is gone and its end was not observed"

// exitOf returns the exit code of a container that has ended, when it is
// known, and the reason where ECS gives one.
func exitOf(e runtime.Event) (*int32, string) {
	code := int32(e.ExitCode)
	switch {
	case e.Lost:
		return nil, vanished
	case e.OOMKilled:
		return &code, oomReason
	}
	return &code, ""
}

// observe takes an event of the runtime after the node has adopted.
func (n *Node) observe(ctx context.Context, e runtime.Event) {
	if e.Status == runtime.StatusListed {
		n.checkAll(ctx)
		return
	}
	l, name := n.owner(e)
	if l == nil {
		return
	}
	if h := l.held; h != nil {
		if _, leftover := h.sandboxes[e.ID]; !leftover {
			h.events = append(h.events, e)
			return
		}
		h.heard(e)
		n.release(ctx, l, n.options.Now())
		return
	}
	switch e.Status {
	case runtime.StatusExited:
		if r := l.runs[name]; !e.StartedAt.IsZero() {
			if e.StartedAt.Equal(r.endedRun) {
				return // told of again; it may have been started anew since
			}
			r.endedRun = e.StartedAt
		}
		code, reason := exitOf(e)
		l.task.Exited(n.options.Now(), name, code, reason)
		n.touch(l)
		n.healthMayHaveChanged()
	case runtime.StatusRemoved:
		n.check(ctx, l, name)
	}
}

// checkAll looks for every container that is believed to run. The runtime has
// listed its containers anew, and does not say which of its earlier events
// still hold.
func (n *Node) checkAll(ctx context.Context) {
	for _, l := range n.live {
		if l.held != nil {
			l.held.listed()
			n.release(ctx, l, n.options.Now())
			continue
		}
		for _, name := range l.task.RunningContainers() {
			n.check(ctx, l, name)
		}
	}
}

// check looks for a container that is believed to run and ends it if it is not
// there. The event that says so may be about an earlier one of the same name.
func (n *Node) check(ctx context.Context, l *live, name string) {
	r := l.runs[name]
	if r.checking || !runs(l, name) {
		return
	}
	r.checking = true
	n.answer(ctx, l, func() func(time.Time) {
		gone := false
		within(ctx, n.checks, func() { gone = n.isGone(ctx, r.id) })
		return func(now time.Time) {
			r.checking = false
			if gone && runs(l, name) {
				l.task.Exited(now, name, nil, vanished)
			}
		}
	})
}

func runs(l *live, name string) bool {
	for _, running := range l.task.RunningContainers() {
		if running == name {
			return true
		}
	}
	return false
}

// isGone reports whether a container certainly does not exist. Reading what it
// uses costs little; signal 0, which does nothing, is asked only then.
func (n *Node) isGone(ctx context.Context, id string) bool {
	if n.edges.Meter != nil {
		if _, err := n.edges.Meter.Stats(ctx, id); err == nil {
			return false
		}
	}
	return runtime.KindOf(n.edges.Runtime.Signal(ctx, id, 0)) == runtime.KindNotFound
}
