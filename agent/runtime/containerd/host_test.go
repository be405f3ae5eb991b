package containerd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

// TestContractOnTheHostsContainerd runs the contract on the distribution's containerd, which may be a much older one.
func TestContractOnTheHostsContainerd(t *testing.T) {
	needRoot(t)
	program, err := exec.LookPath("containerd")
	if err != nil {
		t.Skip("skips another containerd than our own: the machine has none")
	}
	directory, err := os.MkdirTemp("/tmp", "rs") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	address := startHost(t, program, directory)
	count := 0
	runtimetest.Run(t, runtimetest.Target{Patience: 30 * time.Second, Open: func(t *testing.T) runtimetest.Instance {
		count++
		layout, err := NewLayout(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		options := Options{Address: address, Namespace: fmt.Sprintf("test-%d", count), CgroupRoot: "/roadstead-test-" + filepath.Base(directory)}
		client, err := New(layout, options)
		if err != nil {
			t.Fatal(err)
		}
		opened := openClient(t, layout, client)
		t.Cleanup(func() { // before the client is closed
			purging, done := context.WithTimeout(context.Background(), time.Minute)
			defer done()
			if err := client.Purge(purging); err != nil {
				t.Error(err)
			}
		})
		return opened
	}})
}

func startHost(t *testing.T, program, directory string) (address string) {
	t.Helper()
	address = filepath.Join(directory, "sock")
	settings := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		filepath.Join(directory, "root"), filepath.Join(directory, "state"), address)
	if err := os.WriteFile(filepath.Join(directory, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "--config", filepath.Join(directory, "config.toml"))
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		if err := os.RemoveAll(directory); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the host's containerd", func() bool { return alive("unix://" + address) })
	return address
}

// TestAShimOfItsOwn runs a container on a runtime that has a shim of its own, which keeps no record: the stock shim of the
// machine's containerd, as if it were another's.
func TestAShimOfItsOwn(t *testing.T) {
	needRoot(t)
	program, err := exec.LookPath("containerd")
	if err != nil {
		t.Skip("skips a shim of the machine's: it has no containerd")
	}
	directory, err := os.MkdirTemp("/tmp", "rs") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	address := startHost(t, program, directory)
	layout, err := NewLayout(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	client, err := New(layout, Options{Address: address, CgroupRoot: "/roadstead-test-" + filepath.Base(directory),
		Runtimes: []OCIRuntime{{Name: "stock", Shim: "io.containerd.runc.v2"}}})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{layout: layout, client: client, registry: runtimetest.NewRegistry(t)}
	t.Cleanup(func() {
		if err := client.Purge(context.Background()); err != nil {
			t.Error(err)
		}
		client.Close()
		if err := layout.RemoveRun(); err != nil {
			t.Error(err)
		}
	})
	image := n.pull(t)
	_, event := n.run(t, runtime.Container{ID: "seven", TaskID: "one", Image: image.Ref, Runtime: "stock", Command: []string{"sh", "-c", "exit 7"}})
	if event.ExitCode != 7 || event.Lost {
		t.Errorf("%+v", event)
	}
	n.start(t, runtime.Container{ID: "stays", TaskID: "one", Image: image.Ref, Runtime: "stock", Command: []string{"sleep", "1000"}})
	if result, err := client.Exec(t.Context(), "stays", []string{"sh", "-c", "echo said; exit 3"}, false, time.Minute); err != nil || result.ExitCode != 3 || string(result.Output) != "said\n" {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := client.Start(t.Context(), runtime.Container{ID: "none", TaskID: "one", Image: image.Ref, Runtime: "other"}); runtime.KindOf(err) != runtime.KindInvalid {
		t.Errorf("a runtime that there is not: %v", err)
	}
}
