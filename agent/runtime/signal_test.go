package runtime

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestStopSignalOr(t *testing.T) {
	for name, want := range map[string]syscall.Signal{
		"SIGQUIT": syscall.SIGQUIT, "QUIT": syscall.SIGQUIT, "quit": syscall.SIGQUIT, "3": syscall.SIGQUIT, "SIGRTMIN+3": 37,
		"": syscall.SIGTERM, "NONE": syscall.SIGTERM, "0": syscall.SIGTERM, "65": syscall.SIGTERM, "-1": syscall.SIGTERM, "SIGRTMIN+99": syscall.SIGTERM,
	} {
		if got := StopSignalOr(name, syscall.SIGTERM); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestKindOf(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("wrapped: %w", &Error{Kind: KindNoSpace, Op: "pull", Subject: "x", Err: cause})
	if KindOf(err) != KindNoSpace || !errors.Is(err, cause) || KindOf(cause) != KindUnknown || KindOf(nil) != KindUnknown {
		t.Errorf("%v", err)
	}
}
