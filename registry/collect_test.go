package registry_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
)

func TestCollectKeepsWhatImagesNeed(t *testing.T) {
	ctx := context.Background()
	s := newServer(t, serverOptions{}, "a", "b", "gone")
	one, two := s.image("a", "one"), s.image("a", "two")
	kept := s.push("a", "v1", one)
	list := manifest{SchemaVersion: 2, MediaType: ociIndex, Manifests: []desc{{MediaType: ociManifest, Digest: kept, Size: len(one.encode(t))}}}
	s.push("a", "multi", list)
	dropped := s.push("a", "v2", two)
	loose := s.upload("b", []byte("never used"))
	lost := s.push("gone", "v1", s.image("gone", "three"))
	s.want(202, "DELETE", "/v2/a/manifests/"+dropped, nil)
	s.metadata.DeleteRepository("gone")
	if err := s.blobs.Forget("gone"); err != nil {
		t.Fatal(err)
	}

	now := time.Now()
	done, err := s.registry.Collect(ctx, now)
	if err != nil || done != (blob.Collected{}) {
		t.Errorf("within the grace, Collect = %+v, %v", done, err)
	}
	done, err = s.registry.Collect(ctx, now.Add(2*blob.DefaultGrace))
	if err != nil {
		t.Fatal(err)
	}
	// two's and three's manifest, config and layer, and the loose blob.
	if done.Blobs != 7 || done.Holdings != 4 || done.Bytes == 0 {
		t.Errorf("Collect = %+v", done)
	}
	for _, d := range []string{dropped, two.Config.Digest, two.Layers[0].Digest} {
		s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+d, nil)
	}
	s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/b/blobs/"+loose, nil)
	if _, err := s.blobs.Stat(blob.Digest(lost)); !errors.Is(err, blob.ErrUnknown) {
		t.Errorf("the image of the deleted repository: %v", err)
	}
	for _, d := range []string{one.Config.Digest, one.Layers[0].Digest} {
		s.want(200, "GET", "/v2/a/blobs/"+d, nil)
	}
	s.want(200, "GET", "/v2/a/manifests/v1", nil)
	s.want(200, "GET", "/v2/a/manifests/multi", nil)
	if done, err := s.registry.Collect(ctx, now.Add(2*blob.DefaultGrace)); err != nil || done != (blob.Collected{}) {
		t.Errorf("the second time, Collect = %+v, %v", done, err)
	}
}

func TestCollectSparesWhatIsAboutToBeUsed(t *testing.T) {
	s := newServer(t, serverOptions{}, "a")
	m := s.image("a", "one")
	old := time.Now().Add(-3 * blob.DefaultGrace)
	for _, sub := range []string{"blobs/sha256/*/*", "repositories/*/*"} {
		paths, err := filepath.Glob(filepath.Join(s.dir, sub))
		if err != nil || len(paths) != 2 {
			t.Fatalf("%v, %v", paths, err)
		}
		for _, path := range paths {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A client asks whether it has to upload, and pushes the manifest later.
	s.want(200, "HEAD", "/v2/a/blobs/"+m.Layers[0].Digest, nil)
	s.want(200, "HEAD", "/v2/a/blobs/"+m.Config.Digest, nil)
	if done, err := s.registry.Collect(context.Background(), time.Now()); err != nil || done != (blob.Collected{}) {
		t.Errorf("Collect = %+v, %v", done, err)
	}
	s.push("a", "v1", m)
}

func TestCollectRemovesNothingWhenItCannotKnow(t *testing.T) {
	s := newServer(t, serverOptions{}, "a")
	d := blob.Digest(s.push("a", "v1", s.image("a", "one")))
	loose := s.upload("a", []byte("loose"))
	if err := os.WriteFile(filepath.Join(s.dir, "blobs", "sha256", d.Hex()[:2], d.Hex()), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.registry.Collect(context.Background(), time.Now().Add(2*blob.DefaultGrace)); err == nil {
		t.Error("no error for a damaged manifest")
	}
	s.want(200, "GET", "/v2/a/blobs/"+loose, nil)
}

func TestPullsAreRecorded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := newServer(t, serverOptions{registry: registry.Options{Now: func() time.Time { return now }}}, "a")
	d := s.push("a", "v1", s.image("a", "one"))
	pulled := func() time.Time {
		t.Helper()
		image, err := s.metadata.Image(context.Background(), "a", registry.Reference{Digest: blob.Digest(d)})
		if err != nil {
			t.Fatal(err)
		}
		if !image.PushedAt.Equal(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("PushedAt is %v", image.PushedAt)
		}
		return image.LastPulledAt
	}
	s.want(200, "HEAD", "/v2/a/manifests/v1", nil)
	if got := pulled(); !got.IsZero() {
		t.Errorf("HEAD counts as a pull at %v", got)
	}
	first := now
	s.want(200, "GET", "/v2/a/manifests/v1", nil)
	now = now.Add(registry.DefaultPullResolution - time.Second)
	s.want(200, "GET", "/v2/a/manifests/v1", nil)
	if got := pulled(); !got.Equal(first) {
		t.Errorf("the second pull was recorded at %v", got)
	}
	now = now.Add(time.Second)
	s.want(200, "GET", "/v2/a/manifests/v1", nil)
	if got := pulled(); !got.Equal(now) {
		t.Errorf("the pull at %v was not recorded: %v", now, got)
	}
}
