package containerd

import (
	"context"
	"os"
	"testing"
	"time"

	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/v2/core/mount"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

// A start that was cut short before its process was let go is undone, wherever it was cut.
func TestUndoOfWhatNeverRan(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	instance := n.instance(t)
	image, err := n.client.Pull(ctx, instance.Image)
	if err != nil {
		t.Fatal(err)
	}
	for _, withProcess := range []bool{false, true} {
		container := scripted(runtime.Container{ID: "cut", TaskID: "task-cut", Image: image.Ref}, runtimetest.Program{})
		n.cutShort(t, ctx, container, withProcess)
		if err := n.client.Undo(ctx, "cut"); err != nil {
			t.Errorf("with a process %v: %v", withProcess, err)
		}
		if _, err := n.client.Start(ctx, container); err != nil {
			t.Errorf("start after undo: %v", err)
		}
		if kind := runtime.KindOf(n.client.Undo(ctx, "cut")); kind != runtime.KindExists {
			t.Errorf("undo of what runs is of kind %d", kind)
		}
		if err := n.client.Remove(ctx, "cut"); err != nil {
			t.Error(err)
		}
	}
}

// A shim that was killed with runc while that made a container leaves a state behind that nobody else knows of.
func TestStateOfACutCreate(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	image, err := n.client.Pull(ctx, n.instance(t).Image)
	if err != nil {
		t.Fatal(err)
	}
	container := scripted(runtime.Container{ID: "cut", TaskID: "task-cut", Image: image.Ref}, runtimetest.Program{})
	state := n.layout.runcState(n.client.options.Namespace, "cut")
	for name, take := range map[string]func(context.Context, string) error{"undo": n.client.Undo, "remove": n.client.Remove} {
		for _, registered := range []bool{false, true} {
			if registered {
				n.cutShort(t, ctx, container, false)
			}
			if err := os.MkdirAll(state, 0o711); err != nil {
				t.Fatal(err)
			}
			if err := take(ctx, "cut"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := os.Lstat(state); !os.IsNotExist(err) {
				t.Errorf("%s, registered %v: the state is left: %v", name, registered, err)
			}
		}
	}
}

// cutShort does what Start does up to the moment before the process may begin, or before there is one.
func (n *node) cutShort(t *testing.T, ctx context.Context, container runtime.Container, withProcess bool) {
	t.Helper()
	c := n.client
	spec, image, err := c.prepareSpec(ctx, container, 0)
	if err != nil {
		t.Fatal(err)
	}
	shim, done, err := c.shims.acquire(ctx, container.TaskID, container.ID, container.Isolated)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if err := c.register(ctx, container, nil, image, spec, shim); err != nil {
		t.Fatal(err)
	}
	if !withProcess {
		return
	}
	if err := c.groups.begin(container.TaskID, container); err != nil {
		t.Fatal(err)
	}
	defer c.groups.end(container.TaskID)
	if err := c.writeFiles(container); err != nil {
		t.Fatal(err)
	}
	mounts, err := c.conn.SnapshotService(c.options.Snapshotter).Prepare(ctx, container.ID, image.snapshot)
	if err != nil {
		t.Fatal(err)
	}
	request := &tasks.CreateTaskRequest{ContainerID: container.ID, Rootfs: mount.ToProto(mounts)}
	if shim != "" {
		request.TaskApiAddress, request.TaskApiVersion = "ttrpc+"+shim, shimVersion
	}
	if _, err := c.conn.TaskService().Create(ctx, request); err != nil {
		t.Fatal(err)
	}
}
