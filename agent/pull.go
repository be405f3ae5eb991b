package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	// pullTimeout is how long an image may take to arrive, all attempts
	// together, the waiting for a slot included.
	// Source: specs/agent-protocol.md section 4.
	pullTimeout = 2 * time.Hour
	// pullAttempts is how often a registry that does not answer is asked.
	pullAttempts = 5
	// firstPullWait and lastPullWait bound the time between two attempts.
	firstPullWait, lastPullWait = 250 * time.Millisecond, 2 * time.Second
)

func (n *Node) pull(ctx context.Context, l *live, name string) {
	r, spec, auth := l.runs[name], containerOf(l.payload, name), l.secrets.registry[name]
	pulling, cancel := context.WithTimeout(ctx, pullTimeout)
	r.cancelPull = cancel
	n.answer(ctx, l, func() func(time.Time) {
		defer cancel()
		image, err := n.fetch(pulling, spec, auth)
		return func(now time.Time) {
			r.image, r.stopSignal, r.cancelPull = image, image.Config.StopSignal, nil
			l.task.Pulled(now, name, image.Digest, pullFailure(spec.Image, err))
		}
	})
}

// fetch pulls an image. A registry that does not answer is asked again: it may
// be restarting, as the control plane that it is part of does.
func (n *Node) fetch(ctx context.Context, spec acs.Container, auth *runtime.BasicAuth) (image runtime.Image, err error) {
	wait := backoff{first: firstPullWait, last: lastPullWait, factor: 2}
	for attempt := 1; ; attempt++ {
		if !within(ctx, n.pulls, func() { image, err = n.fetchOnce(ctx, spec, auth) }) {
			return image, ctx.Err()
		}
		if err != nil && ctx.Err() != nil {
			return image, ctx.Err() // however the runtime words it
		}
		if err == nil || attempt == pullAttempts || !mayPass(err) || !wait.wait(ctx) {
			return image, err
		}
	}
}

func (n *Node) fetchOnce(ctx context.Context, spec acs.Container, auth *runtime.BasicAuth) (runtime.Image, error) {
	if auth == nil {
		var err error
		if auth, err = n.edges.Registry.Authenticate(ctx, spec); err != nil {
			return runtime.Image{}, &tokenError{err}
		}
	}
	host, _, _ := strings.Cut(spec.Image, "/")
	return n.edges.Runtime.Pull(ctx, runtime.PullRequest{Image: spec.Image, Auth: auth,
		PlainHTTP: slices.Contains(n.options.Insecure, host)})
}

// tokenError is a pull that did not come as far as the registry.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// mayPass reports whether a failed pull may succeed a moment later.
func mayPass(err error) bool {
	var token *tokenError
	if errors.As(err, &token) {
		var api smithy.APIError
		return !errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer
	}
	kind := runtime.KindOf(err)
	return kind == runtime.KindUnreachable || kind == runtime.KindUnavailable
}

// pullFailure words a failed pull as ECS does.
// Source: ECS developer guide, "CannotPullContainer task errors".
func pullFailure(image string, err error) step.Failure {
	if err == nil {
		return ""
	}
	var token *tokenError
	switch {
	case errors.Is(err, context.Canceled):
		return failure("TaskStoppedBeforePullBeginError", errors.New("the task was stopped before its image was pulled"))
	case errors.Is(err, context.DeadlineExceeded):
		return failure("DockerTimeoutError", fmt.Errorf("Could not transition to pulled; timed out after waiting %v", pullTimeout))
	case errors.As(err, &token):
		return failure("CannotPullECRContainerError", token)
	}
	const prefix = "CannotPullContainerError"
	why := reasonOf(err)
	switch runtime.KindOf(err) {
	case runtime.KindImageNotFound:
		return failure(prefix, fmt.Errorf("failed to resolve ref %s: not found: %w", image, why))
	case runtime.KindAuthDenied:
		return failure(prefix, fmt.Errorf("pull access denied for %s, repository does not exist or may require authorization: %w", image, why))
	case runtime.KindUnreachable:
		return failure(prefix, fmt.Errorf("failed to resolve ref %s: failed to do request: %w", image, why))
	case runtime.KindNoSpace:
		return failure(prefix, fmt.Errorf("write: no space left on device: %w", why))
	}
	return failure(prefix, why)
}

// reasonOf leaves out what people are told otherwise: which operation on which
// container or image it was.
func reasonOf(err error) error {
	var known *runtime.Error
	if errors.As(err, &known) && known.Err != nil {
		return known.Err
	}
	return err
}
