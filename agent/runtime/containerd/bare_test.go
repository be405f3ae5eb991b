package containerd

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
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
	ctx := context.Background()
	image := n.pull(b)
	container := runtime.Container{ID: "bare", TaskID: "bare", Image: image.Ref, Command: []string{"sleep", "1000"}}
	spec, unpacked, err := n.client.prepareSpec(ctx, container, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := n.client.writeFiles(container); err != nil {
		b.Fatal(err)
	}
	snapshots := n.client.conn.SnapshotService(n.client.options.Snapshotter)
	mounts, err := snapshots.Prepare(ctx, "bare", unpacked.snapshot,
		coresnapshots.WithLabels(map[string]string{"containerd.io/gc.root": "now"})) // no container refers to it
	if err != nil {
		b.Fatal(err)
	}
	bundle := b.TempDir()
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
	command := exec.Command(r.node.client.options.Runc, "--root", r.root, "--log", log, "run", "-d", "--bundle", r.bundle, id)
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(log)
		b.Fatalf("%v: %s", err, said)
	}
}

func (r *bare) remove(b testing.TB, id string) {
	b.Helper()
	if output, err := exec.Command(r.node.client.options.Runc, "--root", r.root, "delete", "-f", id).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
}
