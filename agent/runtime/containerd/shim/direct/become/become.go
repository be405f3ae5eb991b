//go:build linux && cgo && seccomp

package become

import (
	"os"

	_ "github.com/opencontainers/runc/libcontainer/nsenter" // its program in C runs before Go does

	"github.com/opencontainers/runc/libcontainer"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/signals"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/slack"
)

// argument is the first argument with which libcontainer executes this program again, to become the container.
const argument = "init"

// init does not return in a process that is to become a container.
func init() {
	if len(os.Args) == 2 && os.Args[1] == argument && os.Getenv("_LIBCONTAINER_INITPIPE") != "" {
		slack.Reset()
		signals.Reset() // init functions have the thread that libcontainer keeps and executes the command on
		libcontainer.Init()
	}
}
