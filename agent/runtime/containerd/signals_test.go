package containerd

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestContainersHearWhatTheNodeDoesNot: a node that was started by nohup, or in the background of a script, has
// containers whose processes can be hung up on and interrupted like any others.
func TestContainersHearWhatTheNodeDoesNot(t *testing.T) {
	signal.Ignore(unix.SIGHUP, unix.SIGINT)
	defer signal.Reset(unix.SIGHUP, unix.SIGINT)
	n := newNode(t)
	image := n.pull(t)
	started := n.start(t, runtime.Container{ID: "hears", TaskID: "of-hears", Image: image.Ref, Command: []string{"sleep", "1000"}})
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", started.PID))
	if err != nil {
		t.Fatal(err)
	}
	masks := []string{"SigIgn:", "SigBlk:"}
	for line := range strings.Lines(string(text)) {
		for _, name := range masks {
			if mask, found := strings.CutPrefix(line, name); found {
				if unheard, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64); err != nil || unheard != 0 {
					t.Errorf("the container's process has the mask %s%x: %v", name, unheard, err)
				}
			}
		}
	}
}
