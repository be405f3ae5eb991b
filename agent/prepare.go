package agent

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	// prepareTimeout is how long the secrets of a task may take, all attempts
	// together.
	prepareTimeout = 2 * time.Minute
	// prepareAttempts is how often an API that does not answer is asked.
	prepareAttempts = 5
	// credentialsPatience is how long a task waits for the credentials of its
	// execution role. Source: specs/agent-protocol.md section 2.1.
	credentialsPatience = time.Minute
)

// prepare fetches the secrets of a task, and meanwhile makes its disks.
func (n *Node) prepare(ctx context.Context, l *live) {
	n.answer(ctx, l, func() func(time.Time) {
		disk := make(chan step.Failure, 1)
		go func() { disk <- n.prepareDisks(ctx, l) }()
		var fetched secrets
		var why step.Failure
		if step.NeedsSecrets(l.payload) {
			var err error
			fetched, err = n.fetchSecrets(ctx, l.payload)
			why = prepareFailure(err)
		}
		if made := <-disk; why == "" {
			why = made
		}
		return func(now time.Time) {
			l.secrets = fetched
			l.task.Prepared(now, why)
		}
	})
}

// prepareDisks makes what is mounted for a task. The task is saved before its volumes
// are: a volume whose task no record knew would be taken for one that is left behind,
// and never be attached to its task again.
func (n *Node) prepareDisks(ctx context.Context, l *live) step.Failure {
	if len(l.payload.Attachments) > 0 {
		if err := l.keep.save(l.payload, l.payload.DesiredStatus); err != nil {
			return failure("ResourceInitializationError: failed to attach EBS volume", err)
		}
	}
	return n.prepareVolumes(ctx, l.payload)
}

// fetchSecrets asks again while the API does not answer: it may be restarting.
func (n *Node) fetchSecrets(ctx context.Context, t acs.Task) (secrets, error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	as, err := n.options.Execution(ctx, t)
	if err != nil {
		return secrets{}, err
	}
	wait := backoff{first: firstPullWait, last: lastPullWait, factor: 2}
	for attempt := 1; ; attempt++ {
		r := reader{read: n.edges.Secrets, objects: n.edges.Objects, as: as}
		err := r.all(ctx, t)
		var api smithy.APIError
		final := errors.As(err, &api) && api.ErrorFault() != smithy.FaultServer || !errors.As(err, new(*smithy.OperationError))
		if err == nil || final || attempt == prepareAttempts || !wait.wait(ctx) {
			return r.out, err
		}
	}
}

// prepareFailure words a failed preparation as ECS does.
// Source: ECS developer guide, "ResourceInitializationError".
func prepareFailure(err error) step.Failure {
	var file *fileError
	if errors.As(err, &file) {
		return failure("ResourceInitializationError: failed to download env files", err)
	}
	return failure("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed", err)
}
