package shim

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
)

// TestChildrenAreNotBuriedWhileOneStarts lets a child end during a start: it stays until the start is over, and who
// waits for ends hears of it then.
func TestChildrenAreNotBuriedWhileOneStarts(t *testing.T) {
	ends := reaper.Default.Subscribe()
	defer reaper.Default.Unsubscribe(ends)
	buried := newChildren()
	ctx, cancel := context.WithCancel(context.Background())
	running := make(chan struct{})
	go func() { buried.run(ctx); close(running) }()
	defer func() { cancel(); <-running }()

	end := buried.begin()
	command := exec.Command("sh", "-c", "exit 7")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if pid, err := syscall.Wait4(command.Process.Pid, &status, 0, nil); err != nil || pid != command.Process.Pid || status.ExitStatus() != 7 {
		t.Errorf("it was buried by another: %d, %v, %v", pid, err, status)
	}
	left := exec.Command("sh", "-c", "exit 8")
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	end()
	for deadline := time.After(time.Minute); ; {
		select {
		case e := <-ends:
			if e.Pid != left.Process.Pid {
				continue
			}
			if e.Status != 8 {
				t.Errorf("it ended as %d", e.Status)
			}
			return
		case <-deadline:
			t.Fatal("nobody was told of an end")
		}
	}
}
