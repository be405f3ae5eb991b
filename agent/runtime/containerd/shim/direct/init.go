//go:build linux && cgo && seccomp

package direct

import (
	_ "github.com/opencontainers/cgroups/devices"           // it registers what sets up the device controller
	_ "github.com/opencontainers/runc/libcontainer/nsenter" // its program in C runs before Go does

	"github.com/opencontainers/runc/libcontainer"
)

// initArgument is the first argument with which libcontainer executes this program again, to become the container.
const initArgument = "init"

// BecomeContainer turns this process into a container's if it was executed for that; then it does not return. The
// program calls it first of all, with its arguments, name included.
func BecomeContainer(arguments []string) {
	if len(arguments) == 2 && arguments[1] == initArgument {
		libcontainer.Init()
	}
}
