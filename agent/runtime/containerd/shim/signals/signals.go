// Package signals keeps what a node ignores or blocks from the containers that
// it starts: who starts a node by nohup, in the background of a script or from
// a program that minds its threads more than its children, would have
// containers that cannot be hung up on or interrupted.
//
// It decides nothing, and imports so little that a process which becomes a
// container can afford it.
package signals

import (
	"os"
	"os/signal"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// last is the highest number of a signal that Linux has.
const last = 64

// Keep is for a process that executes others and shall itself go on not
// minding: what it catches they do not ignore. Go catches all others of the
// signals that it knows in any case.
func Keep() {
	unheard := make(chan os.Signal, 1)
	signal.Notify(unheard, unix.SIGHUP, unix.SIGINT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGCONT)
	for number := unix.SIGSYS + 1; number <= last; number++ {
		hear(number)
	}
}

// Reset is for a process that is about to execute another, on the thread that
// will: none is ignored any more, and none blocked.
func Reset() {
	for number := 1; number <= last; number++ {
		hear(unix.Signal(number))
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil) // fails by wrong arguments alone
}

// Unblock executes the program again, with the same arguments, if it was started
// with signals blocked: what Go executes has those blocked that the process
// began with, whatever has become of its threads since. It is called before all
// else, and returns if there is nothing to do or it cannot be done. Those that
// Go unblocks for itself (SIGCHLD, SIGSEGV and such) are not noticed alone.
func Unblock() {
	var blocked unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &blocked); err != nil || blocked == (unix.Sigset_t{}) {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	runtime.LockOSThread()
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil) // fails by wrong arguments alone
	_ = unix.Exec(self, os.Args, os.Environ())                       // who cannot goes on as it was started
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &blocked, nil)
	runtime.UnlockOSThread()
}

// action is the kernel's sigaction of amd64 and arm64. The one of a signal
// that C libraries keep for themselves can be had from the kernel alone.
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// The handlers that are none.
const (
	byDefault = 0
	ignore    = 1
)

// hear lets a signal have its default effect if it is ignored. The kernel
// refuses those that always have it.
func hear(number unix.Signal) {
	var now action
	_, _, failed := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number), 0, uintptr(unsafe.Pointer(&now)), unsafe.Sizeof(now.mask), 0, 0)
	if failed != 0 || now.handler != ignore {
		return
	}
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number), uintptr(unsafe.Pointer(&action{handler: byDefault})), 0, unsafe.Sizeof(now.mask), 0, 0)
}
