package containerd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

// anotherRuntime is the runtime that the environment names, in the form of ParseRuntime, if it works here.
func anotherRuntime(t testing.TB) OCIRuntime {
	t.Helper()
	needRoot(t)
	text := os.Getenv("ROADSTEAD_TEST_RUNTIME")
	if text == "" {
		t.Skip("skips another OCI runtime than runc: ROADSTEAD_TEST_RUNTIME names none, such as runsc=/usr/bin/runsc")
	}
	given, err := ParseRuntime(text, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	found, err := FindRuntimes(context.Background(), []OCIRuntime{given}, func(name string, why error) {
		if name == given.Name {
			t.Fatalf("%s: %v", name, why)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}

// TestContractOnAnotherRuntime runs the contract on the runtime that the environment names.
func TestContractOnAnotherRuntime(t *testing.T) {
	other := anotherRuntime(t)
	runtimetest.Run(t, runtimetest.Target{Patience: time.Minute, Open: func(t *testing.T) runtimetest.Instance {
		n := newNodeWith(t, other)
		opened := n.instance(t)
		opened.Container = func(c runtime.Container, p runtimetest.Program) runtime.Container {
			c.Runtime = other.Name
			if p.OutOfMemory && other.Sandboxed { // a kernel takes some, too
				c.Resources.MemoryLimit = max(c.Resources.MemoryLimit, 128<<20)
			}
			return scripted(c, p)
		}
		return opened
	}})
}

// TestAnotherRuntimeIsolated looks at isolated containers: a sandbox's own process has users of the task's, except where
// there is a volume; what the container writes into one is there for others, and what it must not have it has not.
func TestAnotherRuntimeIsolated(t *testing.T) {
	other := anotherRuntime(t)
	n := newNodeWith(t, other)
	image := n.pull(t)
	outside := func(c runtime.Container) string {
		t.Helper()
		c.TaskID, c.Image, c.Runtime, c.Isolated = c.ID, image.Ref, other.Name, true
		c.Command = []string{"sh", "-c", "touch /new && echo x >/new; id -u >/proc/1/fd/1; test ! -d /data || echo y >/data/file; touch /tmp/ready; sleep 1000"}
		n.start(t, c)
		pid, err := n.client.Process(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the command", func() bool {
			result, err := n.client.Exec(t.Context(), c.ID, []string{"test", "-e", "/tmp/ready"}, false, time.Minute)
			return err == nil && result.ExitCode == 0
		})
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/uid_map", pid))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(text)), " ")
	}
	range0 := fmt.Sprintf("0 %d %d", firstUsers+n.client.ranges.next*usersPerTask, usersPerTask)
	if got := outside(runtime.Container{ID: "alone"}); other.Shim == "" && (got == range0) == other.SameUsers {
		t.Errorf("its users are %q, want %q", got, range0)
	}
	shared := t.TempDir()
	if got := outside(runtime.Container{ID: "sharing", Mounts: []runtime.Mount{{Source: shared, Destination: "/data"}}}); other.Sandboxed && other.Shim == "" && got == range0 {
		t.Errorf("its users are %q, who could not write to the volume", got)
	}
	if text, err := os.ReadFile(filepath.Join(shared, "file")); err != nil || string(text) != "y\n" {
		t.Errorf("the volume: %q, %v", text, err)
	}
	concealed, err := n.client.Conceals(t.Context(), "alone")
	if err != nil || concealed != other.Sandboxed {
		t.Errorf("concealed: %v, %v", concealed, err)
	}
}

// BenchmarkAnotherRuntime starts containers one after the other on the runtime that the environment names, and removes them.
func BenchmarkAnotherRuntime(b *testing.B) {
	other := anotherRuntime(b)
	n := newNodeWith(b, other)
	image := n.pull(b)
	for name, on := range map[string]string{"runc": "", other.Name: other.Name} {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				id := fmt.Sprintf("%s-%d-%d", name, b.N, i)
				n.start(b, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Runtime: on, Command: []string{"sleep", "1000"}})
				b.StopTimer()
				if err := n.client.Remove(context.Background(), id); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// TestAnotherRuntimeNeedsMemory gives a sandbox less than its kernel takes: it does not start, says why, and leaves nothing.
func TestAnotherRuntimeNeedsMemory(t *testing.T) {
	other := anotherRuntime(t)
	if !other.Sandboxed || other.Shim != "" {
		t.Skip("skips the memory of a sandbox's kernel: it has none of its own, or none that is this package's to speak of")
	}
	n := newNodeWith(t, other)
	image := n.pull(t)
	_, err := n.client.Start(t.Context(), runtime.Container{ID: "small", TaskID: "small", Image: image.Ref, Runtime: other.Name,
		Command: []string{"sleep", "1000"}, Resources: runtime.Resources{MemoryLimit: 8 << 20}})
	if runtime.KindOf(err) != runtime.KindCannotCreate || !strings.Contains(err.Error(), "did not find room in the container's memory") {
		t.Errorf("%v", err)
	}
	list, err := n.client.conn.ContainerService().List(t.Context())
	if err != nil || len(list) > 0 {
		t.Errorf("it left %v, %v", list, err)
	}
}
