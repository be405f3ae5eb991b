package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Assign takes a payload. Known tasks only take over the desired status, tasks
// that have ended nothing. It returns as soon as the task is the node's; what
// it returns saves the task, so that it may be acknowledged. Images and
// sandboxes are fetched meanwhile, but nothing starts before it is saved: a
// task that was started and forgotten would be started again. A task that
// cannot be run is accepted and reported STOPPED.
func (n *Node) Assign(ctx context.Context, payload acs.Task) (save func() error, err error) {
	if err := usableID(payload.ARN); err != nil {
		return nil, err
	}
	task, refusal := newTask(payload)
	l := newLive(n.records, task, payload)
	tooMany, over := false, false
	err = n.do(ctx, func(now time.Time) {
		switch known := n.live[payload.ARN]; {
		case known != nil:
			l = known
		case n.ended.has(payload.ARN):
			over = true // it was told of before its end was known there
			return
		case len(n.live) >= n.options.MaxTasks:
			tooMany = true
			return
		case n.gaveUp(payload.ARN): // now that its ARN is known, its end is told by that
			l = newLive(n.records, step.Refuse(payload, unreadableReason), payload)
			l.keep.transient = true
			n.live[payload.ARN] = l
		default:
			n.live[payload.ARN] = l
			if refusal != nil {
				n.options.Logger.Error("task cannot be run and is reported STOPPED", "task", payload.ARN, "error", refusal)
			}
		}
		n.desire(l, now, payload.DesiredStatus)
	})
	switch {
	case err != nil:
		return nil, err
	case over:
		return func() error { return nil }, nil
	case tooMany:
		return nil, fmt.Errorf("task %s: the node has %d tasks already", payload.ARN, n.options.MaxTasks)
	}
	return func() error { return l.keep.save(l.payload, payload.DesiredStatus) }, nil
}

// lostReason is told of tasks that the control plane knows to run and the node
// does not.
const lostReason = "the container instance has no record of the task"

// Answer accounts for tasks that the node is said to run. One that it knows
// nothing of, whose record was lost with its disk or by a person, is reported
// STOPPED: else the control plane would believe for ever that it runs. So is
// one whose end it never took; one whose end has crossed with the question is
// reported once more than needed.
func (n *Node) Answer(ctx context.Context, said []acs.ManifestTask) error {
	return n.do(ctx, func(now time.Time) {
		for _, t := range said {
			if n.live[t.ARN] != nil || len(n.live) >= n.options.MaxTasks || usableID(t.ARN) != nil {
				continue
			}
			n.options.Logger.Warn(lostReason+"; it is reported STOPPED", "task", t.ARN)
			payload := acs.Task{ARN: t.ARN, ClusterARN: t.ClusterARN, DesiredStatus: step.Stopped}
			l := newLive(n.records, step.Refuse(payload, lostReason), payload)
			n.live[t.ARN] = l
			n.desire(l, now, step.Stopped)
		}
	})
}

// newTask returns the machine of a task; one that only reports STOPPED when
// the node cannot run it, and why.
func newTask(payload acs.Task) (*step.Task, error) {
	err := unsupported(payload)
	if err == nil {
		var task *step.Task
		if task, err = step.New(payload); err == nil {
			return task, nil
		}
	}
	return step.Refuse(payload, "CannotCreateContainerError: "+err.Error()), err
}

// unsupported says what a task asks for that this node does not have.
func unsupported(t acs.Task) error {
	if t.DesiredStatus == step.Stopped {
		return nil
	}
	switch t.NetworkMode {
	case "", "bridge", "host", "none":
	case "awsvpc":
		if _, err := interfaceOf(t); err != nil {
			return err
		}
	default:
		return fmt.Errorf("network mode %q is not supported by this container instance", t.NetworkMode)
	}
	if !slices.Contains([]string{"", "task", "host"}, t.PIDMode) || !slices.Contains([]string{"", "task", "host", "none"}, t.IPCMode) {
		return fmt.Errorf("pidMode %q with ipcMode %q is not supported by this container instance", t.PIDMode, t.IPCMode)
	}
	for _, v := range t.Volumes {
		if err := unsupportedVolume(v); err != nil {
			return err
		}
	}
	if err := unsupportedAttachments(t); err != nil {
		return err
	}
	for _, c := range t.Containers {
		if _, err := hostConfigOf(c); err != nil {
			return err
		}
		for _, s := range c.Secrets {
			// Log drivers keep their options on the disk, to go on after a restart;
			// those of a router are in its environment.
			if _, ok := routed(c); s.Target != acs.SecretForContainer && !(ok && s.Target == acs.SecretForLogDriver) {
				return fmt.Errorf("container %s: secret %s for %s is not supported by this container instance", c.Name, s.Name, s.Target)
			}
		}
	}
	return nil
}

// usableID refuses ARNs whose last part cannot name a file.
func usableID(arn string) error {
	if id := taskID(arn); id == "" || strings.ContainsAny(id, "/.\x00") {
		return fmt.Errorf("task ARN %q has no usable id", arn)
	}
	return nil
}

func newLive(r *records, task *step.Task, payload acs.Task) *live {
	l := &live{task: task, payload: payload, runs: map[string]*run{}}
	l.keep = keep{records: r, transient: payload.DesiredStatus == step.Stopped}
	id := taskID(payload.ARN)
	for i, c := range payload.Containers {
		if l.runs[c.Name] == nil {
			l.runs[c.Name] = &run{id: fmt.Sprintf("%s-%d", id, i)}
		}
	}
	return l
}

// desire takes over the desired status of a task.
func (n *Node) desire(l *live, now time.Time, status string) {
	if l.held != nil {
		l.held.stop = l.held.stop || status == step.Stopped
		return
	}
	l.task.Desire(now, status)
	n.touch(l)
}

// Stop asks for tasks to be stopped, as a verified manifest says.
func (n *Node) Stop(ctx context.Context, arns []string) error {
	return n.do(ctx, func(now time.Time) {
		for _, arn := range arns {
			if l, ok := n.live[arn]; ok {
				n.desire(l, now, step.Stopped)
			}
		}
	})
}

// Retry delivers at once what could not be reported: the control plane is
// known to be there.
func (n *Node) Retry(ctx context.Context) error {
	return n.do(ctx, func(now time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			if l := n.live[arn]; l.held == nil {
				l.task.Retry(now)
				n.touch(l)
			}
		}
	})
}
