// Package slack says how punctual the timers of a process are.
//
// While a Go program does anything, its runtime looks after it every 20 µs to 10 ms on a thread of its own, which the
// kernel wakes within 50 µs of that. A program of many short waits, as a shim and a process that becomes a container are,
// spends a tenth of its time on being looked after. The kernel may wake it later instead: what a thread is allowed is
// inherited by the threads and processes that it starts, so it is set where a shim is executed, and set back where a
// container is.
//
// It decides nothing else, and imports so little that a process which becomes a container can afford it.
package slack

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// Usual is the kernel's own setting, which containers have.
	Usual = 50 * time.Microsecond
	// Calm is a shim's: by so much its timers may be late, and a call that blocks may keep others waiting for about twice that.
	Calm = 300 * time.Microsecond
)

// With executes something by a function, which must not leave its goroutine for that: the process that it starts has
// the setting, the calling thread has its own again afterwards.
func With[T any](setting time.Duration, execute func() (T, error)) (T, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || set(setting) != nil {
		return execute() // only slower
	}
	defer func() { _ = set(time.Duration(before)) }()
	return execute()
}

// Reset is for a process that is about to execute another, on the thread that will.
func Reset() { _ = set(Usual) } // it fails by wrong arguments alone

func set(setting time.Duration) error {
	return unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(setting.Nanoseconds()), 0, 0, 0)
}
