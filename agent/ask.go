package agent

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Running returns the ARNs of the tasks that are not stopping, sorted.
func (n *Node) Running(ctx context.Context) (arns []string, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			if l := n.live[arn]; l.task.Payload().DesiredStatus == step.Running && !(l.held != nil && l.held.stop) {
				arns = append(arns, arn)
			}
		}
	})
	return arns, err
}

// Tasks returns what the node was told of its tasks, by ARN.
func (n *Node) Tasks(ctx context.Context) (all map[string]acs.Task, err error) {
	err = n.do(ctx, func(time.Time) {
		all = make(map[string]acs.Task, len(n.live))
		for arn, l := range n.live {
			all[arn] = l.payload
		}
	})
	return all, err
}

// Knows reports whether a task is the node's.
func (n *Node) Knows(ctx context.Context, arn string) (known bool, err error) {
	err = n.do(ctx, func(time.Time) { known = n.live[arn] != nil })
	return known, err
}

// TaskHealth is the health of one task's containers.
type TaskHealth struct {
	Task       acs.Task
	Containers []step.ContainerHealth
}

// Health returns the health of all tasks that have health checks, by ARN.
func (n *Node) Health(ctx context.Context) (all []TaskHealth, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			l := n.live[arn]
			if h := l.task.Health(); len(h) > 0 {
				all = append(all, TaskHealth{l.payload, h})
			}
		}
	})
	return all, err
}

func (n *Node) healthMayHaveChanged() {
	select {
	case n.health <- struct{}{}:
	default:
	}
}

// Process is a container that runs.
type Process struct {
	Task acs.Task
	Name string // the container's
	ID   string // in the runtime
	// Restarts is how often its restart policy has started it again; nil
	// without a policy.
	Restarts *int
}

// Processes returns the containers that run, by task and in the task's order.
func (n *Node) Processes(ctx context.Context) (all []Process, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			l := n.live[arn]
			for _, name := range l.task.RunningContainers() {
				p := Process{Task: l.payload, Name: name, ID: l.runs[name].id}
				if policy := containerOf(l.payload, name).RestartPolicy; policy != nil && policy.Enabled {
					p.Restarts = new(l.task.Restarts(name))
				}
				all = append(all, p)
			}
		}
	})
	return all, err
}
