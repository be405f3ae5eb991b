package containerd

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/roadstead/roadstead/agent/runtime"
)

// layered pushes busybox with more layers on top.
func (n *node) layered(t testing.TB, repository string, change func(*v1.Config), layers ...[]byte) runtime.Image {
	t.Helper()
	name := n.registry.Push(t, repository, change)
	image := n.registry.Pull(t, repository)
	for _, tar := range layers {
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(tar)), nil })
		if err != nil {
			t.Fatal(err)
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			t.Fatal(err)
		}
	}
	n.registry.PushImage(t, repository, image)
	pulled, err := n.client.Pull(context.Background(), runtime.PullRequest{Image: name, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return pulled
}

func TestVolumesAreFilledFromTheImage(t *testing.T) {
	n := newNode(t)
	image := n.layered(t, "test/data:1", nil, archive(t,
		folder("srv", 0o755), folder("srv/data", 0o750).of(1000, 1001), file("srv/data/mine", 0o600, "of web\n").of(1000, 1001),
		file("srv/data/tool", 0o4755, "#!/bin/sh\n"), folder("srv/data/deep", 0o755), link("srv/data/deep/out", "/etc/passwd"),
		link("srv/alias", "data"), link("srv/escape", "../../../../../../tmp"), file("srv/plain", 0o644, "x")))
	volume := func() string {
		dir := filepath.Join(t.TempDir(), "_data")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	look := "stat -c '%n %u:%g %a' /srv/data /srv/data/mine /srv/data/tool; cat /srv/data/mine"
	want := "/srv/data 1000:1001 750\n/srv/data/mine 1000:1001 600\n/srv/data/tool 0:0 4755\nof web\n"
	first := volume()
	output, _ := n.run(t, runtime.Container{ID: "fills", Image: image.Ref, Command: []string{"sh", "-c", look + "; echo changed > /srv/data/mine"},
		Mounts: []runtime.Mount{{Source: first, Destination: "/srv/data/", Fill: true}}})
	if output != want {
		t.Errorf("filled with %q", output)
	}
	output, _ = n.run(t, runtime.Container{ID: "again", Image: image.Ref, Command: []string{"cat", "/srv/data/mine"},
		Mounts: []runtime.Mount{{Source: first, Destination: "/srv/data", Fill: true}}})
	if output != "changed\n" {
		t.Errorf("a volume that is not empty has %q", output)
	}
	if mapsMounts(t, n.client.options.Runc) {
		output, _ = n.run(t, runtime.Container{ID: "isolated", Image: image.Ref, Isolated: true, Command: []string{"sh", "-c", look},
			Mounts: []runtime.Mount{{Source: volume(), Destination: "/srv/data", Fill: true}}})
		if output != want {
			t.Errorf("with users of its own: %q", output)
		}
	}
	aliased := volume()
	output, _ = n.run(t, runtime.Container{ID: "alias", Image: image.Ref, Command: []string{"cat", "/srv/data/mine"},
		Mounts: []runtime.Mount{{Source: aliased, Destination: "/srv/alias", Fill: true}}})
	if found, err := os.ReadFile(filepath.Join(aliased, "mine")); output != "of web\n" || string(found) != "of web\n" || err != nil {
		t.Errorf("by way of a link: %q, %q, %v", output, found, err)
	}
	for _, none := range []string{"/nowhere", "/srv/escape"} {
		empty := volume()
		n.run(t, runtime.Container{ID: "none", Image: image.Ref, Command: []string{"true"}, Mounts: []runtime.Mount{{Source: empty, Destination: none, Fill: true}}})
		if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
			t.Errorf("from %s: %v, %v", none, entries, err)
		}
	}
}

// TestFillingGoesOn has the volume that another container has mounted, and what is left of a start that was cut short.
func TestFillingGoesOn(t *testing.T) {
	dir := t.TempDir()
	volume, filled := filepath.Join(dir, "v"), filepath.Join(dir, ".v.filled")
	for _, made := range []string{volume, filled, filepath.Join(filled, "deep")} {
		if err := os.Mkdir(made, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range map[string]string{filepath.Join(volume, "a"): "new", filepath.Join(filled, "a"): "old", filepath.Join(filled, "deep", "b"): "b"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filled, 0o700); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(volume)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{fills: newTaskLocks()}
	if err := c.fill(t.Context(), runtime.Container{Mounts: []runtime.Mount{{Source: volume, Destination: "/v", Fill: true}}}, &unpacked{snapshot: "x"}); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(filepath.Join(volume, "a"))
	b, _ := os.ReadFile(filepath.Join(volume, "deep", "b"))
	after, err := os.Stat(volume)
	if err != nil || string(a) != "new" || string(b) != "b" || !os.SameFile(before, after) || after.Mode().Perm() != 0o700 {
		t.Errorf("%q, %q, %v, %v", a, b, after, err)
	}
	if _, err := os.Stat(filled); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
}

// TestLooksAreSweptUp leaves a mounted image behind, as a client does that is killed while it copies.
func TestLooksAreSweptUp(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	found, err := n.client.images.get(t.Context(), image.Ref)
	if err != nil {
		t.Fatal(err)
	}
	mounted := func() int {
		table, err := os.ReadFile("/proc/self/mounts")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(table), n.layout.looks())
	}
	err = n.client.images.inside(t.Context(), found, func(root string) error {
		if _, err := os.Stat(filepath.Join(root, "bin", "busybox")); err != nil || mounted() != 1 {
			t.Errorf("%d mounts, %v", mounted(), err)
		}
		n.reopen(t)
		return nil
	})
	if left, errLeft := os.ReadDir(n.layout.looks()); mounted() != 0 || errLeft != nil || len(left) > 0 {
		t.Errorf("%d mounts are left, %v, %v, %v", mounted(), left, errLeft, err)
	}
}

func TestOneVolumeIsFilledOnce(t *testing.T) {
	n := newNode(t)
	image := n.layered(t, "test/data:1", nil, archive(t, folder("data", 0o755), file("data/a", 0o644, strings.Repeat("a", 1<<20))))
	source := filepath.Join(t.TempDir(), "_data")
	if err := os.Mkdir(source, 0o755); err != nil {
		t.Fatal(err)
	}
	var together sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		together.Go(func() {
			c := runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sleep", "1000"}, Mounts: []runtime.Mount{{Source: source, Destination: "/data", Fill: true}}}
			if _, err := n.client.Start(context.Background(), c); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if entries, err := os.ReadDir(filepath.Dir(source)); err != nil || len(entries) != 1 {
		t.Errorf("beside the volume: %v, %v", entries, err)
	}
	if info, err := os.Stat(filepath.Join(source, "a")); err != nil || info.Size() != 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
}
