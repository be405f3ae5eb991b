package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
)

// The labels that containers are found again by. The first four are the stock
// agent's.
const (
	labelCluster   = "com.amazonaws.ecs.cluster"
	labelContainer = "com.amazonaws.ecs.container-name"
	labelTask      = "com.amazonaws.ecs.task-arn"
	labelFamily    = "com.amazonaws.ecs.task-definition-family"
	labelVersion   = "com.amazonaws.ecs.task-definition-version"
	labelDigest    = "dev.roadstead.image-digest"
	labelStop      = "dev.roadstead.stop-signal"
)

// oomReason is how ECS words a container that ran out of memory.
const oomReason = "OutOfMemoryError: Container killed due to memory usage"

// adopt takes over what an earlier life of the agent left: tasks by their
// records, containers by their labels, sandboxes by their ids. What belongs to
// no record is removed.
func (n *Node) adopt(ctx context.Context, listing []runtime.Event) error {
	payloads, err := n.records.load()
	if err != nil {
		return err
	}
	sandboxes, err := n.edges.Network.List(ctx)
	if err != nil {
		return fmt.Errorf("list sandboxes: %w", err)
	}
	byID := map[string]network.Attachment{}
	for _, s := range sandboxes {
		byID[s.ID] = s
	}
	now := n.options.Now()
	for _, p := range payloads {
		task, err := step.New(p)
		if err != nil {
			n.options.Logger.Error("record of a task makes no sense and is dropped", "task", p.ARN, "error", err)
			continue
		}
		l := newLive(task, p)
		l.saving.Do(func() {}) // it came from its record
		n.live[p.ARN] = l
	}
	found := map[string][]step.Found{}
	for _, e := range listing {
		f, ok := n.recognise(ctx, e, byID)
		if !ok {
			n.removeStray(ctx, e.ID)
			continue
		}
		delete(byID, e.ID)
		found[e.Labels[labelTask]] = append(found[e.Labels[labelTask]], f)
	}
	for _, arn := range slices.Sorted(maps.Keys(n.live)) {
		for _, r := range n.live[arn].runs {
			delete(byID, r.id) // a sandbox made for a container that did not start yet
		}
		n.live[arn].task.Adopt(now, found[arn])
	}
	for id := range byID {
		n.removeStray(ctx, id)
	}
	return nil
}

// recognise matches a listed container with the record of its task.
func (n *Node) recognise(ctx context.Context, e runtime.Event, sandboxes map[string]network.Attachment) (step.Found, bool) {
	name := e.Labels[labelContainer]
	l, ok := n.live[e.Labels[labelTask]]
	if !ok || l.runs[name] == nil || l.runs[name].id != e.ID || e.Status == runtime.StatusCreated {
		return step.Found{}, false
	}
	r := l.runs[name]
	r.sandbox = sandboxes[e.ID]
	r.stopSignal = e.Labels[labelStop]
	f := step.Found{Name: name, RuntimeID: e.ID, Digest: e.Labels[labelDigest],
		Running: e.Status == runtime.StatusRunning, StartedAt: e.StartedAt, Bindings: bindings(r.sandbox)}
	if !f.Running {
		f.ExitCode, f.Reason = exitOf(e)
	}
	if f.StartedAt.IsZero() {
		f.StartedAt = n.options.Now()
	}
	driver, options := logConfig(containerOf(l.payload, name))
	if _, err := n.edges.Logs.Open(ctx, Log{Container: e.ID, Driver: driver, Options: options}); err != nil {
		n.options.Logger.Error("log of an adopted container is not followed", "container", e.ID, "error", err)
	}
	return f, true
}

func exitOf(e runtime.Event) (*int32, string) {
	switch {
	case e.Lost:
		return nil, "ContainerVanishedError: the end of the container was not observed"
	case e.OOMKilled:
		code := int32(e.ExitCode)
		return &code, oomReason
	}
	code := int32(e.ExitCode)
	return &code, ""
}

// removeStray removes a container and sandbox that no record knows.
func (n *Node) removeStray(ctx context.Context, id string) {
	n.wg.Go(func() {
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			err := n.removeAll(ctx, id)
			if err == nil || ctx.Err() != nil {
				return
			}
			n.options.Logger.Warn("stray container is not removed yet", "container", id, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	})
}

// observe takes an event of the runtime after the node has adopted. A later
// listing (the runtime was restarted) tells of the containers that are gone by
// their absence: seen holds those that were spoken of since the one before.
func (n *Node) observe(e runtime.Event, seen map[string]bool) {
	now := n.options.Now()
	if e.Status == runtime.StatusListed {
		n.missing(now, seen)
		clear(seen)
		return
	}
	seen[e.ID] = e.Status != runtime.StatusRemoved
	l, ok := n.live[e.Labels[labelTask]]
	if !ok {
		return
	}
	name := e.Labels[labelContainer]
	switch e.Status {
	case runtime.StatusExited:
		code, reason := exitOf(e)
		l.task.Exited(now, name, code, reason)
		n.healthMayHaveChanged()
	case runtime.StatusRemoved:
		l.task.Exited(now, name, nil, "ContainerVanishedError: the container was removed by somebody else")
	}
}

// missing ends the containers that ran and are not there any more.
func (n *Node) missing(now time.Time, seen map[string]bool) {
	for _, arn := range slices.Sorted(maps.Keys(n.live)) {
		l := n.live[arn]
		for _, name := range l.task.RunningContainers() {
			if r := l.runs[name]; r != nil && !seen[r.id] {
				l.task.Exited(now, name, nil, "ContainerVanishedError: the container is gone")
			}
		}
	}
}

// taskID returns the last part of a task's ARN.
func taskID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
