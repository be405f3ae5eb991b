package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd"
)

// parsePulls gives what flags come to.
func parsePulls(flags ...string) (runtimeOptions containerd.Options, nodeOptions agent.NodeOptions, err error) {
	c := &cobra.Command{RunE: func(*cobra.Command, []string) error { return nil }, SilenceUsage: true, SilenceErrors: true}
	p := addPullFlags(c)
	if err := c.ParseFlags(flags); err != nil {
		return runtimeOptions, nodeOptions, err
	}
	token := func(context.Context) (*runtime.BasicAuth, error) { return &runtime.BasicAuth{Username: "AWS"}, nil }
	if err := p.apply(&runtimeOptions, "127.0.0.1:4566", true, token); err != nil {
		return runtimeOptions, nodeOptions, err
	}
	return runtimeOptions, nodeOptions, p.node(&nodeOptions)
}

func TestPullFlags(t *testing.T) {
	auth := filepath.Join(t.TempDir(), "config.json")
	text := `{"auths": {"mirror.corp:5000": {"auth": "dXNlcjpwYXNz"}, "https://index.docker.io/v1/": {"username": "hub", "password": "x"}}}`
	if err := os.WriteFile(auth, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, n, err := parsePulls("--mirror", "docker.io=127.0.0.1:4566/hub", "--mirror", "*=mirror.corp:5000", "--registry-auth", auth,
		"--image-pull-behavior", "once", "--image-cleanup-exclude", "busybox,quay.corp/a:1")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Mirrors) != 2 || !r.Mirrors[0].PlainHTTP || r.Mirrors[1].PlainHTTP || !slices.Contains(r.Unmirrored, "127.0.0.1:4566") {
		t.Errorf("mirrors: %+v", r.Mirrors)
	}
	for host, want := range map[string]string{"127.0.0.1:4566": "AWS", "mirror.corp:5000": "user", "docker.io": "hub", "other.corp": ""} {
		got, err := r.Login(t.Context(), host)
		if err != nil || want == "" && got != nil || want != "" && (got == nil || got.Username != want) {
			t.Errorf("credentials for %s: %+v, %v", host, got, err)
		}
	}
	if n.PullPolicy != runtime.PullPreferCached || n.Cleanup.Disabled || !slices.Equal(n.Cleanup.Keep, []string{"docker.io/library/busybox:latest", "quay.corp/a:1"}) {
		t.Errorf("%+v", n.Cleanup)
	}
	if _, n, err = parsePulls("--image-pull-behavior", "prefer-cached"); err != nil || !n.Cleanup.Disabled {
		t.Errorf("prefer-cached: %+v, %v", n.Cleanup, err)
	}
	helper := filepath.Join(t.TempDir(), "helper.json")
	if err := os.WriteFile(helper, []byte(`{"auths": {"mirror.corp": {}}, "credsStore": "desktop"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for flags, want := range map[string]string{
		"--mirror docker.io":           "--mirror",
		"--mirror-only":                "no --mirror is given",
		"--registry-auth /nowhere":     "no such file",
		"--registry-auth " + helper:    "credential helpers are not supported",
		"--image-pull-behavior never":  "want default",
		"--image-disk-limit 101":       "--image-disk-limit is out of range",
		"--image-cleanup-interval -1s": "out of range",
		"--image-cleanup-exclude A/B":  "--image-cleanup-exclude",
		"--image-pulls -1":             "cannot be negative",
	} {
		if _, _, err := parsePulls(strings.Fields(flags)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flags, err)
		}
	}
}
