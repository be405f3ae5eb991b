package containerd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/roadstead/roadstead/agent/runtime"
)

func TestPullErrors(t *testing.T) {
	n := newNode(t)
	private := n.registry.Push(t, "private/busybox:1", nil)
	foreign := n.registry.PushImage(t, "test/foreign:1", foreignImage(t))
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/broken/manifests/") {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			fmt.Fprint(w, "this is no manifest")
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer broken.Close()
	host := strings.TrimPrefix(broken.URL, "http://")
	for _, test := range []struct {
		name, image string
		auth        *runtime.BasicAuth
		kind        runtime.Kind
	}{
		{"malformed name", "UPPER//case", nil, runtime.KindInvalid},
		{"no repository", n.registry.Host + "/test/none:1", nil, runtime.KindImageNotFound},
		{"no digest", n.registry.Host + "/private/busybox@sha256:" + strings.Repeat("0", 64), &runtime.BasicAuth{Username: "AWS", Password: "a-token"}, runtime.KindImageNotFound},
		{"no credentials", private, nil, runtime.KindAuthDenied},
		{"wrong credentials", private, &runtime.BasicAuth{Username: "AWS", Password: "old"}, runtime.KindAuthDenied},
		{"another platform", foreign, nil, runtime.KindBadImage},
		{"nobody listens", nobody.Addr().String() + "/test/busybox:1", nil, runtime.KindUnreachable},
		{"registry fails", host + "/test/busybox:1", nil, runtime.KindUnreachable},
		{"no manifest", host + "/test/broken:1", nil, runtime.KindBadImage},
	} {
		_, err := n.client.Pull(context.Background(), runtime.PullRequest{Image: test.image, PlainHTTP: true, Auth: test.auth})
		if runtime.KindOf(err) != test.kind || err == nil {
			t.Errorf("%s: got kind %d, want %d: %v", test.name, runtime.KindOf(err), test.kind, err)
		}
	}
	image, err := n.client.Pull(context.Background(), runtime.PullRequest{
		Image: private, PlainHTTP: true, Auth: &runtime.BasicAuth{Username: n.registry.Username, Password: n.registry.Password},
	})
	if err != nil || image.Cached {
		t.Errorf("with credentials: %+v, %v", image, err)
	}
}

func foreignImage(t *testing.T) v1.Image {
	t.Helper()
	file, err := empty.Image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "plan9", "mips"
	image, err := mutate.ConfigFile(empty.Image, file)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestPullPolicies(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	name := n.registry.Push(t, "test/busybox:1", nil)
	request := runtime.PullRequest{Image: name, PlainHTTP: true, Policy: runtime.PullPreferCached}
	first, err := n.client.Pull(ctx, request)
	if err != nil || first.Cached {
		t.Fatalf("%+v, %v", first, err)
	}
	asked := n.registry.Requests()
	again, err := n.client.Pull(ctx, request)
	if err != nil || !again.Cached || again.Ref != first.Ref || n.registry.Requests() != asked {
		t.Errorf("%+v, %v; %d requests", again, err, n.registry.Requests()-asked)
	}
	n.registry.Push(t, "test/busybox:1", func(c *v1.Config) { c.WorkingDir = "/tmp" }) // the tag moves
	request.Policy = runtime.PullDefault
	moved, err := n.client.Pull(ctx, request)
	if err != nil || moved.Cached || moved.Ref == first.Ref || moved.Config.WorkingDir != "/tmp" {
		t.Errorf("%+v, %v", moved, err)
	}
	output, _ := n.run(t, runtime.Container{ID: "old", Image: first.Ref, Command: []string{"sh", "-c", "echo $PWD"}})
	if output != "/\n" {
		t.Errorf("the image that was pulled first: %q", output)
	}
	n.registry.Stop()
	if cached, err := n.client.Pull(ctx, request); err != nil || !cached.Cached || cached.Ref != moved.Ref {
		t.Errorf("%+v, %v", cached, err)
	}
	request.Policy = runtime.PullAlways
	if _, err := n.client.Pull(ctx, request); runtime.KindOf(err) != runtime.KindUnreachable {
		t.Errorf("%v", err)
	}
}

func TestEqualPullsAreOne(t *testing.T) {
	n := newNode(t)
	name := n.registry.Push(t, "test/busybox:1", nil)
	before := n.registry.Requests()
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			if _, err := n.client.Pull(context.Background(), runtime.PullRequest{Image: name, PlainHTTP: true}); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	// One pull is five or six requests; eight would be eight at the least for the manifest alone and many more.
	if made := n.registry.Requests() - before; made > 12 {
		t.Errorf("%d requests", made)
	}
}

func TestPullEndsWithItsLastWaiter(t *testing.T) {
	f := newFlights()
	begun, ended := make(chan struct{}), make(chan struct{})
	pull := func(ctx context.Context) (runtime.Image, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return runtime.Image{}, ctx.Err()
	}
	first, cancelFirst := context.WithCancel(context.Background())
	second, cancelSecond := context.WithCancel(context.Background())
	results := make(chan error, 2)
	go func() { _, err := f.join(first, flightKey{name: "a"}, pull); results <- err }()
	<-begun
	go func() { _, err := f.join(second, flightKey{name: "a"}, pull); results <- err }()
	for joined := false; !joined; {
		f.mu.Lock()
		joined = f.now[flightKey{name: "a"}].waiters == 2
		f.mu.Unlock()
	}
	cancelFirst()
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	select {
	case <-ended:
		t.Fatal("the pull ended although somebody waits for it")
	default:
	}
	cancelSecond()
	<-ended
	<-results
}
