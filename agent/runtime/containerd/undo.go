package containerd

import (
	"context"

	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types/task"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Undo implements runtime.Undoer.
func (c *Client) Undo(ctx context.Context, id string) error {
	if len(id) > longestIdentifier || !identifier.MatchString(id) {
		return nil // nothing can have been started under it
	}
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	return failure("undo", id, c.undo(ctx, id))
}

// undo ends a container that waits for its start before it removes it: from then on it cannot begin. The shim writes down
// that it began before it answers anybody, so the record tells what a start that nobody waited for has come to.
func (c *Client) undo(ctx context.Context, id string) error {
	container, err := c.conn.ContainerService().Get(ctx, id)
	if errdefs.IsNotFound(err) {
		return c.remove(ctx, id)
	}
	if err != nil {
		return err
	}
	unrecorded := c.unrecorded(container.Labels)
	status, err := c.status(ctx, id)
	if err != nil {
		return err
	}
	if c.hasRun(id, status, unrecorded) {
		return errRan
	}
	if status == task.Status_CREATED {
		if err := c.killAndWait(ctx, id); err != nil {
			return err
		}
		if !unrecorded && c.hasRun(id, task.Status_STOPPED, false) {
			return errRan
		}
	}
	return c.remove(ctx, id)
}

// status is UNKNOWN of a container that has no process.
func (c *Client) status(ctx context.Context, id string) (task.Status, error) {
	state, err := c.conn.TaskService().Get(ctx, &tasks.GetRequest{ContainerID: id})
	if err = errgrpc.ToNative(err); errdefs.IsNotFound(err) {
		return task.Status_UNKNOWN, nil
	}
	if err != nil {
		return task.Status_UNKNOWN, err
	}
	return state.Process.Status, nil
}

// hasRun goes by the container's record. Where the shim keeps none it was written before the start was asked for, and only
// says that the process may have run if that is not waiting for its start any more.
func (c *Client) hasRun(id string, status task.Status, unrecorded bool) bool {
	_, started := c.seen(id)
	return started && (!unrecorded || status != task.Status_CREATED)
}

// begun is the answer to a start that the daemon did not live to answer.
func (c *Client) begun(id string) runtime.Started {
	started := runtime.Started{RuntimeID: id}
	if seen, ok := c.seen(id); ok {
		started.PID, started.StartedAt = seen.PID, seen.StartedAt
	}
	return started
}
