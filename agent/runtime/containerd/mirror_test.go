package containerd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"github.com/roadstead/roadstead/agent/runtime"
)

func TestParseMirror(t *testing.T) {
	for text, want := range map[string]Mirror{
		"docker.io=mirror.corp":                      {Registry: "docker.io", Host: "mirror.corp"},
		"index.docker.io=mirror.corp:5000/a/b/":      {Registry: "docker.io", Host: "mirror.corp:5000", Prefix: "a/b"},
		"public.ecr.aws=http://127.0.0.1:4566/ecr":   {Registry: "public.ecr.aws", Host: "127.0.0.1:4566", Prefix: "ecr", PlainHTTP: true},
		"*=https://mirror.corp/all":                  {Registry: "*", Host: "mirror.corp", Prefix: "all"},
		"*=localhost":                                {Registry: "*", Host: "localhost"},
		"registry.other.corp:5000=mirror.corp/other": {Registry: "registry.other.corp:5000", Host: "mirror.corp", Prefix: "other"},
	} {
		got, err := ParseMirror(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if again, err := ParseMirror(got.String()); err != nil || again != got {
			t.Errorf("%s became %s: %+v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "docker.io", "docker.io=", "=mirror.corp", "docker.io=ftp://mirror.corp", "docker.io=mirror",
		"library=mirror.corp", "docker.io=mirror.corp/UPPER", "docker.io=mirror.corp//a", "docker.io/library=mirror.corp", "docker.io=mirror.corp/a:tag"} {
		if got, err := ParseMirror(text); err == nil {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestSourcesOfImages(t *testing.T) {
	var options Options
	for _, text := range []string{"*=http://all.corp/every", "docker.io=first.corp/hub", "docker.io=second.corp", "all.corp=loop.corp"} {
		m, err := ParseMirror(text)
		if err != nil {
			t.Fatal(err)
		}
		options.Mirrors = append(options.Mirrors, m)
	}
	options.Unmirrored = []string{"127.0.0.1:4566"}
	options.Login = func(_ context.Context, host string) (*runtime.BasicAuth, error) {
		return &runtime.BasicAuth{Username: host}, nil
	}
	given := &runtime.BasicAuth{Username: "given"}
	for _, test := range []struct {
		image string
		only  bool
		auth  *runtime.BasicAuth
		want  string
	}{
		{"busybox", false, nil, "first.corp/v2/hub as first.corp, second.corp/v2 as second.corp, all.corp/v2/every/docker.io as all.corp, registry-1.docker.io/v2 as docker.io"},
		{"user/app:1", true, given, "first.corp/v2/hub as first.corp, second.corp/v2 as second.corp, all.corp/v2/every/docker.io as all.corp"},
		{"public.ecr.aws/docker/library/busybox", false, given, "all.corp/v2/every/public.ecr.aws as all.corp, public.ecr.aws/v2 as given"},
		{"quay.corp:8443/a/b", true, nil, "all.corp/v2/every/quay.corp_8443 as all.corp"},
		{"127.0.0.1:4566/busybox", true, given, "127.0.0.1:4566/v2 as given"},
		{"127.0.0.1:4566/busybox", true, nil, "127.0.0.1:4566/v2 as nobody"},
		{"all.corp/every/thing", true, nil, "all.corp/v2 as all.corp"}, // a mirror of everything has no mirror
	} {
		name, err := reference.ParseDockerRef(test.image)
		if err != nil {
			t.Fatal(err)
		}
		options.MirrorsOnly = test.only
		all, err := (&Client{options: options}).sourcesOf(t.Context(), name, runtime.PullRequest{Auth: test.auth})
		var got []string
		for _, s := range all {
			as := "nobody"
			if s.auth != nil {
				as = s.auth.Username
			}
			got = append(got, fmt.Sprintf("%s%s as %s", s.host, s.path, as))
		}
		if strings.Join(got, ", ") != test.want || err != nil {
			t.Errorf("%s: %v, %v; want %s", test.image, got, err, test.want)
		}
	}
}

// TestPullThroughMirrors runs where no registry of the internet can be reached: what is not in the mirror is not there.
func TestPullThroughMirrors(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	n.registry.Push(t, "hub/library/busybox:latest", nil)
	n.registry.Push(t, "hub/user/app:2", nil)
	n.registry.Push(t, "private/public.ecr.aws/docker/library/busybox:latest", nil)
	n.client.options.Mirrors = []Mirror{
		{Registry: "docker.io", Host: n.registry.Host, Prefix: "hub", PlainHTTP: true},
		{Registry: anyRegistry, Host: n.registry.Host, Prefix: "private", PlainHTTP: true},
	}
	n.client.options.MirrorsOnly = true
	n.client.options.Login = func(context.Context, string) (*runtime.BasicAuth, error) {
		return &runtime.BasicAuth{Username: n.registry.Username, Password: n.registry.Password}, nil
	}
	for at, name := range []string{"busybox", "docker.io/user/app:2", "public.ecr.aws/docker/library/busybox:latest", "index.docker.io/library/busybox:latest"} {
		image, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, Auth: &runtime.BasicAuth{Username: "of the origin", Password: "secret"}})
		if err != nil || image.Cached || !strings.HasPrefix(image.Digest, "sha256:") || strings.Contains(image.Ref, n.registry.Host) {
			t.Fatalf("%s: %+v, %v", name, image, err)
		}
		output, _ := n.run(t, runtime.Container{ID: fmt.Sprintf("mirrored-%d", at), Image: image.Ref})
		if output != "hello from the image\n" {
			t.Errorf("%s says %q", name, output)
		}
		pinned, err := n.client.Pull(ctx, runtime.PullRequest{Image: image.Ref})
		if err != nil || pinned.Ref != image.Ref {
			t.Errorf("%s by its digest: %+v, %v", name, pinned, err)
		}
	}
	_, err := n.client.Pull(ctx, runtime.PullRequest{Image: "nginx"})
	if runtime.KindOf(err) != runtime.KindImageNotFound || !strings.Contains(err.Error(), "asked "+n.registry.Host+"/hub, "+n.registry.Host+"/private/docker.io") {
		t.Errorf("what no mirror has: %v", err)
	}
}

func TestMirrorsFallBack(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	name := n.registry.Push(t, "test/busybox:1", nil)
	var seen []string
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNotFound)
	}))
	host := strings.TrimPrefix(empty.URL, "http://")
	n.client.options.Mirrors = []Mirror{{Registry: n.registry.Host, Host: host, Prefix: "m", PlainHTTP: true}}
	if _, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, PlainHTTP: true}); err != nil {
		t.Errorf("a mirror that does not have it: %v", err)
	}
	empty.Close()
	if len(seen) == 0 || seen[0] != "/v2/m/test/busybox/manifests/1 " {
		t.Errorf("the mirror was asked %q", seen)
	}
	if image, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, PlainHTTP: true, Policy: runtime.PullAlways}); err != nil || image.Cached {
		t.Errorf("a mirror that is away: %+v, %v", image, err)
	}
	n.client.options.MirrorsOnly = true
	if _, err := n.client.Pull(ctx, runtime.PullRequest{Image: name, PlainHTTP: true, Policy: runtime.PullAlways}); runtime.KindOf(err) != runtime.KindUnreachable {
		t.Errorf("only a mirror that is away: %v", err)
	}
}
