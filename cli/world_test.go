package cli

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/throttle"
)

// world is a control plane that serves, with everything but instances.
type world struct {
	*plane
	t   *testing.T
	end func() // stops it before the test ends
}

// serveWorld opens a control plane in a fresh folder and serves until the test
// ends.
func serveWorld(t *testing.T, change ...func(*planeOptions)) *world {
	t.Helper()
	dir, err := openDataDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rates, err := throttle.ParseRates("off")
	if err != nil {
		t.Fatal(err)
	}
	o := planeOptions{dir: dir, listen: "127.0.0.1:0", rates: rates, log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&o)
	}
	p, err := openPlane(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	end := sync.OnceFunc(func() {
		stop()
		if err := quiet(<-ended); err != nil {
			t.Error(err)
		}
		p.close()
	})
	t.Cleanup(end)
	if err := announce(ctx, io.Discard, p, 0); err != nil {
		t.Fatal(err)
	}
	return &world{p, t, end}
}

// as is the configuration of a client with a key.
func (w *world) as(id, secret, token string) aws.Config {
	return clientConfig(w.url, staticCredentials(id, secret, token))
}

// root is the configuration of a client with the bootstrap key.
func (w *world) root() aws.Config {
	key := w.keys.Bootstrap()
	return w.as(key.AccessKeyID, key.SecretAccessKey, "")
}

// roadstead runs the program on the world's folder and returns what it printed.
func (w *world) roadstead(arguments ...string) string {
	w.t.Helper()
	out, errs, code := run(w.t, append(arguments, "--data-dir", string(w.options.dir))...)
	if code != 0 {
		w.t.Fatalf("roadstead %s: %s", strings.Join(arguments, " "), errs)
	}
	return out
}

// account creates an account and returns its number and its root.
func (w *world) account(name string) (id string, root aws.Config) {
	w.t.Helper()
	out := w.roadstead("account", "create", name)
	key := map[string]string{}
	for line := range strings.Lines(out) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			k, v, _ := strings.Cut(assignment, "=")
			key[k] = v
		}
	}
	id, _, _ = strings.Cut(strings.TrimPrefix(out, "# account "), ",")
	if len(id) != 12 || key["AWS_ENDPOINT_URL"] != w.url {
		w.t.Fatalf("account create says %q", out)
	}
	return id, w.as(key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"], "")
}
