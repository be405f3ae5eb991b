package shim

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ForeignDirectory is the name of the folder under which runtimes other than runc keep what they know of containers:
// ForeignDirectory/NAME/state/NAMESPACE. Whatever is asked about those is asked of them: what this package does itself, or
// takes for granted, is how runc works.
const ForeignDirectory = "oci"

// InsideFile, beside a runtime's folder of states, says that its commands have numbers of their own, which it writes to
// the file of their process's number with InsideSuffix.
const (
	InsideFile   = "inside"
	InsideSuffix = ".inside"
)

// askForNumbers has the command for a command in a container write down the number that it has inside, if the runtime is
// one that tells: ROOT/oci/NAME has the file then.
func askForNumbers(command *exec.Cmd) {
	at, file := slices.Index(command.Args, "exec"), slices.Index(command.Args, "--pid-file")
	root := slices.Index(command.Args, "--root")
	if at < 0 || file < at || file+1 >= len(command.Args) || root < 0 || root > at {
		return
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(filepath.Dir(command.Args[root+1])), InsideFile)); err != nil {
		return
	}
	command.Args = slices.Insert(command.Args, at+1, "--internal-pid-file", command.Args[file+1]+InsideSuffix)
}

// foreign reports whether a directory of states is that of another runtime than runc.
func foreign(root string) bool {
	return filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(root)))) == ForeignDirectory
}

// HasState reports whether a runtime still knows a container. runc and crun have a folder for each, gVisor has files.
func HasState(root, id string) bool {
	if _, err := os.Lstat(filepath.Join(root, id)); !errors.Is(err, os.ErrNotExist) {
		return true
	}
	files, _ := filepath.Glob(filepath.Join(root, id+"_sandbox:*.state")) // an id has no character that a pattern gives a meaning
	return len(files) > 0
}
