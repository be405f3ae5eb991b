package containerd

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/slack"
)

// TestContainersAreAsPunctualAsTheKernel wants the kernel's own setting for a container's timers, and for those of a
// command beside it, while the shim's may be late.
func TestContainersAreAsPunctualAsTheKernel(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	of := func(pid int) time.Duration {
		t.Helper()
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/timerslack_ns", pid))
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(number)
	}
	started := n.start(t, runtime.Container{ID: "punctual", TaskID: "punctual", Image: image.Ref, Command: []string{"sleep", "1000"}})
	if got := of(started.PID); got != slack.Usual {
		t.Errorf("a container's timers may be late by %v, want %v", got, slack.Usual)
	}
	if got := of(parent(t, started.PID)); got != slack.Calm {
		t.Errorf("its shim's by %v, want %v", got, slack.Calm)
	}
	beside, err := n.client.Exec(context.Background(), "punctual", []string{"cat", "/proc/self/timerslack_ns"}, false, time.Minute)
	if err != nil || strings.TrimSpace(string(beside.Output)) != strconv.FormatInt(slack.Usual.Nanoseconds(), 10) {
		t.Errorf("a command's beside it: %q, %v", beside.Output, err)
	}
}
