package runtimetest

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Registry is an image registry on a loopback port that wants a user and a password for repositories below "private/".
type Registry struct {
	Host               string // "127.0.0.1:port"
	Username, Password string
	Requests           func() int // how many requests have come so far
	Stop               func()     // from then on nobody answers
}

// NewRegistry serves a registry until the test ends.
func NewRegistry(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{Username: "AWS", Password: "a-token"}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	count := make(chan int, 1)
	count <- 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		count <- 1 + <-count
		user, password, _ := request.BasicAuth()
		if strings.HasPrefix(request.URL.Path, "/v2/private/") && (user != r.Username || password != r.Password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, request)
	}))
	r.Stop = sync.OnceFunc(server.Close)
	t.Cleanup(r.Stop)
	r.Host = strings.TrimPrefix(server.URL, "http://")
	r.Requests = func() int {
		n := <-count
		count <- n
		return n
	}
	return r
}

// Push builds an image of the machine's static busybox and pushes it. It skips the test where there is none.
func (r *Registry) Push(t testing.TB, repository string, change func(*v1.Config)) string {
	t.Helper()
	image, err := busybox()
	if os.IsNotExist(err) {
		t.Skip("skips running containers: the test image is made of /bin/busybox, which must be the static one (busybox-static)")
	}
	if err != nil {
		t.Fatal(err)
	}
	config := v1.Config{Env: []string{"FROM_IMAGE=yes"}, Cmd: []string{"sh", "-c", "echo hello from the image"}}
	if change != nil {
		change(&config)
	}
	image, err = mutate.Config(image, config)
	if err != nil {
		t.Fatal(err)
	}
	return r.PushImage(t, repository, image)
}

// PushImage pushes any image and gives its name with the registry.
func (r *Registry) PushImage(t testing.TB, repository string, image v1.Image) string {
	t.Helper()
	reference := r.Host + "/" + repository
	parsed, err := name.ParseReference(reference, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	// The push goes around the password check by giving it.
	if err := remote.Write(parsed, image, remote.WithTransport(basicAuth{r.Username, r.Password})); err != nil {
		t.Fatal(err)
	}
	return reference
}

// PushIndex pushes an index and its images and gives its name with the registry.
func (r *Registry) PushIndex(t testing.TB, repository string, index v1.ImageIndex) string {
	t.Helper()
	reference := r.Host + "/" + repository
	parsed, err := name.ParseReference(reference, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(parsed, index, remote.WithTransport(basicAuth{r.Username, r.Password})); err != nil {
		t.Fatal(err)
	}
	return reference
}

// Pull gives an image as it was pushed.
func (r *Registry) Pull(t testing.TB, repository string) v1.Image {
	t.Helper()
	parsed, err := name.ParseReference(r.Host+"/"+repository, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(parsed, remote.WithTransport(basicAuth{r.Username, r.Password}))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

type basicAuth struct{ username, password string }

func (b basicAuth) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.SetBasicAuth(b.username, b.password)
	return http.DefaultTransport.RoundTrip(request)
}

// busybox is an image of one layer with busybox, links to its applets, and some users.
func busybox() (v1.Image, error) {
	binary, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	add := func(h tar.Header, content []byte) error {
		h.Size = int64(len(content))
		if err := w.WriteHeader(&h); err != nil {
			return err
		}
		_, err := w.Write(content)
		return err
	}
	entries := []tar.Header{
		{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, {Name: "proc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "sys/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "dev/", Typeflag: tar.TypeDir, Mode: 0o755},
	}
	for _, applet := range strings.Fields("sh sleep cat echo id env hostname ls dd yes head tail tr kill true false mount ps stat seq mkdir touch printf test grep wc ulimit") {
		entries = append(entries, tar.Header{Name: "bin/" + applet, Typeflag: tar.TypeSymlink, Linkname: "busybox"})
	}
	for _, entry := range entries {
		if err := add(entry, nil); err != nil {
			return nil, err
		}
	}
	for file, content := range map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:web:/tmp:/bin/sh\n",
		"etc/group":  "root:x:0:\nweb:x:1001:\nextra:x:1002:web,other\n",
		"etc/plain":  "not executable\n",
	} {
		if err := add(tar.Header{Name: file, Typeflag: tar.TypeReg, Mode: 0o644}, []byte(content)); err != nil {
			return nil, err
		}
	}
	if err := add(tar.Header{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755}, binary); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	content := layer.Bytes()
	made, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	image, err := mutate.AppendLayers(empty.Image, made)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", goruntime.GOARCH
	return mutate.ConfigFile(image, file)
}
