package containerd

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/signals"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

// TestMain lets the test binary also be the daemon and the shims, as the program is.
func TestMain(m *testing.M) {
	if code, mine := Main(os.Args, os.Stderr); mine {
		os.Exit(code)
	}
	if len(os.Args) > 2 && os.Args[1] == heard {
		goruntime.LockOSThread()
		signals.Reset()
		panic(unix.Exec(os.Args[2], os.Args[2:], os.Environ()))
	}
	unix.Umask(0o022) // as the program's, whatever the tests were started with
	os.Exit(m.Run())
}

// heard makes the test binary execute its other arguments without a signal that is ignored or blocked, as who starts runc
// has to: runc hands on to containers what it was started with.
const heard = "heard"

// runcCommand is a call of the node's runc.
func (n *node) runcCommand(arguments ...string) *exec.Cmd {
	return exec.Command("/proc/self/exe", append([]string{heard, n.client.options.Runc}, arguments...)...)
}

// node is a supervised daemon and a client in a directory of their own.
type node struct {
	layout     Layout
	supervisor *Supervisor
	client     *Client
	registry   *runtimetest.Registry
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skips running real containers: that needs root")
	}
}

func newNode(t testing.TB) *node { return newNodeWith(t) }

// newNodeWith is a node that has other runtimes beside runc.
func newNodeWith(t testing.TB, runtimes ...OCIRuntime) *node {
	t.Helper()
	needRoot(t)
	layout, err := NewLayout(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	supervisor, err := NewSupervisor(layout, SupervisorOptions{Output: testWriter{t}, LogLevel: "warn"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- supervisor.Run(ctx) }()
	client, err := New(layout, Options{CgroupRoot: "/roadstead-test-" + layout.Run[len(runDirectory)+1:], Runc: os.Getenv("ROADSTEAD_TEST_RUNC"), Shim: os.Getenv("ROADSTEAD_TEST_SHIM"), Runtimes: runtimes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		purging, done := context.WithTimeout(context.Background(), time.Minute)
		defer done()
		if err := client.Purge(purging); err != nil {
			t.Errorf("purge: %v", err)
		}
		client.Close()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("supervisor: %v", err)
		}
		eventually(t, "the end of all spares", func() bool { return len(processesOf(t, layout.Address())) == 0 })
		if left, err := filepath.Glob(filepath.Join(layout.shims(), "*")); err != nil || len(left) > 0 {
			t.Errorf("directories of shims are left: %v, %v", left, err)
		}
		if err := layout.RemoveRun(); err != nil {
			t.Errorf("remove run directory: %v", err)
		}
	})
	waiting, done := context.WithTimeout(ctx, 30*time.Second)
	defer done()
	if err := client.Ready(waiting); err != nil {
		t.Fatal(err)
	}
	return &node{layout: layout, supervisor: supervisor, client: client, registry: runtimetest.NewRegistry(t)}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	os.Stderr.Write(p)
	return len(p), nil
}

// reopen gives a second client of the node, as a restarted agent has one.
func (n *node) reopen(t testing.TB) *Client {
	t.Helper()
	client, err := New(n.layout, n.client.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}
