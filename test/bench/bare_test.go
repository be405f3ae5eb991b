package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// bare is the peer of a start: `runc run` of the same image with everything
// prepared, the bundle and the root file system, and nobody who watches.
type bare struct {
	runc, bundle, state string
	group               account
}

// newBare prepares a bundle. The container has the network of the host, which
// is the least work, and the configuration that `runc spec` writes.
func newBare(t testing.TB, image sample) *bare {
	t.Helper()
	runc := filepath.Join(filepath.Dir(program()), "runtime", "runc")
	if _, err := os.Stat(runc); err != nil {
		if runc = find("runc", "/usr/sbin/runc"); runc == "" {
			t.Fatal("there is no runc to compare with")
		}
	}
	group, err := openAccount(filepath.Base(t.TempDir()) + "-bare")
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{runc: runc, bundle: t.TempDir(), state: t.TempDir(), group: group}
	t.Cleanup(b.group.close)
	image.unpack(t, filepath.Join(b.bundle, "rootfs"))
	if out, err := exec.Command(runc, "spec", "--bundle", b.bundle).CombinedOutput(); err != nil {
		t.Fatalf("runc spec: %v: %s", err, out)
	}
	b.configure(t)
	return b
}

func (b *bare) configure(t testing.TB) {
	t.Helper()
	path := filepath.Join(b.bundle, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var spec specs.Spec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	spec.Process.Args, spec.Process.Terminal = sleeper, false
	spec.Linux.CgroupsPath = "/" + filepath.Base(string(b.group)) + "/c"
	var kept []specs.LinuxNamespace
	for _, n := range spec.Linux.Namespaces {
		if n.Type != specs.NetworkNamespace {
			kept = append(kept, n)
		}
	}
	spec.Linux.Namespaces = kept
	if text, err = json.Marshal(spec); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts the container, measures until runc says that it runs, and removes
// it again.
func (b *bare) run(t testing.TB) time.Duration {
	t.Helper()
	took, _ := b.measure(t)
	return took
}

// cost returns the CPU time of one run, the mean of n.
func (b *bare) cost(t testing.TB, n int) time.Duration {
	t.Helper()
	before := b.group.used(t)
	var runs time.Duration
	for range n {
		_, cpu := b.measure(t)
		runs += cpu
	}
	return (runs + b.group.used(t) - before) / time.Duration(n)
}

func (b *bare) measure(t testing.TB) (took, cpu time.Duration) {
	t.Helper()
	log := filepath.Join(b.bundle, "log")
	command := exec.Command(b.runc, "--root", b.state, "--log", log, "run", "-d", "--bundle", b.bundle, "bare")
	began := time.Now()
	err := command.Run()
	took = time.Since(began)
	if err != nil {
		said, _ := os.ReadFile(log)
		t.Fatalf("runc run: %v: %s", err, said)
	}
	if out, err := exec.Command(b.runc, "--root", b.state, "delete", "-f", "bare").CombinedOutput(); err != nil {
		t.Fatalf("runc delete: %v: %s", err, out)
	}
	return took, command.ProcessState.UserTime() + command.ProcessState.SystemTime()
}
