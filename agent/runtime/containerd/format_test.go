package containerd

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/compression"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// look pulls an image and shows its files.
func (n *node) look(t testing.TB, name string, look func(root string)) runtime.Image {
	t.Helper()
	ctx := context.Background()
	image, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, PlainHTTP: true})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	found, err := n.client.images.get(ctx, image.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.client.images.inside(ctx, found, func(root string) error { look(root); return nil }); err != nil {
		t.Fatal(err)
	}
	return image
}

func TestFormatsOfImages(t *testing.T) {
	n := newNode(t)
	content := func(text string) []byte { return archive(t, file("which", 0o644, text)) }
	zstd, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content("zstd"))), nil },
		tarball.WithCompression(compression.ZStd), tarball.WithMediaType(types.OCILayerZStd))
	if err != nil {
		t.Fatal(err)
	}
	oci := func(image v1.Image) v1.Image {
		return mutate.ConfigMediaType(mutate.MediaType(image, types.OCIManifestSchema1), types.OCIConfigJSON)
	}
	with := func(image v1.Image, layer v1.Layer) v1.Image {
		out, err := mutate.Append(forThisMachine(t, image), mutate.Addendum{Layer: layer})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for kind, image := range map[string]v1.Image{
		"docker": withLayer(t, content("docker")),
		"zstd":   with(oci(empty.Image), zstd),
		"plain":  with(oci(empty.Image), static.NewLayer(content("plain"), types.OCIUncompressedLayer)),
	} {
		n.look(t, n.registry.PushImage(t, "test/"+kind+":1", image), func(root string) {
			if got, err := os.ReadFile(filepath.Join(root, "which")); string(got) != kind {
				t.Errorf("%s: %q, %v", kind, got, err)
			}
		})
	}
	manifest := func(mediaType, body string) string {
		return meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			if r.Method != http.MethodHead {
				fmt.Fprint(w, body)
			}
		})
	}
	old := manifest("application/vnd.docker.distribution.manifest.v1+prettyjws", `{"schemaVersion": 1, "name": "old", "tag": "1", "fsLayers": [], "history": []}`)
	_, err = n.client.Pull(t.Context(), runtime.PullRequest{Image: old + "/old:1", PlainHTTP: true})
	if runtime.KindOf(err) != runtime.KindBadImage || !strings.Contains(err.Error(), "no longer supported") {
		t.Errorf("schema 1: %v", err)
	}
}

func TestPlatformOfAnIndex(t *testing.T) {
	n := newNode(t)
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[goruntime.GOARCH]
	entry := func(architecture string) mutate.IndexAddendum {
		image := withLayer(t, archive(t, file("which", 0o644, architecture)))
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config = config.DeepCopy()
		config.Architecture = architecture
		if image, err = mutate.ConfigFile(image, config); err != nil {
			t.Fatal(err)
		}
		return mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}}
	}
	for _, kind := range []types.MediaType{types.OCIImageIndex, types.DockerManifestList} {
		index := mutate.IndexMediaType(mutate.AppendManifests(empty.Index, entry(other), entry(goruntime.GOARCH)), kind)
		digest, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		image := n.look(t, n.registry.PushIndex(t, "test/both:1", index), func(root string) {
			if got, err := os.ReadFile(filepath.Join(root, "which")); string(got) != goruntime.GOARCH {
				t.Errorf("%s: the layer of %q, %v", kind, got, err)
			}
		})
		if image.Digest != digest.String() {
			t.Errorf("%s: digest %s, of the index %s", kind, image.Digest, digest)
		}
	}
	name := n.registry.PushIndex(t, "test/foreign:1", mutate.AppendManifests(empty.Index, entry(other)))
	_, err := n.client.Pull(t.Context(), runtime.PullRequest{Image: name, PlainHTTP: true})
	if runtime.KindOf(err) != runtime.KindBadImage || !strings.Contains(err.Error(), "no match for platform") {
		t.Errorf("an index without this machine's platform: %v", err)
	}
}

