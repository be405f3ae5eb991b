package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// bare is the peer of a start: `runc run` of the same image with everything
// prepared, the bundle and the root file system, and nobody who watches.
type bare struct {
	runc, bundle, state string
	group               account
}

// newBare prepares a bundle. The container has the network of the host, which
// is the least work, and a configuration that somebody wrote for runc; without
// one it has that of `runc spec`, which filters no system calls.
func newBare(t testing.TB, image sample, configuration string) *bare {
	t.Helper()
	runc := filepath.Join(filepath.Dir(program()), "runtime", "runc")
	if _, err := os.Stat(runc); err != nil {
		if runc = find("runc", "/usr/sbin/runc"); runc == "" {
			t.Fatal("there is no runc to compare with")
		}
	}
	bundle := t.TempDir()
	group, err := openAccount(fmt.Sprintf("bench-%d-bare-%s", os.Getpid(), filepath.Base(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{runc: runc, bundle: bundle, state: t.TempDir(), group: group}
	t.Cleanup(b.group.close)
	image.unpack(t, filepath.Join(b.bundle, "rootfs"))
	if configuration == "" {
		if out, err := exec.Command(runc, "spec", "--bundle", b.bundle).CombinedOutput(); err != nil {
			t.Fatalf("runc spec: %v: %s", err, out)
		}
		configuration = filepath.Join(b.bundle, "config.json")
	}
	b.configure(t, configuration)
	return b
}

// configure makes a configuration this bundle's.
func (b *bare) configure(t testing.TB, from string) {
	t.Helper()
	path := filepath.Join(b.bundle, "config.json")
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	var spec specs.Spec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	spec.Process.Args, spec.Process.Terminal = sleeper, false
	spec.Root.Path = "rootfs"
	spec.Linux.CgroupsPath = "/" + filepath.Base(string(b.group)) + "/c"
	var kept []specs.LinuxNamespace
	for _, n := range spec.Linux.Namespaces {
		if n.Type != specs.NetworkNamespace { // the host's
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

// configurationOf returns the configuration that the platform wrote for the
// container of a running task.
func (p *platform) configurationOf(arn string) string {
	p.t.Helper()
	id := aws.ToString(p.tasks([]string{arn})[0].Containers[0].RuntimeId)
	found, _ := filepath.Glob("/run/roadstead/*/state/*/*/" + id + "/config.json") // the pattern is well-formed
	if len(found) == 0 {
		p.t.Fatalf("container %s has no configuration below /run/roadstead", id)
	}
	return found[0]
}
