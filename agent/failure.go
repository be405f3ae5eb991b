package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
)

// pullFailure words a failed pull as ECS does.
// Source: ECS developer guide, "CannotPullContainer task errors".
func pullFailure(image string, err error) step.Failure {
	if err == nil {
		return ""
	}
	const prefix = "CannotPullContainerError"
	switch runtime.KindOf(err) {
	case runtime.KindImageNotFound:
		return failure(prefix, fmt.Errorf("failed to resolve ref %s: not found: %w", image, err))
	case runtime.KindAuthDenied:
		return failure(prefix, fmt.Errorf("pull access denied for %s, repository does not exist or may require authorization: %w", image, err))
	case runtime.KindUnreachable:
		return failure(prefix, fmt.Errorf("failed to resolve ref %s: failed to do request: %w", image, err))
	case runtime.KindNoSpace:
		return failure(prefix, fmt.Errorf("write: no space left on device: %w", err))
	case runtime.KindInvalid:
		return failure(prefix, fmt.Errorf("invalid reference format: %w", err))
	}
	if errors.Is(err, context.Canceled) {
		return failure("TaskStoppedBeforePullBeginError", errors.New("the task was stopped before its image was pulled"))
	}
	return failure(prefix, err)
}

// startFailure words a failed start as ECS does.
func startFailure(err error) step.Failure {
	switch runtime.KindOf(err) {
	case runtime.KindInvalid, runtime.KindCannotCreate, runtime.KindNoSpace, runtime.KindNotFound:
		return failure("CannotCreateContainerError", err)
	}
	return failure("CannotStartContainerError", err)
}
