package slack

import (
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhatIsExecutedHasTheSetting(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := func() int {
		n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := own()
	for _, setting := range []time.Duration{Calm, Usual} {
		said, err := With(setting, exec.Command("cat", "/proc/self/timerslack_ns").Output)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := time.ParseDuration(strings.TrimSpace(string(said)) + "ns"); err != nil || got != setting {
			t.Errorf("%v, %v: want %v", got, err, setting)
		}
		if own() != before {
			t.Errorf("the thread has %d ns afterwards, before it had %d", own(), before)
		}
	}
	failure := errors.New("it fails")
	if _, err := With(Calm, func() (int, error) { return 0, failure }); err != failure || own() != before {
		t.Errorf("%v, %d ns", err, own())
	}
}
