package containerd

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestRuncKnowsTheContainers has runc list and enter a container, whoever started it: the shim's own way of starting
// leaves what runc can go on with.
func TestRuncKnowsTheContainers(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	n.start(t, runtime.Container{ID: "shown", TaskID: "shown", Image: image.Ref, Command: []string{"sleep", "1000"}})
	runc := func(words ...string) string {
		t.Helper()
		root := filepath.Join(n.layout.runc(), n.client.options.Namespace)
		output, err := exec.Command(n.client.options.Runc, append([]string{"--root", root}, words...)...).CombinedOutput()
		if err != nil {
			t.Errorf("runc %s: %v: %s", strings.Join(words, " "), err, output)
		}
		return strings.TrimSpace(string(output))
	}
	if got := runc("list", "-q"); got != "shown" {
		t.Errorf("it lists %q", got)
	}
	if got := runc("exec", "shown", "grep", "-c", "^Seccomp:.2$", "/proc/self/status"); got != "1" {
		t.Errorf("a command of runc's has a filter: %q", got)
	}
	if err := n.client.Remove(context.Background(), "shown"); err != nil {
		t.Fatal(err)
	}
	if got := runc("list", "-q"); got != "" {
		t.Errorf("it still lists %q", got)
	}
}

// TestFiltersOfTheShimsAreKept looks for the filters that shims compiled, if they are of those that start containers
// themselves, and for the filter in each container.
func TestFiltersOfTheShimsAreKept(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	for _, id := range []string{"first", "second"} { // the second finds what the first compiled
		output, event := n.run(t, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sh", "-c", "grep -E '^Seccomp(_filters)?:' /proc/self/status; unshare -m true 2>&1 || echo refused"}})
		if got := strings.Join(strings.Fields(output), " "); !strings.HasPrefix(got, "Seccomp: 2 Seccomp_filters: 1") || !strings.HasSuffix(got, "refused") {
			t.Errorf("%s: %q (%+v)", id, output, event)
		}
	}
	if kept, err := filepath.Glob(filepath.Join(n.layout.Run, "filters", "filter-*")); err != nil || len(kept) > 1 {
		t.Errorf("two containers of one profile left the filters %v, %v", kept, err)
	}
}
