package containerd

import (
	"io"
	"os"
	"path/filepath"

	"github.com/roadstead/roadstead/agent/runtime/containerd/daemon"
	"github.com/roadstead/roadstead/agent/runtime/containerd/holder"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// Main runs the process as the daemon, as a shim or as a holder of namespaces if that is what it was started for, and tells whether it was. The
// program calls it first of all, with its arguments, name included, and exits with the code:
//
//	if code, mine := containerd.Main(os.Args, os.Stderr); mine {
//		os.Exit(code)
//	}
func Main(arguments []string, stderr io.Writer) (code int, mine bool) {
	if holder.Wanted(arguments) {
		return holder.Main(os.Stdin, os.Stdout, stderr), true
	}
	if len(arguments) > 0 && shim.Wanted(filepath.Base(arguments[0])) {
		shim.Main(nil) // the one binary has no C in it, which starting containers directly takes
		return 0, true
	}
	if len(arguments) > 1 && arguments[1] == daemon.Argument {
		return daemon.Main(arguments[2:], stderr), true
	}
	return 0, false
}
