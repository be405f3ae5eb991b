package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// carryOut starts every effect that the tasks want and drops tasks that are
// done. Each effect runs beside the loop and answers into it.
func (n *Node) carryOut(ctx context.Context) {
	for _, arn := range slices.Sorted(maps.Keys(n.live)) {
		l := n.live[arn]
		for _, e := range l.task.Effects() {
			n.effect(ctx, l, e)
		}
		if l.task.Done() {
			delete(n.live, arn)
			n.ended.add(arn)
			if n.options.Gone != nil {
				n.options.Gone(arn)
			}
		}
	}
}

func (n *Node) effect(ctx context.Context, l *live, e step.Effect) {
	switch e := e.(type) {
	case step.Pull:
		n.pull(ctx, l, e.Container)
	case step.Cancel:
		if cancel := l.runs[e.Container].cancelPull; cancel != nil {
			cancel()
		}
	case step.Attach:
		n.attach(ctx, l, e.Container)
	case step.Start:
		n.start(ctx, l, e.Container)
	case step.Signal:
		n.signal(ctx, l, e)
	case step.Probe:
		n.probe(ctx, l, e)
	case step.Submit:
		n.submit(ctx, l, e.Report)
	case step.Forget:
		n.answer(ctx, func() func(time.Time) {
			// A save that is still under way would bring the record back; whether
			// it succeeds does not matter any more.
			_ = l.save(n.records)
			err := n.records.remove(l.payload.ARN)
			return func(now time.Time) { l.task.Forgotten(now, failure("", err)) }
		})
	case step.Remove:
		id := l.runs[e.Container].id
		n.answer(ctx, func() func(time.Time) {
			err := n.removeAll(ctx, id)
			return func(now time.Time) { l.task.Removed(now, e.Container, failure("", err)) }
		})
	}
}

// answer runs act beside the loop and hands what it returns to the loop. When
// the node stops meanwhile, the answer is lost with the node's memory.
func (n *Node) answer(ctx context.Context, act func() func(time.Time)) {
	n.wg.Go(func() {
		f := act()
		select {
		case n.work <- f:
		case <-ctx.Done():
		}
	})
}

// within runs act with a slot of the semaphore; false when ctx ended first.
func within(ctx context.Context, slots chan struct{}, act func()) bool {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
		act()
		return true
	case <-ctx.Done():
		return false
	}
}

func failure(prefix string, err error) step.Failure {
	if err == nil {
		return ""
	}
	return step.Failure(strings.TrimPrefix(prefix+": "+err.Error(), ": "))
}

func (n *Node) pull(ctx context.Context, l *live, name string) {
	r, spec := l.runs[name], containerOf(l.payload, name)
	pulling, cancel := context.WithCancel(ctx)
	r.cancelPull = cancel
	n.answer(ctx, func() func(time.Time) {
		defer cancel()
		var image runtime.Image
		err := context.Canceled
		within(pulling, n.pulls, func() { image, err = n.fetch(pulling, spec) })
		return func(now time.Time) {
			r.image = image
			r.stopSignal = image.Config.StopSignal
			l.task.Pulled(now, name, image.Digest, pullFailure(spec.Image, err))
		}
	})
}

func (n *Node) fetch(ctx context.Context, spec acs.Container) (runtime.Image, error) {
	auth, err := n.edges.Registry.Authenticate(ctx, spec)
	if err != nil {
		return runtime.Image{}, &runtime.Error{Kind: runtime.KindAuthDenied, Op: "pull", Subject: spec.Image, Err: err}
	}
	host, _, _ := strings.Cut(spec.Image, "/")
	return n.edges.Runtime.Pull(ctx, runtime.PullRequest{Image: spec.Image, Auth: auth,
		PlainHTTP: slices.Contains(n.options.Insecure, host)})
}

func (n *Node) attach(ctx context.Context, l *live, name string) {
	r, spec := l.runs[name], containerOf(l.payload, name)
	request := network.Request{ID: r.id, Mode: network.Bridge}
	if l.payload.NetworkMode == "none" {
		request.Mode = network.None
	} else {
		for _, p := range spec.PortMappings {
			request.Ports = append(request.Ports, network.PortRequest{ContainerPort: uint16(p.ContainerPort),
				HostPort: uint16(p.HostPort), Protocol: network.Protocol(p.Protocol)})
		}
	}
	n.answer(ctx, func() func(time.Time) {
		sandbox, err := n.edges.Network.Attach(ctx, request)
		return func(now time.Time) {
			r.sandbox = sandbox
			l.task.Attached(now, name, bindings(sandbox), failure("CannotStartContainerError", err))
		}
	})
}

func bindings(a network.Attachment) []step.Binding {
	var out []step.Binding
	for _, b := range a.Bindings {
		out = append(out, step.Binding{BindIP: b.BindIP.String(), ContainerPort: int(b.ContainerPort),
			HostPort: int(b.HostPort), Protocol: string(b.Protocol)})
	}
	return out
}

