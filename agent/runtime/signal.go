package runtime

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// lastSignal is the highest real-time signal of Linux.
const lastSignal = 64

func parseSignal(name string) (syscall.Signal, bool) {
	if number, err := strconv.Atoi(name); err == nil {
		return syscall.Signal(number), number > 0 && number <= lastSignal
	}
	upper := strings.ToUpper(name)
	if !strings.HasPrefix(upper, "SIG") {
		upper = "SIG" + upper
	}
	if offset, found := strings.CutPrefix(upper, "SIGRTMIN+"); found {
		number, err := strconv.Atoi(offset)
		return syscall.Signal(34 + number), err == nil && number >= 0 && 34+number <= lastSignal
	}
	signal := unix.SignalNum(upper)
	return signal, signal != 0
}
