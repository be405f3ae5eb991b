package containerd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestStartsThatAreGivenUp: whoever stops waiting for a start, which an agent does that is asked to end, is told that the
// container began or may start it again. It never began and was taken away behind their back.
func TestStartsThatAreGivenUp(t *testing.T) {
	for name, patience := range patiences {
		t.Run(name, func(t *testing.T) { giveUpStarts(t, patience) })
	}
}

// patiences are for how long an answer is waited for that nobody wants: as in earnest, and not at all.
var patiences = map[string]time.Duration{"with patience": answerTimeout, "without": 0}

// givingUp is a node that waits so long for answers, and a container that leaves the witness when it begins.
func givingUp(t *testing.T, patience time.Duration) (n *node, container runtime.Container, witness string) {
	n = newNode(t)
	n.client.answers = patience
	image := n.pull(t)
	dir := t.TempDir()
	container = runtime.Container{ID: "given-up", TaskID: "of-given-up", Image: image.Ref, Mounts: []runtime.Mount{{Source: dir, Destination: "/w"}},
		Command: []string{"sh", "-c", "echo begun >> /w/begun; exec sleep 1000"}}
	return n, container, filepath.Join(dir, "begun")
}

func giveUpStarts(t *testing.T, patience time.Duration) {
	n, container, witness := givingUp(t, patience)
	began := time.Now()
	n.start(t, container)
	eventually(t, "the container's beginning", func() bool { _, err := os.Stat(witness); return err == nil })
	whole := time.Since(began)

	const steps = 24
	for i := range steps {
		if err := n.client.Remove(t.Context(), container.ID); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(witness); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), whole*time.Duration(i)/steps)
		_, err := n.client.Start(ctx, container)
		cancel()
		n.judgeStart(t, container.ID, witness, err)
	}
}

// TestStartThatIsGivenUpWhenItIsDone gives up while the shim writes down the start.
func TestStartThatIsGivenUpWhenItIsDone(t *testing.T) {
	for name, patience := range patiences {
		t.Run(name, func(t *testing.T) { giveUpDone(t, patience) })
	}
}

func giveUpDone(t *testing.T, patience time.Duration) {
	n, container, witness := givingUp(t, patience)
	path := n.layout.record(container.ID)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	writer, err := os.Create(path + ".new") // as another writer of the record would hold it
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := syscall.Flock(int(writer.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answer := make(chan error, 1)
	go func() {
		_, err := n.client.Start(ctx, container)
		answer <- err
	}()
	eventually(t, "a shim that waits to write", func() bool { return waitsForLock(t, writer) })
	cancel()
	writer.Close()
	n.judgeStart(t, container.ID, witness, <-answer)
}

// waitsForLock reports whether somebody waits for the lock of a file, which the kernel shows with an arrow.
func waitsForLock(t *testing.T, file *os.File) bool {
	t.Helper()
	var number syscall.Stat_t
	if err := syscall.Fstat(int(file.Fd()), &number); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "->") && strings.Contains(line, fmt.Sprintf(":%d ", number.Ino)) {
			return true
		}
	}
	return false
}

// judgeStart wants a container that runs if its start succeeded, and one that never ran and is gone if it did not.
func (n *node) judgeStart(t *testing.T, id, witness string, failed error) {
	t.Helper()
	if failed == nil {
		eventually(t, "the container's beginning", func() bool { _, err := os.Stat(witness); return err == nil })
		if kind := runtime.KindOf(n.client.Undo(t.Context(), id)); kind != runtime.KindExists {
			t.Errorf("undo of what runs is of kind %d", kind)
		}
		return
	}
	if _, err := os.Stat(witness); err == nil {
		t.Errorf("the start failed (%v) of a container that began", failed)
	}
	if _, err := n.client.conn.ContainerService().Get(t.Context(), id); err == nil {
		t.Errorf("the start failed (%v) and left the container", failed)
	}
}