// TestFilesOfLayers has layers change, hide and replace each other's files.
func TestFilesOfLayers(t *testing.T) {
	n := newNode(t)
	capability := string([]byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // cap_net_bind_service=ep
	bind := file("bin/bind", 0o755, "x")
	bind.Format, bind.PAXRecords = tar.FormatPAX, map[string]string{"SCHILY.xattr.security.capability": capability}
	hard := entry{Header: tar.Header{Name: "bin/hard", Typeflag: tar.TypeLink, Linkname: "bin/first"}}
	image := withLayer(t, archive(t, folder("bin", 0o755), file("bin/first", 0o755, "first"), hard, bind, file("bin/su", 0o4755, "su"), folder("tmp", 0o1777),
		file("gone", 0o644, "gone"), folder("opaque", 0o755), file("opaque/old", 0o644, "old"), file("turns", 0o644, "file"), file("of", 0o640, "x").of(7, 8)))
	top, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive(t, file(".wh.gone", 0, ""), folder("opaque", 0o755), file("opaque/.wh..wh..opq", 0, ""), file("opaque/new", 0o644, "new"),
			folder("turns", 0o755), file("turns/inside", 0o644, "y")))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if image, err = mutate.AppendLayers(image, top); err != nil {
		t.Fatal(err)
	}
	n.look(t, n.registry.PushImage(t, "test/files:1", image), func(root string) {
		at := func(name string) string { return filepath.Join(root, name) }
		for name, want := range map[string]os.FileMode{"bin/su": os.ModeSetuid | 0o755, "tmp": os.ModeDir | os.ModeSticky | 0o777, "turns": os.ModeDir | 0o755, "opaque/new": 0o644} {
			if info, err := os.Lstat(at(name)); err != nil || info.Mode() != want {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
		for _, name := range []string{"gone", "opaque/old", ".wh.gone", "opaque/.wh..wh..opq"} {
			if _, err := os.Lstat(at(name)); !os.IsNotExist(err) {
				t.Errorf("%s is there: %v", name, err)
			}
		}
		first, err1 := os.Stat(at("bin/first"))
		linked, err2 := os.Stat(at("bin/hard"))
		if errors.Join(err1, err2) != nil || !os.SameFile(first, linked) {
			t.Errorf("hard link: %v, %v", err1, err2)
		}
		value := make([]byte, 64)
		if size, err := unix.Lgetxattr(at("bin/bind"), "security.capability", value); err != nil || string(value[:size]) != capability {
			t.Errorf("capabilities of a file: %x, %v", value[:max(size, 0)], err)
		}
		var info unix.Stat_t
		if err := unix.Lstat(at("of"), &info); err != nil || info.Uid != 7 || info.Gid != 8 {
			t.Errorf("owner: %+v, %v", info, err)
		}
	})
}

// TestLayersOfElsewhere has a manifest name an address for its layer, which nobody may be asked at.
func TestLayersOfElsewhere(t *testing.T) {
	n := newNode(t)
	var asked atomic.Int32
	elsewhere := meanRegistry(t, n, func(http.ResponseWriter, *http.Request, http.Handler) { asked.Add(1) })
	layer := static.NewLayer(archive(t, file("which", 0o644, "registry's")), types.DockerUncompressedLayer)
	image, err := mutate.Append(forThisMachine(t, empty.Image), mutate.Addendum{Layer: layer, URLs: []string{"http://" + elsewhere + "/layer"}})
	if err != nil {
		t.Fatal(err)
	}
	n.look(t, n.registry.PushImage(t, "test/urls:1", image), func(root string) {
		if got, err := os.ReadFile(filepath.Join(root, "which")); string(got) != "registry's" {
			t.Errorf("%q, %v", got, err)
		}
	})
	if asked.Load() != 0 {
		t.Errorf("elsewhere was asked %d times", asked.Load())
	}
}

// TestLayersThatLeaveTheirPlace has names and links that lead out of the image.
func TestLayersThatLeaveTheirPlace(t *testing.T) {
	n := newNode(t)
	outside := filepath.Join(t.TempDir(), "outside")
	for name, image := range map[string]v1.Image{
		"dots": withLayer(t, archive(t, file("../../../../../../../.."+outside, 0o644, "x"))),
		"link": withLayer(t, archive(t, link("way", filepath.Dir(outside)), file("way/outside", 0o644, "x"))),
	} {
		pushed := n.registry.PushImage(t, "test/"+name+":1", image)
		_, err := n.client.Pull(t.Context(), runtime.PullRequest{Image: pushed, PlainHTTP: true}) // refused or put inside
		if _, found := os.Lstat(outside); !os.IsNotExist(found) {
			t.Errorf("%s: a file is written outside: %v", name, err)
		}
	}
}
