package containerd

import (
	"bytes"
	"context"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/roadstead/roadstead/agent/runtime"
)

// meanRegistry serves what the node's registry has, and lets a test meddle with it.
func meanRegistry(t testing.TB, n *node, meddle func(w http.ResponseWriter, r *http.Request, honest http.Handler)) (host string) {
	t.Helper()
	honest := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: n.registry.Host})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { meddle(w, r, honest) }))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return strings.TrimPrefix(server.URL, "http://")
}

// pushLarge pushes an image with a layer of so many bytes that no compression shrinks, and gives the layer's digest.
func pushLarge(t testing.TB, n *node, repository string, size int) string {
	t.Helper()
	content := make([]byte, size)
	rand.New(rand.NewSource(int64(size))).Read(content)
	image := withLayer(t, archive(t, file("large", 0o644, string(content))), tarball.WithCompressionLevel(0))
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	n.registry.PushImage(t, repository, image)
	return digest.String()
}

func withLayer(t testing.TB, tar []byte, options ...tarball.LayerOption) v1.Image {
	t.Helper()
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(tar)), nil }, options...)
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(forThisMachine(t, empty.Image), layer)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// blob gives all of what a request is for.
func blob(r *http.Request, honest http.Handler) []byte {
	recorder := httptest.NewRecorder()
	whole := r.Clone(r.Context())
	whole.Header.Del("Range")
	honest.ServeHTTP(recorder, whole)
	return recorder.Body.Bytes()
}

// ranged gives the part of a blob that a request is for.
func ranged(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func TestLayersAreVerified(t *testing.T) {
	n := newNode(t)
	layer := pushLarge(t, n, "test/large:1", 1<<20)
	lies := true
	host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		if !lies || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, layer) {
			honest.ServeHTTP(w, r)
			return
		}
		body := bytes.Clone(blob(r, honest))
		body[len(body)/2] ^= 1
		w.Write(body)
	})
	request := runtime.PullRequest{Image: host + "/test/large:1", PlainHTTP: true}
	_, err := n.client.Pull(t.Context(), request)
	if runtime.KindOf(err) != runtime.KindBadImage || !strings.Contains(err.Error(), "unexpected commit digest") {
		t.Errorf("a layer with a wrong bit: %v", err)
	}
	lies = false
	if _, err := n.client.Pull(t.Context(), request); err != nil {
		t.Errorf("the layer as it is: %v", err)
	}
}

// TestStalledRegistry has a layer stop in its middle each time that it is asked for.
func TestStalledRegistry(t *testing.T) {
	n := newNode(t)
	n.client.options.Inactivity = 300 * time.Millisecond
	layer := pushLarge(t, n, "test/large:1", 4<<20)
	var ranges []string
	var asking sync.Mutex
	var forever atomic.Bool
	host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, layer) {
			honest.ServeHTTP(w, r)
			return
		}
		asking.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		asking.Unlock()
		if body := blob(r, honest); forever.Load() || r.Header.Get("Range") == "" {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			if !forever.Load() {
				w.Write(body[:3<<20])
			}
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		ranged(w, r, blob(r, honest))
	})
	request := runtime.PullRequest{Image: host + "/test/large:1", PlainHTTP: true}
	forever.Store(true)
	if _, err := n.client.Pull(t.Context(), request); runtime.KindOf(err) != runtime.KindUnreachable {
		t.Errorf("a registry that never goes on: %v", err)
	}
	asking.Lock()
	ranges = nil
	asking.Unlock()
	forever.Store(false)
	if _, err := n.client.Pull(t.Context(), request); err != nil {
		t.Errorf("a registry that goes on when it is asked again: %v", err)
	}
	if len(ranges) != 2 || ranges[0] != "" || !strings.HasPrefix(ranges[1], "bytes=") {
		t.Errorf("asked for %q", ranges)
	}
}

// TestPullGoesOnAfterAKill kills the daemon in the middle of a layer: what had arrived is not fetched again.
func TestPullGoesOnAfterAKill(t *testing.T) {
	n := newNode(t)
	layer := pushLarge(t, n, "test/large:1", 8<<20)
	half := make(chan struct{})
	var ranges []string
	var asking sync.Mutex
	host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, layer) {
			honest.ServeHTTP(w, r)
			return
		}
		asking.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		first := len(ranges) == 1
		asking.Unlock()
		if !first {
			ranged(w, r, blob(r, honest))
			return
		}
		w.Write(blob(r, honest)[:6<<20])
		w.(http.Flusher).Flush()
		close(half)
		<-r.Context().Done()
	})
	request := runtime.PullRequest{Image: host + "/test/large:1", PlainHTTP: true}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _, err := n.client.Pull(ctx, request); ended <- err }()
	<-half
	eventually(t, "the arrival of half the layer", func() bool {
		all, err := n.client.conn.ContentStore().ListStatuses(t.Context())
		return err == nil && len(all) > 0 && all[0].Offset >= 4<<20
	})
	killed := n.supervisor.PID()
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-ended
	if _, err := n.client.Pull(t.Context(), request); err != nil || n.supervisor.PID() == killed {
		t.Errorf("pull again: %v", err)
	}
	if len(ranges) != 2 || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("asked for %q", ranges)
	}
}

// TestRegistryWithoutRanges leaves a part of a layer behind, with which a registry that gives whole layers cannot go on.
func TestRegistryWithoutRanges(t *testing.T) {
	n := newNode(t)
	layer := pushLarge(t, n, "test/large:1", 4<<20)
	var asked atomic.Int32
	host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		switch {
		case r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, layer):
			honest.ServeHTTP(w, r)
		case asked.Add(1) == 1:
			w.Write(blob(r, honest)[:3<<20])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case r.Header.Get("Range") != "":
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		default:
			w.Write(blob(r, honest))
		}
	})
	request := runtime.PullRequest{Image: host + "/test/large:1", PlainHTTP: true}
	var err error
	for range 2 { // the first may end without anybody asking for a range
		if _, err = n.client.Pull(t.Context(), request); err == nil {
			break
		}
		t.Log(err)
	}
	if err != nil {
		t.Errorf("whole layers are not taken: %v", err)
	}
}

func TestDefaultFallsBackToWhatIsPresent(t *testing.T) {
	n := newNode(t)
	name := "/private/busybox:1"
	n.registry.Push(t, name[1:], nil)
	status := 0
	host := meanRegistry(t, n, func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		honest.ServeHTTP(w, r)
	})
	request := runtime.PullRequest{Image: host + name, PlainHTTP: true, Auth: &runtime.BasicAuth{Username: n.registry.Username, Password: n.registry.Password}}
	if _, err := n.client.Pull(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	for _, status = range []int{http.StatusNotFound, http.StatusInternalServerError, http.StatusTooManyRequests} {
		if image, err := n.client.Pull(t.Context(), request); err != nil || !image.Cached {
			t.Errorf("status %d: %+v, %v", status, image, err)
		}
	}
	status, request.Auth = 0, nil
	if _, err := n.client.Pull(t.Context(), request); runtime.KindOf(err) != runtime.KindAuthDenied {
		t.Errorf("without credentials: %v", err)
	}
}
