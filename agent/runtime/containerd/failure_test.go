package containerd

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Whatever a daemon or a shim that goes away makes of a call, it is known as such.
func TestKindOfWhatWasNotAnswered(t *testing.T) {
	for _, err := range []error{
		status.Error(codes.Unavailable, "error reading from server: EOF"),
		status.Error(codes.Unavailable, "connection error: desc = \"transport: Error while dialing: dial unix /run/x: connect: connection refused\""),
		status.Error(codes.Unknown, "ttrpc: closed"),
		fmt.Errorf("create task: %w", status.Error(codes.Unavailable, "transport is closing")),
		errors.New("error reading from server: read unix @->/run/x/containerd.sock: read: connection reset by peer"),
		status.Error(codes.Canceled, "grpc: the client connection is closing"),
	} {
		if kind := runtime.KindOf(failure("start", "c", err)); kind != runtime.KindUnavailable {
			t.Errorf("start: %v is of kind %d", err, kind)
		}
		if kind := runtime.KindOf(pullFailure("image", err)); kind != runtime.KindUnavailable {
			t.Errorf("pull: %v is of kind %d", err, kind)
		}
	}
	if kind := runtime.KindOf(failure("undo", "c", errRan)); kind != runtime.KindExists {
		t.Errorf("what has run is of kind %d", kind)
	}
	if kind := runtime.KindOf(failure("start", "c", status.Error(codes.NotFound, "no such task"))); kind != runtime.KindNotFound {
		t.Errorf("not found is of kind %d", kind)
	}
}
