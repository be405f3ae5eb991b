package containerd

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/snapshots"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/roadstead/roadstead/agent/runtime"
)

// kept counts what the node has of images: records, snapshots and blobs on its disk.
func (n *node) kept(t testing.TB) (records, layers, blobs int) {
	t.Helper()
	ctx := context.Background()
	images, err := n.client.conn.ImageService().List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = n.client.conn.SnapshotService(n.client.options.Snapshotter).Walk(ctx, func(context.Context, snapshots.Info) error { layers++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(n.layout.Root, "io.containerd.content.v1.content", "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(images), layers, len(files)
}

func TestRemovedImagesAreGone(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	first := n.pull(t)
	other := n.registry.Push(t, "test/other:1", func(c *v1.Config) { c.WorkingDir = "/tmp" }) // of the same layer
	second, err := n.client.Pull(ctx, runtime.PullRequest{Image: other, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	n.start(t, runtime.Container{ID: "uses", TaskID: "uses", Image: first.Ref, Command: []string{"sleep", "1000"}})
	listed, err := n.client.ListImages(ctx)
	if err != nil || len(listed) != 2 {
		t.Fatalf("%+v, %v", listed, err)
	}
	for _, image := range listed {
		if image.InUse != (image.Ref == first.Ref) || len(image.Names) != 1 || image.PulledAt.IsZero() {
			t.Errorf("%+v", image)
		}
	}
	if err := n.client.RemoveImage(ctx, first.Ref); runtime.KindOf(err) != runtime.KindExists {
		t.Errorf("an image in use: %v", err)
	}
	if err := n.client.RemoveImage(ctx, second.Ref); err != nil {
		t.Error(err)
	}
	output, _ := n.run(t, runtime.Container{ID: "still", Image: first.Ref})
	if output != "hello from the image\n" {
		t.Errorf("the layer that both had: %q", output)
	}
	if _, err := n.client.Start(ctx, runtime.Container{ID: "late", TaskID: "late", Image: second.Ref}); runtime.KindOf(err) != runtime.KindNotFound {
		t.Errorf("start of an image that is gone: %v", err)
	}
	if err := n.client.Remove(ctx, "uses"); err != nil {
		t.Fatal(err)
	}
	if err := n.client.RemoveImage(ctx, first.Ref); err != nil {
		t.Error(err)
	}
	if records, layers, blobs := n.kept(t); records != 0 || layers != 0 || blobs != 0 {
		t.Errorf("left: %d records, %d snapshots, %d blobs", records, layers, blobs)
	}
	if err := n.client.RemoveImage(ctx, first.Ref); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := n.client.Pull(ctx, runtime.PullRequest{Image: other, PlainHTTP: true, Policy: runtime.PullPreferCached}); err != nil {
		t.Errorf("pull it again: %v", err)
	}
}

// TestImageWhoseTagHasMoved removes by digest and repository: a tag that moved leaves its old image without a name.
func TestImageWhoseTagHasMoved(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	var refs []string
	for at := range 3 {
		name := n.registry.Push(t, "test/busybox:1", func(c *v1.Config) { c.Env = []string{fmt.Sprint("N=", at)} })
		image, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, PlainHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, image.Ref)
	}
	listed, err := n.client.ListImages(ctx)
	if err != nil || len(listed) != 3 {
		t.Fatalf("%+v, %v", listed, err)
	}
	for _, image := range listed {
		if named := len(image.Names) > 0; named != (image.Ref == refs[2]) {
			t.Errorf("%+v", image)
		}
	}
	for _, ref := range refs[:2] {
		if err := n.client.RemoveImage(ctx, ref); err != nil {
			t.Error(err)
		}
	}
	if records, layers, _ := n.kept(t); records != 2 || layers != 1 {
		t.Errorf("left: %d records, %d snapshots", records, layers)
	}
	size, taken, err := n.client.Disk(ctx)
	if err != nil || taken <= 0 || size < taken {
		t.Errorf("disk of %d bytes, %d taken, %v", size, taken, err)
	}
	if name, err := FullName("busybox"); err != nil || name != "docker.io/library/busybox:latest" {
		t.Errorf("%s, %v", name, err)
	}
}
