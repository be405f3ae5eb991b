package containerd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types/task"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
	"github.com/roadstead/roadstead/agent/runtime/containerd/record"
)

// Signal implements runtime.Runtime.
func (c *Client) Signal(ctx context.Context, id string, signal syscall.Signal) error {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	err := errgrpc.ToNative(c.kill(ctx, id, signal))
	if err == nil || !hasEnded(err) {
		return failure("signal", id, err)
	}
	// Not found is said of a process that has ended as well as of a container that never was.
	_, err = c.conn.ContainerService().Get(ctx, id)
	return failure("signal", id, err)
}

// hasEnded reports whether a signal came too late: containerd knows runc's words for that, and gVisor's are these.
func hasEnded(err error) bool {
	return errdefs.IsNotFound(err) || strings.Contains(err.Error(), "sandbox is not running") || strings.Contains(err.Error(), "in state stopped")
}

func (c *Client) kill(ctx context.Context, id string, signal syscall.Signal) error {
	_, err := c.conn.TaskService().Kill(ctx, &tasks.KillRequest{ContainerID: id, Signal: uint32(signal)})
	return err
}

// Remove implements runtime.Runtime.
func (c *Client) Remove(ctx context.Context, id string) error {
	if len(id) > longestIdentifier || !identifier.MatchString(id) {
		return nil // nothing can have been started under it, and it must not become part of a path
	}
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	return failure("remove", id, c.remove(ctx, id))
}

// remove takes everything away in an order in which it can be cut short and done again: the container's own record,
// which tells what belongs to it, goes last.
func (c *Client) remove(ctx context.Context, id string) error {
	container, err := c.conn.ContainerService().Get(ctx, id)
	if errdefs.IsNotFound(err) {
		if err := c.removeState(ctx, id); err != nil {
			return err
		}
		return c.removeFiles(id)
	}
	if err != nil {
		return err
	}
	if err := c.end(ctx, id); err != nil {
		return err
	}
	task := container.Labels[labelTask]
	unlock := c.locks.own(task)
	defer unlock()
	if _, err := c.conn.TaskService().Delete(ctx, &tasks.DeleteTaskRequest{ContainerID: id}); err != nil && !errdefs.IsNotFound(errgrpc.ToNative(err)) {
		return errgrpc.ToNative(err)
	}
	if err := c.removeState(ctx, id); err != nil {
		return err
	}
	c.shims.release(task, id)
	c.ranges.release(task, id)
	snapshots := c.conn.SnapshotService(container.Snapshotter)
	if err := snapshots.Remove(ctx, container.SnapshotKey); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove snapshot: %w", err)
	}
	if err := c.removeGroup(ctx, task, id); err != nil {
		return err
	}
	if err := c.removeFiles(id); err != nil {
		return err
	}
	if err := c.groups.removeTask(task); err != nil {
		return err
	}
	if err := c.conn.ContainerService().Delete(ctx, id); err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	return nil
}

// end ends the container's process, if that has not ended by itself.
func (c *Client) end(ctx context.Context, id string) error {
	state, err := c.conn.TaskService().Get(ctx, &tasks.GetRequest{ContainerID: id})
	if err == nil && state.Process.Status != task.Status_STOPPED {
		err = c.killAndWait(ctx, id)
	}
	if err = errgrpc.ToNative(err); err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

func (c *Client) killAndWait(ctx context.Context, id string) error {
	if err := errgrpc.ToNative(c.kill(ctx, id, syscall.SIGKILL)); err != nil && !hasEnded(err) {
		// What has not begun can only be deleted, some runtimes say.
		labels, _ := c.labelsOf(ctx, id)
		if labels[labelRuntime] == "" {
			return err
		}
		if deleted := c.removeStates(ctx, id); deleted != nil {
			return errors.Join(err, deleted)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, killTimeout)
	defer cancel()
	if _, err := c.conn.TaskService().Wait(ctx, &tasks.WaitRequest{ContainerID: id}); err != nil {
		return fmt.Errorf("wait for the end of a killed process: %w", errgrpc.ToNative(err))
	}
	return nil
}

// removeState removes what runc still knows of a container, and its process if that is left: a shim that is killed while it
// makes a container takes runc with it, and containerd, which had no answer yet, asks nobody to clear up.
func (c *Client) removeState(ctx context.Context, id string) error {
	if err := c.removeStates(ctx, id); err != nil {
		return err
	}
	if _, err := os.Lstat(c.layout.runcState(c.options.Namespace, id)); os.IsNotExist(err) {
		return nil
	}
	return deleteState(ctx, c.options.Runc, filepath.Join(c.layout.runc(), c.options.Namespace), id)
}

func deleteState(ctx context.Context, program, root, id string) error {
	said, err := exec.CommandContext(ctx, program, "--root", root, "delete", "--force", id).CombinedOutput()
	if err != nil {
		return fmt.Errorf("remove state of %s: %w: %s", filepath.Base(program), err, bytes.TrimSpace(said))
	}
	return nil
}

// removeGroup removes the control group of a container that has ended, and whatever is left in it: another runtime than
// runc may leave processes behind, and so may a creation that nobody waited for.
func (c *Client) removeGroup(ctx context.Context, task, id string) error {
	ctx, cancel := context.WithTimeout(ctx, killTimeout)
	defer cancel()
	for {
		err := c.groups.removeContainer(task, id)
		if !errors.Is(err, cgroup.ErrBusy) {
			return err
		}
		if pid := c.groups.tree.FirstProcess(c.groups.ofContainer(task, id)); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(leastWatchPause):
		}
	}
}

func (c *Client) removeFiles(id string) error {
	if err := os.RemoveAll(c.layout.files(id)); err != nil {
		return fmt.Errorf("remove container's files: %w", err)
	}
	return record.Remove(c.layout.record(id))
}

// Purge removes every container and image of this client's namespace and the control group above them, for a node
// that is taken down. The daemon must be running; its directories are the caller's to remove once it has stopped.
func (c *Client) Purge(ctx context.Context) error {
	list, err := c.conn.ContainerService().List(ctx)
	if err != nil {
		return failure("list", "containers", err)
	}
	for _, container := range list {
		if err := c.Remove(ctx, container.ID); err != nil {
			return err
		}
	}
	if err := c.images.removeAll(ctx); err != nil {
		return failure("remove", "images", err)
	}
	if err := c.groups.removeRoot(); err != nil {
		return failure("remove", "control group", err)
	}
	return nil
}
