package signals

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable names what the test's program is executed to do.
const variable = "ROADSTEAD_TEST_SIGNALS"

func TestMain(m *testing.M) {
	switch step := os.Getenv(variable); step {
	case "":
		os.Exit(m.Run())
	case "keep", "reset":
		fail(ignoreAll())
		fail(os.Setenv(variable, step+" now"))
		fail(unix.Exec("/proc/self/exe", os.Args, os.Environ()))
	case "keep now":
		Unblock()
		Keep()
		show := exec.Command("/bin/cat", "/proc/self/status")
		show.Stdout, show.Stderr = os.Stdout, os.Stderr
		fail(show.Run())
	case "reset now":
		Reset()
		fail(unix.Exec("/bin/cat", []string{"cat", "/proc/self/status"}, nil))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ignoreAll makes the next program on this thread begin with every signal ignored and blocked.
func ignoreAll() error {
	runtime.LockOSThread()
	ignored := action{handler: ignore}
	for number := uintptr(1); number <= last; number++ {
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, number, uintptr(unsafe.Pointer(&ignored)), 0, unsafe.Sizeof(ignored.mask), 0, 0)
	}
	mask := unix.Sigset_t{}
	for i := range mask.Val {
		mask.Val[i] = ^mask.Val[i]
	}
	return unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil)
}

// TestExecutedProgramsHear: what a process that ignores and blocks everything executes.
func TestExecutedProgramsHear(t *testing.T) {
	for step, wants := range map[string][]string{
		"keep":  {"SigIgn:\t0000000000000000", "SigBlk:\t0000000000000000"},
		"reset": {"SigIgn:\t0000000000000000", "SigBlk:\t0000000000000000"},
	} {
		t.Run(step, func(t *testing.T) {
			run := exec.Command("/proc/self/exe")
			run.Env = []string{variable + "=" + step}
			said, err := run.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			for _, want := range wants {
				if !strings.Contains(string(said), want+"\n") {
					t.Errorf("no line %q in\n%s", want, said)
				}
			}
		})
	}
}
