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
	r, t, spec, auth := l.runs[name], l.payload, containerOf(l.payload, name), l.secrets.registry[name]
	pulling, cancel := context.WithTimeout(ctx, pullTimeout)
	r.cancelPull = cancel
	n.answer(ctx, l, func() func(time.Time) {
		defer cancel()
		image, err := n.fetch(pulling, t, spec, auth)
		return func(now time.Time) {
			r.image, r.stopSignal, r.cancelPull = image, image.Config.StopSignal, nil
			l.task.Pulled(now, name, image.Digest, pullFailure(spec.Image, err))
		}
	})
}

// fetch pulls an image. A registry that does not answer is asked again: it may
// be restarting, as the control plane that it is part of does.
func (n *Node) fetch(ctx context.Context, t acs.Task, spec acs.Container, auth *runtime.BasicAuth) (image runtime.Image, err error) {
	wait := backoff{first: firstPullWait, last: lastPullWait, factor: 2}
	for attempt := 1; ; attempt++ {
		if !within(ctx, n.pulls, func() { image, err = n.fetchOnce(ctx, t, spec, auth) }) {
			return image, ctx.Err()
		}
		if err != nil && ctx.Err() != nil {
			return image, ctx.Err() // however the runtime words it
		}
		if err == nil {
			return image, nil
		}
		if attempt == pullAttempts || !mayPass(err) && !n.makesRoom(ctx, err) || !wait.wait(ctx) {
			return image, &pullError{attempts: attempt, err: err}
		}
	}
}

func (n *Node) fetchOnce(ctx context.Context, t acs.Task, spec acs.Container, auth *runtime.BasicAuth) (runtime.Image, error) {
	if auth == nil {
		var err error
		if auth, err = n.edges.Registry.Authenticate(ctx, spec); err != nil {
			return runtime.Image{}, &tokenError{err}
		}
	}
	policy := n.options.PullPolicy
	if onFargate(t) {
		policy = runtime.PullAlways // Fargate keeps no images, and what others may pull is nothing to this task
	}
	host, _, _ := strings.Cut(spec.Image, "/")
	request := runtime.PullRequest{Image: spec.Image, Auth: auth, Policy: policy, PlainHTTP: slices.Contains(n.options.Insecure, host)}
	return n.images.during(ctx, t.ARN, spec.Image, n.options.Now, func() (runtime.Image, error) {
		return n.edges.Runtime.Pull(ctx, request)
	})
}

// makesRoom removes images that nobody needs when a pull has failed because the
// disk is full, and reports whether there were any.
func (n *Node) makesRoom(ctx context.Context, err error) bool {
	if runtime.KindOf(err) != runtime.KindNoSpace || !n.cleans() {
		return false
	}
	removed, failed := n.removeImages(ctx, true)
	if failed != nil && ctx.Err() == nil {
		n.options.Logger.Warn("no room is made for an image", "error", failed)
	}
	return removed > 0
}

// pullError is a pull that was given up.
type pullError struct {
	attempts int
	err      error
}

func (e *pullError) Error() string { return e.err.Error() }
func (e *pullError) Unwrap() error { return e.err }

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

// pullFailure words a failed pull as ECS does. What the registry or containerd
// says follows the phase: asking what the name stands for, or fetching that.
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
	attempts := 1
	if given := (*pullError)(nil); errors.As(err, &given) {
		attempts = given.attempts
	}
	why := reasonOf(err)
	if known := (*runtime.Error)(nil); errors.As(err, &known) && known.Op == runtime.OpResolve {
		const denied = "pull access denied"
		if known.Kind == runtime.KindAuthDenied && !strings.Contains(why.Error(), denied) {
			why = fmt.Errorf(denied+", repository does not exist or may require authorization: %w", why)
		}
		why = fmt.Errorf("pull image manifest has been retried %d time(s): failed to resolve ref %s: %w", attempts, image, why)
	} else {
		why = fmt.Errorf("ref pull has been retried %d time(s): %w", attempts, why)
	}
	return failure("CannotPullContainerError", why)
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
