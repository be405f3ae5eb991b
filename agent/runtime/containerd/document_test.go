package containerd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	ocidigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestDocumentsAreSmall has images whose documents would not fit into memory, had they the size that they could have.
func TestDocumentsAreSmall(t *testing.T) {
	n := newNode(t)
	large := pushLarge(t, n, "test/large:1", maxDocument+1)
	if _, err := n.client.Pull(t.Context(), runtime.PullRequest{Image: n.registry.Host + "/test/large:1", PlainHTTP: true}); err != nil {
		t.Fatalf("a large layer: %v", err)
	}
	n.keepBlob(t, "test/large:1", large)
	other := pushLarge(t, n, "test/large:2", maxDocument+2)
	n.registry.Push(t, "test/busybox:1", func(c *v1.Config) { c.Labels = map[string]string{"long": strings.Repeat("x", maxDocument)} })
	small, err := n.registry.Pull(t, "test/large:1").Manifest()
	if err != nil {
		t.Fatal(err)
	}
	// manifest is the one of a small image with another configuration.
	manifest := func(kind types.MediaType, digest string, size int64, spaces int) []byte {
		m := small.DeepCopy()
		m.Config.MediaType, m.Config.Size = kind, size
		if m.Config.Digest, err = v1.NewHash(digest); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return append(text, strings.Repeat(" ", spaces)...)
	}
	configuration := small.Config.MediaType
	layer := types.DockerLayer
	for _, test := range []struct {
		name string
		body []byte
	}{
		{"a layer that is there as the configuration", manifest(configuration, large, 100, 0)},
		{"a layer that is not there as the configuration", manifest(configuration, other, maxDocument+2048, 0)},
		{"a configuration that is a layer by its type", manifest(layer, other, maxDocument+2048, 0)},
		{"a configuration that is there and a layer by its type", manifest(layer, large, 100, 0)},
		{"a configuration of no known type", manifest("application/x-other", large, 100, 0)},
		{"a manifest with spaces", manifest(configuration, small.Config.Digest.String(), small.Config.Size, maxDocument)},
	} {
		sum := sha256.Sum256(test.body)
		digest := "sha256:" + hex.EncodeToString(sum[:])
		host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
			if !strings.Contains(r.URL.Path, "/manifests/") {
				honest.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", string(small.MediaType))
			w.Header().Set("Docker-Content-Digest", digest)
			w.Header().Set("Content-Length", fmt.Sprint(len(test.body)))
			if r.Method != http.MethodHead {
				w.Write(test.body)
			}
		})
		_, err := n.client.Pull(t.Context(), runtime.PullRequest{Image: host + "/test/large:1", PlainHTTP: true})
		if runtime.KindOf(err) != runtime.KindBadImage || !strings.Contains(err.Error(), "more than 4194304") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err = n.client.Pull(t.Context(), runtime.PullRequest{Image: n.registry.Host + "/test/busybox:1", PlainHTTP: true})
	if runtime.KindOf(err) != runtime.KindBadImage || !strings.Contains(err.Error(), "more than 4194304") {
		t.Errorf("a configuration with a long label: %v", err)
	}
}

// keepBlob has the node keep a layer, which it only does while it is pulled.
func (n *node) keepBlob(t *testing.T, repository, digest string) {
	t.Helper()
	layers, err := n.registry.Pull(t, repository).Layers()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := layers[0].Digest()
	if err != nil || hash.String() != digest {
		t.Fatalf("%s, %v", hash, err)
	}
	size, err := layers[0].Size()
	if err != nil {
		t.Fatal(err)
	}
	store, of := n.client.conn.ContentStore(), ocispec.Descriptor{Digest: ocidigest.Digest(digest), Size: size}
	root := map[string]string{"containerd.io/gc.root": "now"}
	// The layer may be there still, and about to be collected: then it is not written, and has no label.
	eventually(t, "a layer that is kept", func() bool {
		text, err := layers[0].Compressed()
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		if err := content.WriteBlob(t.Context(), store, "kept", text, of, content.WithLabels(root)); err != nil {
			t.Fatal(err)
		}
		_, err = store.Update(t.Context(), content.Info{Digest: of.Digest, Labels: root}, "labels.containerd.io/gc.root")
		return err == nil
	})
}
