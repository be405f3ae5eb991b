package shim

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// TestOtherRuntimesAreAsked: what this package does itself is runc's way, and only for runc.
func TestOtherRuntimesAreAsked(t *testing.T) {
	directory := t.TempDir()
	states := map[bool]string{true: filepath.Join(directory, ForeignDirectory, "runsc", "state", "ns"), false: filepath.Join(directory, "runc", "ns")}
	for other, root := range states {
		if err := os.MkdirAll(root, 0o700); err != nil {
			t.Fatal(err)
		}
		if foreign(root) != other {
			t.Errorf("%s: %v", root, !other)
		}
	}
	root := states[true]
	if HasState(root, "one") {
		t.Error("it has a state before there is one")
	}
	if err := os.WriteFile(filepath.Join(root, "one_sandbox:one.state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !HasState(root, "one") || HasState(root, "on") {
		t.Error("gVisor's states are not known")
	}
	deleting := []string{"oci-runsc", "--root", root, "--log", "l", "--log-format", "json", "delete", "--force", "one"}
	if alreadyDeleted(deleting) {
		t.Error("what gVisor still knows is taken for deleted")
	}

	run := func() []string {
		command := exec.Command("oci-runsc", "--root", root, "--log", "l", "exec", "--process", "p", "--pid-file", "/b/x.pid", "--detach", "one")
		askForNumbers(command)
		return command.Args
	}
	if got := run(); slices.Contains(got, "--internal-pid-file") {
		t.Errorf("a runtime that does not tell is asked: %q", got)
	}
	if err := os.WriteFile(filepath.Join(directory, ForeignDirectory, "runsc", InsideFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(); !slices.Equal(got[5:9], []string{"exec", "--internal-pid-file", "/b/x.pid" + InsideSuffix, "--process"}) {
		t.Errorf("%q", got)
	}
}
