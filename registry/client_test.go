package registry_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/sampleimage"
)

// Here go-containerregistry's client, and skopeo where it is installed, use
// the registry as their users do.

func reference(t *testing.T, text string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// transport is a connection pool that ends with the test.
func transport(t *testing.T) remote.Option {
	pool := &http.Transport{}
	t.Cleanup(pool.CloseIdleConnections)
	return remote.WithTransport(pool)
}

func sampleImage(t *testing.T, name string) v1.Image {
	t.Helper()
	image, err := sampleimage.Build(sampleimage.Spec{
		Layers: [][]sampleimage.File{
			{{Path: "/bin/app", Mode: 0o755, Content: []byte("program " + name)}},
			{{Path: "/etc/app.conf", Mode: 0o644, Content: []byte("settings")}},
		},
		Entrypoint: []string{"/bin/app"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func imageDigest(t *testing.T, image interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	d, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestClientPushPullListDelete(t *testing.T) {
	s := newServer(t, serverOptions{}, "shop/web")
	image := sampleImage(t, "one")
	byDigest, err := sampleimage.Push(context.Background(), image, s.host+"/shop/web:v1", sampleimage.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	pool := transport(t)
	for _, ref := range []string{byDigest, s.host + "/shop/web:v1"} {
		pulled, err := remote.Image(reference(t, ref), pool)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(pulled); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
		if got, want := imageDigest(t, pulled), imageDigest(t, image); got != want {
			t.Errorf("%s: pulled %s, pushed %s", ref, got, want)
		}
	}
	repository := reference(t, s.host+"/shop/web:v1").Context()
	tags, err := remote.List(repository, pool)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"v1"}, tags); diff != "" {
		t.Error(diff)
	}
	if err := remote.Delete(reference(t, byDigest), pool); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Head(reference(t, byDigest), pool); err == nil {
		t.Error("the deleted image is still there")
	}
}

func TestClientIndex(t *testing.T) {
	s := newServer(t, serverOptions{}, "multi")
	index, err := random.Index(2048, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	pool := transport(t)
	for _, media := range []types.MediaType{types.OCIImageIndex, types.DockerManifestList} {
		index := mutate.IndexMediaType(index, media)
		ref := reference(t, s.host+"/multi:latest")
		if err := remote.WriteIndex(ref, index, pool); err != nil {
			t.Fatal(err)
		}
		pulled, err := remote.Index(ref, pool)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(pulled); err != nil {
			t.Error(err)
		}
	}
}

func TestClientMountsFromAnotherRepository(t *testing.T) {
	s := newServer(t, serverOptions{}, "from", "to")
	image := sampleImage(t, "one")
	pool := transport(t)
	if err := remote.Write(reference(t, s.host+"/from:v1"), image, pool); err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(reference(t, s.host+"/from:v1"), pool)
	if err != nil {
		t.Fatal(err)
	}
	before := len(uploaded(s))
	if err := remote.Write(reference(t, s.host+"/to:v1"), pulled, pool); err != nil {
		t.Fatal(err)
	}
	// The config is uploaded always; the layers are mounted.
	if got := len(uploaded(s)) - before; got > 1 {
		t.Errorf("%d blobs were uploaded again", got)
	}
	again, err := remote.Image(reference(t, s.host+"/to:v1"), pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(again); err != nil {
		t.Error(err)
	}
}

func uploaded(s *server) []registry.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []registry.Event
	for _, event := range s.events {
		if event.Kind == registry.BlobUploaded {
			events = append(events, event)
		}
	}
	return events
}

func TestClientReferrers(t *testing.T) {
	s := newServer(t, serverOptions{}, "shop/web")
	image := sampleImage(t, "one")
	ref := reference(t, s.host+"/shop/web:v1")
	pool := transport(t)
	if err := remote.Write(ref, image, pool); err != nil {
		t.Fatal(err)
	}
	head, err := remote.Head(ref, pool)
	if err != nil {
		t.Fatal(err)
	}
	signature, ok := mutate.Subject(sampleImage(t, "signature"), *head).(v1.Image)
	if !ok {
		t.Fatal("an image with a subject is no image")
	}
	signed := ref.Context().Digest(imageDigest(t, signature))
	if err := remote.Write(signed, signature, pool); err != nil {
		t.Fatal(err)
	}
	index, err := remote.Referrers(ref.Context().Digest(head.Digest.String()), pool)
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Manifests) != 1 || list.Manifests[0].Digest.String() != signed.DigestStr() {
		t.Errorf("referrers are %+v", list.Manifests)
	}
}

func TestSkopeoCopiesBothWays(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skipping copies by skopeo: it is not installed")
	}
	busybox, err := sampleimage.FindBusybox()
	if err != nil {
		t.Skipf("skipping copies by skopeo: %v", err)
	}
	s := newServer(t, serverOptions{authorize: onlyUser("AWS", "token")}, "shop/web", "shop/copy")
	run := func(args ...string) {
		t.Helper()
		command := exec.Command(skopeo, append([]string{"--insecure-policy"}, args...)...)
		command.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir())
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("skopeo %v: %v\n%s", args, err, out)
		}
	}
	for _, format := range []sampleimage.Format{sampleimage.OCI, sampleimage.Docker} {
		image, err := sampleimage.Web(context.Background(), busybox, format)
		if err != nil {
			t.Fatal(err)
		}
		credentials := sampleimage.Credentials{Username: "AWS", Password: "token"}
		if _, err := sampleimage.Push(context.Background(), image, s.host+"/shop/web:"+string(format), credentials); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "image")
		run("copy", "--src-tls-verify=false", "--src-creds=AWS:token", "docker://"+s.host+"/shop/web:"+string(format), "dir:"+dir)
		run("copy", "--dest-tls-verify=false", "--dest-creds=AWS:token", "dir:"+dir, "docker://"+s.host+"/shop/copy:"+string(format))
		run("inspect", "--tls-verify=false", "--creds=AWS:token", "docker://"+s.host+"/shop/copy:"+string(format))
		got, err := s.metadata.Image(context.Background(), "shop/copy", registry.Reference{Tag: string(format)})
		if err != nil {
			t.Fatal(err)
		}
		if want := imageDigest(t, image); string(got.Digest) != want {
			t.Errorf("%s: the copy is %s, the image %s", format, got.Digest, want)
		}
	}
}
