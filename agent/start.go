package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
)

const (
	// startTimeout is how long a container may take to be created and started.
	// Source: specs/agent-protocol.md section 4.
	startTimeout = 3 * time.Minute
	// logTimeout is how long the preparation of its log may take.
	logTimeout = 30 * time.Second
)

func (n *Node) start(ctx context.Context, l *live, name string) {
	r, given := l.runOf(name), l.secrets
	peers := n.peers(l, name)
	n.answer(ctx, l, func() func(time.Time) {
		started, why := n.startNow(ctx, l, name, r, given, peers)
		return func(now time.Time) { l.task.Started(now, name, started.RuntimeID, why) }
	})
}

// runOf returns what is known of a container that is about to start.
func (l *live) runOf(name string) run {
	r := *l.runs[name]
	if router, ok := routerOf(l.payload); ok {
		r.router = l.runs[router.Name].sandbox.IPv4
	}
	return r
}

// restart starts a container again. What is left of its last run goes first;
// the sandbox, the files and the log are the same.
func (n *Node) restart(ctx context.Context, l *live, name string) {
	l.runs[name].kills = 0
	r, given := l.runOf(name), l.secrets
	peers := n.peers(l, name)
	n.answer(ctx, l, func() func(time.Time) {
		started, why := n.restartNow(ctx, l, name, r, given, peers)
		return func(now time.Time) { l.task.Started(now, name, started.RuntimeID, why) }
	})
}

func (n *Node) restartNow(ctx context.Context, l *live, name string, r run, given secrets, peers map[string]string) (runtime.Started, step.Failure) {
	if r.image.Ref == "" { // adopted, and its labels do not say
		image, err := n.fetch(ctx, l.payload, containerOf(l.payload, name), given.registry[name])
		if err != nil {
			return runtime.Started{}, pullFailure(containerOf(l.payload, name).Image, err)
		}
		r.image = image
	}
	if !n.insist(ctx, r.id, n.edges.Runtime.Remove) {
		return runtime.Started{}, failure("CannotStartContainerError", ctx.Err())
	}
	return n.startNow(ctx, l, name, r, given, peers)
}

// startNow saves the task, prepares what the container needs, and starts it.
// Only the last takes a slot: a logs service that does not answer must not keep
// other containers from starting.
func (n *Node) startNow(ctx context.Context, l *live, name string, r run, given secrets, peers map[string]string) (started runtime.Started, why step.Failure) {
	if err := l.keep.save(l.payload, l.payload.DesiredStatus); err != nil {
		return started, failure("CannotCreateContainerError", err)
	}
	// gofail: var agentBeforeStart struct{}
	container, log, err := n.translate(l.payload, name, r, given, peers)
	if err != nil {
		return started, failure("CannotCreateContainerError", err)
	}
	if err := n.lookAtFileSystems(ctx, l.payload, container); err != nil {
		return started, startFailure(err)
	}
	file, err := n.openLog(ctx, l.payload, log)
	if err != nil {
		return started, logFailure(l.payload, err)
	}
	container.LogPath, container.LogLimit = file.Path, file.Limit
	if !within(ctx, n.starts, func() { started, err = n.run(ctx, container) }) {
		err = ctx.Err()
	}
	// gofail: var agentStarted struct{}
	return started, startFailure(err)
}

// run starts a container. A runtime that goes away meanwhile is asked again
// until startTimeout is over: it is back in a moment, and the task cannot help
// it. A container of which it turns out that it began is not started again.
func (n *Node) run(ctx context.Context, container runtime.Container) (started runtime.Started, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for wait := (backoff{first: firstStartWait, last: lastStartWait, factor: 2}); ; {
		started, err = n.runOnce(ctx, container)
		if runtime.KindOf(err) != runtime.KindUnavailable || !wait.wait(ctx) {
			break
		}
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = ctx.Err() // however the runtime words it
	}
	return started, err
}

// The waits between two attempts to start a container, when the runtime is away.
const (
	firstStartWait = 100 * time.Millisecond
	lastStartWait  = 5 * time.Second
)

func (n *Node) runOnce(ctx context.Context, container runtime.Container) (runtime.Started, error) {
	started, err := n.edges.Runtime.Start(ctx, container)
	if runtime.KindOf(err) != runtime.KindExists {
		return started, err
	}
	// Left by a start whose end nobody saw; adoption undoes those that it finds.
	switch err := n.edges.Undoer.Undo(ctx, container.ID); {
	case runtime.KindOf(err) == runtime.KindExists:
		return runtime.Started{RuntimeID: container.ID}, nil
	case err != nil:
		return runtime.Started{}, err
	}
	return n.edges.Runtime.Start(ctx, container)
}

// startFailure words a failed start as ECS does.
func startFailure(err error) step.Failure {
	switch runtime.KindOf(err) {
	case runtime.KindInvalid, runtime.KindCannotCreate, runtime.KindNoSpace, runtime.KindNotFound:
		return failure("CannotCreateContainerError", reasonOf(err))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return failure("DockerTimeoutError", fmt.Errorf("Could not transition to started; timed out after waiting %v", startTimeout))
	}
	if err == nil {
		return ""
	}
	return failure("CannotStartContainerError", reasonOf(err))
}

// peers returns the addresses of the containers that name is linked to, by
// the alias that it knows them under.
func (n *Node) peers(l *live, name string) map[string]string {
	out := map[string]string{}
	for _, link := range containerOf(l.payload, name).Links {
		other, alias, ok := strings.Cut(link, ":")
		if !ok {
			alias = other
		}
		if r := l.runs[other]; r != nil && r.sandbox.IPv4.IsValid() {
			out[alias] = r.sandbox.IPv4.String()
			out[other] = r.sandbox.IPv4.String()
		}
	}
	return out
}
