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