func (n *Node) start(ctx context.Context, l *live, name string) {
	r := l.runs[name]
	peers := n.peers(l, name)
	n.answer(ctx, func() func(time.Time) {
		var started runtime.Started
		err := l.save(n.records)
		if err != nil {
			err = cannotCreate(r.id, err)
		} else if !within(ctx, n.starts, func() { started, err = n.startNow(ctx, l.payload, name, *r, peers) }) {
			err = ctx.Err()
		}
		return func(now time.Time) {
			l.task.Started(now, name, started.RuntimeID, startFailure(err))
		}
	})
}

func (n *Node) startNow(ctx context.Context, payload acs.Task, name string, r run, peers map[string]string) (runtime.Started, error) {
	container, log, err := n.translate(payload, name, r, peers)
	if err != nil {
		return runtime.Started{}, err
	}
	if container.LogPath, err = n.edges.Logs.Open(ctx, log); err != nil {
		return runtime.Started{}, &runtime.Error{Kind: runtime.KindCannotCreate, Op: "start", Subject: r.id, Err: err}
	}
	started, err := n.edges.Runtime.Start(ctx, container)
	if runtime.KindOf(err) == runtime.KindExists {
		// Left by a start that an earlier life of the agent did not see the end of.
		if err := n.edges.Runtime.Remove(ctx, container.ID); err != nil {
			return started, err
		}
		started, err = n.edges.Runtime.Start(ctx, container)
	}
	return started, err
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

func (n *Node) signal(ctx context.Context, l *live, e step.Signal) {
	r := l.runs[e.Container]
	signal := e.Signal
	if e.Stop {
		signal = runtime.StopSignalOr(r.stopSignal, syscall.SIGTERM)
	}
	id := r.id
	n.answer(ctx, func() func(time.Time) {
		err := n.edges.Runtime.Signal(ctx, id, signal)
		return func(now time.Time) {
			if runtime.KindOf(err) == runtime.KindNotFound {
				l.task.Exited(now, e.Container, nil, "ContainerVanishedError: the container is gone")
				err = nil
			}
			l.task.Signalled(now, e.Container, failure("", err))
		}
	})
}

func (n *Node) probe(ctx context.Context, l *live, e step.Probe) {
	id := l.runs[e.Container].id
	command, shell := e.Test[1:], e.Test[0] == "CMD-SHELL"
	if e.Test[0] != "CMD" && !shell {
		command, shell = e.Test, false
	}
	n.answer(ctx, func() func(time.Time) {
		result, err := n.edges.Prober.Exec(ctx, id, command, shell, e.Timeout)
		output := string(result.Output)
		if err != nil {
			output = err.Error()
		}
		return func(now time.Time) {
			l.task.Probed(now, e.Container, err == nil && result.ExitCode == 0, output)
			n.healthMayHaveChanged()
		}
	})
}

func (n *Node) submit(ctx context.Context, l *live, r step.Report) {
	payload := l.task.Payload()
	n.answer(ctx, func() func(time.Time) {
		err := context.Canceled
		n.recordEnd(l, payload, r)
		within(ctx, n.submits, func() { err = n.edges.Reporter.Submit(ctx, l.payload.ARN, r) })
		refused := errors.Is(err, ErrRefused)
		if err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("report not delivered", "task", l.payload.ARN, "status", r.Status, "refused", refused, "error", err)
		}
		return func(now time.Time) { l.task.Submitted(now, err == nil, refused) }
	})
}

// recordEnd makes the record of a task say that the task has ended, before
// anybody is told, if a container of it was never started: the next life of
// the agent would start it. Those that were are found again.
func (n *Node) recordEnd(l *live, payload acs.Task, r step.Report) {
	if r.Status != step.Stopped || !slices.ContainsFunc(r.Containers, func(c step.ContainerReport) bool { return c.RuntimeID == "" }) {
		return
	}
	err := l.save(n.records) // the first, which may be under way
	if err == nil {
		err = n.records.save(payload)
	}
	if err != nil { // the end is reported all the same
		n.options.Logger.Warn("end of a task is not recorded", "task", payload.ARN, "error", err)
	}
}

// removeAll removes a container, its log and its sandbox.
func (n *Node) removeAll(ctx context.Context, id string) error {
	err := n.edges.Runtime.Remove(ctx, id)
	if err == nil {
		err = n.edges.Network.Detach(ctx, id)
	}
	if err == nil {
		err = n.edges.Logs.Finish(ctx, id)
	}
	if err == nil {
		err = n.removeFiles(id)
	}
	if err != nil {
		return fmt.Errorf("remove container %s: %w", id, err)
	}
	return nil
}
