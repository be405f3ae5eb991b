package containerd

import (
	"context"
	"strings"
	"time"

	eventsapi "github.com/containerd/containerd/api/events"
	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types/task"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/typeurl/v2"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/record"
)

// lostExitCode is the exit code of a container whose end nobody saw.
const lostExitCode = 255

// view is what one watch has told its observer.
type view struct {
	client  *Client
	observe func(runtime.Event)
	present map[string]bool // containers that were told of and not removed
}

// list tells of every container as it is now.
func (v *view) list(ctx context.Context) error {
	list, err := v.client.conn.ContainerService().List(ctx)
	if err != nil {
		return err
	}
	response, err := v.client.conn.TaskService().List(ctx, &tasks.ListTasksRequest{})
	if err != nil {
		return err
	}
	processes := make(map[string]*task.Process, len(response.Tasks))
	for _, process := range response.Tasks {
		processes[process.ID] = process
	}
	for _, container := range list {
		v.client.known.put(container.ID, container.Labels)
		v.client.shims.adopt(container.ID, container.Labels)
		v.present[container.ID] = true
		v.observe(v.client.state(container, processes[container.ID]))
	}
	v.observe(runtime.Event{Status: runtime.StatusListed})
	return nil
}

// state puts together what containerd says of a container and what its shim wrote down. The record wins: it is also
// right when containerd was away at the end, and then forgot the process.
func (c *Client) state(container containers.Container, process *task.Process) runtime.Event {
	event := describe(container.ID, container.Labels)
	seen, started := c.seen(container.ID)
	switch {
	case started && seen.Exited:
		return exited(event, seen)
	case process != nil && (process.Status == task.Status_RUNNING || process.Status == task.Status_PAUSED):
		event.Status, event.PID, event.StartedAt = runtime.StatusRunning, int(process.Pid), seen.StartedAt
		return event
	case process != nil && process.Status == task.Status_STOPPED && started:
		return exited(event, c.conclude(event, seen, process.ExitStatus, process.ExitedAt.AsTime()))
	case started && process == nil:
		return c.lost(event, seen)
	}
	event.Status = runtime.StatusCreated
	return event
}

// conclude writes down an end that containerd tells of and the shim did not: it keeps no records, or the disk was full.
func (c *Client) conclude(event runtime.Event, seen record.Record, code uint32, at time.Time) record.Record {
	kills, err := c.groups.tree.OOMKills(c.groups.ofContainer(event.TaskID, event.ID))
	seen.Exited, seen.ExitCode, seen.ExitedAt, seen.OOMKilled = true, int(code), at, err == nil && kills > 0
	_ = record.Write(c.layout.record(event.ID), seen) // at worst it is concluded again
	return seen
}

// lost concludes what the shim could not write down. It is written now, so that the next listing says the same.
func (c *Client) lost(event runtime.Event, seen record.Record) runtime.Event {
	seen.Exited, seen.Lost, seen.ExitCode, seen.ExitedAt = true, true, lostExitCode, time.Now().UTC()
	_ = record.Write(c.layout.record(event.ID), seen) // at worst it is concluded again
	return exited(event, seen)
}

func exited(event runtime.Event, seen record.Record) runtime.Event {
	event.Status = runtime.StatusExited
	event.StartedAt, event.ExitedAt = seen.StartedAt, seen.ExitedAt
	event.ExitCode, event.OOMKilled, event.Lost = seen.ExitCode, seen.OOMKilled, seen.Lost
	return event
}

// seen reads the shim's record of a container.
func (c *Client) seen(id string) (record.Record, bool) {
	seen, err := record.Read(c.layout.record(id))
	return seen, err == nil
}

// apply tells of one change.
func (v *view) apply(ctx context.Context, envelope *events.Envelope) {
	decoded, err := typeurl.UnmarshalAny(envelope.Event)
	if err != nil {
		return // an event of a type that we do not know is not one of those we asked for
	}
	switch e := decoded.(type) {
	case *eventsapi.TaskStart:
		event := v.describe(ctx, e.ContainerID)
		seen, ok := v.client.seen(e.ContainerID)
		if ok && seen.Exited {
			return // its end is told by the event that follows
		}
		event.Status, event.PID, event.StartedAt = runtime.StatusRunning, int(e.Pid), seen.StartedAt
		v.present[e.ContainerID] = true
		v.observe(event)
	case *eventsapi.TaskExit:
		if e.ID == e.ContainerID {
			v.exit(ctx, e)
		}
	case *eventsapi.ContainerDelete:
		if v.present[e.ID] {
			event := v.describe(ctx, e.ID)
			event.Status = runtime.StatusRemoved
			v.observe(event)
		}
		delete(v.present, e.ID)
		v.client.known.drop(e.ID)
	}
}

func (v *view) exit(ctx context.Context, e *eventsapi.TaskExit) {
	seen, ok := v.client.seen(e.ContainerID)
	if !ok {
		return // it never started, which is an error of Start, or it has been removed
	}
	event := v.describe(ctx, e.ContainerID)
	v.present[e.ContainerID] = true
	if labels, _ := v.client.known.get(e.ContainerID); !seen.Exited && v.client.unrecorded(labels) {
		seen = v.client.conclude(event, seen, e.ExitStatus, e.ExitedAt.AsTime())
	}
	if !seen.Exited {
		v.observe(v.client.lost(event, seen)) // the shim was killed; containerd says what it could find out
		return
	}
	v.observe(exited(event, seen))
}

func (v *view) describe(ctx context.Context, id string) runtime.Event {
	labels, ok := v.client.known.get(id)
	if !ok {
		if container, err := v.client.conn.ContainerService().Get(ctx, id); err == nil {
			labels = container.Labels
			v.client.known.put(id, labels)
		}
	}
	return describe(id, labels)
}

// describe separates our labels from the caller's.
func describe(id string, labels map[string]string) runtime.Event {
	event := runtime.Event{ID: id, TaskID: labels[labelTask], Labels: make(map[string]string, len(labels))}
	for name, value := range labels {
		if !strings.HasPrefix(name, labelPrefix) {
			event.Labels[name] = value
		}
	}
	return event
}
