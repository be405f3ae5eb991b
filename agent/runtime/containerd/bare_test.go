package containerd

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/mount"
	coresnapshots "github.com/containerd/containerd/v2/core/snapshots"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// bare runs the same configuration as Start with runc alone.
type bare struct {
	node         *node
	bundle, root string
}

func newBare(b testing.TB, n *node) *bare {
	b.Helper()
	return newBareOf(b, n, runtime.Container{Image: n.pull(b).Ref, Command: []string{"sleep", "1000"}}, 0)
}

// newBareOf is newBare for a container of the caller's; first is the machine's user who is its root, if it is isolated.
func newBareOf(b testing.TB, n *node, container runtime.Container, first uint32) *bare {
	b.Helper()
	ctx := context.Background()
	container.ID, container.TaskID = "bare", "bare"
	spec, unpacked, err := n.client.prepareSpec(ctx, container, first)
	if err != nil {
		b.Fatal(err)
	}
	if err := n.client.writeFiles(container); err != nil {
		b.Fatal(err)
	}
	snapshots := n.client.conn.SnapshotService(n.client.options.Snapshotter)
	labels := map[string]string{"containerd.io/gc.root": "now"} // no container refers to it
	if container.Isolated {
		maps.Copy(labels, snapshotUsers(first))
	}
	mounts, err := snapshots.Prepare(ctx, "bare", unpacked.snapshot, coresnapshots.WithLabels(labels))
	if err != nil {
		b.Fatal(err)
	}
	bundle := b.TempDir()
	if err := os.Chmod(filepath.Dir(bundle), 0o711); err != nil { // its user may not be root
		b.Fatal(err)
	}
	rootfs := filepath.Join(bundle, "rootfs")
	if err := os.Mkdir(rootfs, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := mount.All(mounts, rootfs); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := unix.Unmount(rootfs, 0); err != nil {
			b.Error(err)
		}
		_ = snapshots.Remove(ctx, "bare")
		_ = n.client.groups.removeTask("bare")
	})
	encoded, err := json.Marshal(spec)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), encoded, 0o600); err != nil {
		b.Fatal(err)
	}
	return &bare{node: n, bundle: bundle, root: b.TempDir()}
}

func (r *bare) run(b testing.TB, id string) {
	b.Helper()
	log := filepath.Join(r.bundle, "log")
	command := r.node.runcCommand("--root", r.root, "--log", log, "run", "-d", "--bundle", r.bundle, id)
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(log)
		b.Fatalf("%v: %s", err, said)
	}
}

func (r *bare) remove(b testing.TB, id string) {
	b.Helper()
	if output, err := r.node.runcCommand("--root", r.root, "delete", "-f", id).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
}
