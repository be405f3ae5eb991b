package shim

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/go-runc"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/slack"
)

// Commands does commands of the OCI runtime in this process. Those that it does not do are executed.
type Commands interface {
	// Do gives the exit status, and whether it did the command. A container whose creation takes longer than the context
	// lasts is not created.
	Do(ctx context.Context, command *exec.Cmd) (status int, done bool)
}

// gatekeeper runs the OCI runtime's commands, except that it does some itself: "start", and what it has Commands for. All
// that runc does for "start" is to open the named pipe at which the container's process waits before it becomes the user's
// command; executing a program for that costs a fifth of a container's start. Whenever something is not as expected, the
// real command is executed.
type gatekeeper struct {
	runc.ProcessMonitor
	commands Commands // may be nil
	children *children
	callers  *callers
	begins   func(id string) // hears of each container that another runtime is asked to start; may be nil
	starts   func(id string) // hears of each container that is let go, before it is
}

const (
	gate        = "exec.fifo" // in the container's state directory, since runc 1.0
	gatePatient = time.Second // then the real command finds out what is wrong
)

// Start implements runc.ProcessMonitor.
func (g gatekeeper) Start(command *exec.Cmd) (chan runc.Exit, error) {
	if status, done := g.do(command); done {
		return exited(status), nil
	}
	return slack.With(slack.Usual, func() (chan runc.Exit, error) { return g.ProcessMonitor.Start(command) })
}

// StartLocked implements runc.ProcessMonitor.
func (g gatekeeper) StartLocked(command *exec.Cmd) (chan runc.Exit, error) {
	if status, done := g.do(command); done {
		return exited(status), nil
	}
	return slack.With(slack.Usual, func() (chan runc.Exit, error) { return g.ProcessMonitor.StartLocked(command) })
}

// do does a command in this process and tells whether it did.
func (g gatekeeper) do(command *exec.Cmd) (status int, done bool) {
	if alreadyDeleted(command.Args) {
		return 0, true
	}
	if ofAnother(command.Args) {
		askForNumbers(command)
		if n := len(command.Args); g.begins != nil && command.Args[n-2] == "start" {
			g.begins(command.Args[n-1])
		}
		return 0, false
	}
	if openGate(command.Args, g.starts) {
		return 0, true
	}
	if g.commands == nil || len(command.Args) == 0 {
		return 0, false
	}
	defer g.children.begin()()
	return g.commands.Do(g.callers.of(command.Args), command)
}

// Wait implements runc.ProcessMonitor. What was done here is known by its command, which has no process.
func (g gatekeeper) Wait(command *exec.Cmd, exits chan runc.Exit) (int, error) {
	if command.Process == nil {
		return (<-exits).Status, nil
	}
	return g.ProcessMonitor.Wait(command, exits)
}

// ofAnother reports whether a command is of another runtime than runc.
func ofAnother(arguments []string) bool {
	root := slices.Index(arguments, "--root")
	return root >= 0 && root+1 < len(arguments) && foreign(arguments[root+1])
}

func exited(status int) chan runc.Exit {
	exits := make(chan runc.Exit, 1)
	exits <- runc.Exit{Timestamp: time.Now(), Status: status}
	close(exits)
	return exits
}

// alreadyDeleted tells whether the command is `runc --root DIRECTORY ... delete --force ID` of a container of which there
// is nothing. containerd has this program executed for that after each end of a task, as if the shim had died.
func alreadyDeleted(arguments []string) bool {
	n, root := len(arguments), slices.Index(arguments, "--root")
	if root < 0 || n < 4 || root+1 >= n || arguments[n-3] != "delete" || arguments[n-2] != "--force" {
		return false
	}
	return !HasState(arguments[root+1], arguments[n-1])
}

// openGate does the command if it is `runc --root DIRECTORY ... start ID` and tells whether it did. The container's process
// runs on from the moment at which the pipe is opened.
func openGate(arguments []string, before func(id string)) bool {
	root := slices.Index(arguments, "--root")
	if root < 0 || root+1 >= len(arguments) || len(arguments) < 2 || arguments[len(arguments)-2] != "start" {
		return false
	}
	id := arguments[len(arguments)-1]
	before(id)
	path := filepath.Join(arguments[root+1], id, gate)
	pipe, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(pipe)
	// The process opens its end, which it could not without a reader, and writes one byte.
	deadline := time.Now().Add(gatePatient)
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		set := []unix.PollFd{{Fd: int32(pipe), Events: unix.POLLIN}}
		ready, err := unix.Poll(set, int(left.Milliseconds())+1)
		if err == unix.EINTR {
			continue
		}
		if err != nil || ready == 0 {
			return false
		}
		var byte [1]byte
		if n, err := unix.Read(pipe, byte[:]); err != nil || n != 1 {
			return false
		}
		// Without the pipe the container counts as started.
		return os.Remove(path) == nil
	}
}
