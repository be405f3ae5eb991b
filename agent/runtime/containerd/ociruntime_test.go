package containerd

import (
	"context"
	"os"
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
