package containerd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// TestTrialsOfKilledNodes: the next trial removes what one left whose node was killed, and nothing of one that goes on.
func TestTrialsOfKilledNodes(t *testing.T) {
	needRoot(t)
	tree, err := cgroup.Open("")
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	killed := filepath.Join(parent, trialName+"killed-"+filepath.Base(parent))
	if err := os.MkdirAll(filepath.Join(killed, "rootfs"), 0o700); err != nil {
		t.Fatal(err)
	}
	group := "/" + filepath.Base(killed)
	if err := tree.Ensure(group, cgroup.Limits{}); err != nil {
		t.Fatal(err)
	}
	first, leaveFirst, err := trialDirectory(parent, tree)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(killed); !os.IsNotExist(err) {
		t.Errorf("the killed node's directory is left: %v", err)
	}
	for _, below := range []string{"", "*"} { // version 2, and 1
		if left, _ := filepath.Glob(filepath.Join(cgroup.Mount, below, group)); len(left) > 0 {
			t.Errorf("the killed node's control groups are left: %v", left)
		}
	}
	_, leaveSecond, err := trialDirectory(parent, tree)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first); err != nil {
		t.Errorf("a trial that goes on has lost its directory: %v", err)
	}
	for _, leave := range []func() error{leaveFirst, leaveSecond} {
		if err := leave(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(parent, "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
