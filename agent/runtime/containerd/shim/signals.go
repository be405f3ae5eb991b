package shim

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// takeSignals keeps what this process ignores from what it executes: started by nohup, or in the background of a script,
// everything below it is, and containers would not be hung up on or interrupted. The shim itself goes on not minding.
func takeSignals() {
	unheard := make(chan os.Signal, 1)
	signal.Notify(unheard, unix.SIGHUP, unix.SIGINT)
}
