package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
)

func (n *Node) effect(ctx context.Context, l *live, e step.Effect) {
	switch e := e.(type) {
	case step.Pull:
		n.pull(ctx, l, e.Container)
	case step.Prepare:
		n.prepare(ctx, l)
	case step.Cancel:
		if cancel := l.runs[e.Container].cancelPull; cancel != nil {
			cancel()
		}
	case step.Attach:
		n.attach(ctx, l, e.Container)
	case step.Connect:
		n.connect(ctx, l)
	case step.Disconnect:
		n.disconnect(ctx, l)
	case step.Start:
		n.start(ctx, l, e.Container)
	case step.Restart:
		n.restart(ctx, l, e.Container)
	case step.Signal:
		n.signal(ctx, l, e)
	case step.Probe:
		n.probe(ctx, l, e)
	case step.Submit:
		n.submit(ctx, l, e.Report)
	case step.Forget:
		n.answer(ctx, l, func() func(time.Time) {
			err := l.keep.forget(l.payload.ARN)
			// gofail: var agentTaskForgotten struct{}
			return func(now time.Time) { l.task.Forgotten(now, failure("", err)) }
		})
	case step.Remove:
		id := l.runs[e.Container].id
		n.answer(ctx, l, func() func(time.Time) {
			err := n.removeAll(ctx, id)
			if err != nil && ctx.Err() == nil {
				n.options.Logger.Warn("ended container is not removed yet", "container", id, "error", err)
			}
			return func(now time.Time) { l.task.Removed(now, e.Container, failure("", err)) }
		})
	}
}

// answer runs act beside the loop and hands what it returns to the loop. When
// the node stops meanwhile, the answer is lost with the node's memory: what
// failed because the agent ends is no failure of the task.
func (n *Node) answer(ctx context.Context, l *live, act func() func(time.Time)) {
	n.wg.Go(func() {
		if ctx.Err() != nil {
			return
		}
		tell := act()
		if ctx.Err() != nil {
			return
		}
		select {
		case n.work <- func(now time.Time) { tell(now); n.touch(l) }:
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

func (n *Node) attach(ctx context.Context, l *live, name string) {
	r, spec := l.runs[name], containerOf(l.payload, name)
	request := network.Request{ID: r.id, Mode: network.Bridge}
	// What cannot be read was refused when the task came.
	if config, _ := configOf(spec); l.payload.NetworkMode == "none" || config.NetworkDisabled {
		request.Mode = network.None
	} else {
		for _, p := range spec.PortMappings {
			request.Ports = append(request.Ports, portRequest(p))
		}
	}
	n.answer(ctx, l, func() func(time.Time) {
		sandbox, err := n.edges.Network.Attach(ctx, request)
		// gofail: var agentAttached struct{}
		return func(now time.Time) {
			r.sandbox = sandbox
			l.task.Attached(now, name, bindings(spec, sandbox), failure("CannotStartContainerError", err))
		}
	})
}

func (n *Node) signal(ctx context.Context, l *live, e step.Signal) {
	r := l.runs[e.Container]
	signal := e.Signal
	if e.Stop {
		signal = runtime.StopSignalOr(r.stopSignal, syscall.SIGTERM)
	}
	if signal == syscall.SIGKILL {
		r.kills++
	}
	kills, ids, used := r.kills, map[string]string{}, n.usedByOthers(l.payload.ARN)
	for name, r := range l.runs {
		ids[name] = r.id
	}
	n.answer(ctx, l, func() func(time.Time) {
		if e.Stop {
			n.drainUsers(ctx, l.payload, ids, e.Container)
		}
		n.abandonFileSystems(ctx, l.payload, kills, used)
		err := n.edges.Runtime.Signal(ctx, r.id, signal)
		return func(now time.Time) {
			if runtime.KindOf(err) == runtime.KindNotFound {
				l.task.Exited(now, e.Container, nil, vanished)
				err = nil
			}
			l.task.Signalled(now, e.Container, failure("", err))
		}
	})
}

func (n *Node) probe(ctx context.Context, l *live, e step.Probe) {
	id := l.runs[e.Container].id
	command, shell := e.Test, false
	switch e.Test[0] {
	case "CMD":
		command = e.Test[1:]
	case "CMD-SHELL":
		command, shell = e.Test[1:min(2, len(e.Test))], true
	}
	n.answer(ctx, l, func() func(time.Time) {
		var result runtime.ExecResult
		err := context.Canceled
		within(ctx, n.probes, func() { result, err = n.edges.Prober.Exec(ctx, id, command, shell, e.Timeout) })
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
	n.answer(ctx, l, func() func(time.Time) {
		n.recordEnd(l, r)
		// gofail: var agentBeforeReport struct{}
		err := context.Canceled
		within(ctx, n.submits, func() { err = n.edges.Reporter.Submit(ctx, l.payload.ARN, r) })
		// gofail: var agentReported struct{}
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
func (n *Node) recordEnd(l *live, r step.Report) {
	if r.Status != step.Stopped || !slices.ContainsFunc(r.Containers, func(c step.ContainerReport) bool { return c.RuntimeID == "" }) {
		return
	}
	if err := l.keep.save(l.payload, step.Stopped); err != nil { // the end is reported all the same
		n.options.Logger.Warn("end of a task is not recorded", "task", l.payload.ARN, "error", err)
	}
}

// removeAll removes a container, its sandbox, its log and its files. The files
// go last: as long as they are there, the next life of the agent knows that
// something is left.
func (n *Node) removeAll(ctx context.Context, id string) error {
	err := n.edges.Runtime.Remove(ctx, id)
	// gofail: var agentContainerRemoved struct{}
	if err == nil {
		err = n.edges.Network.Detach(ctx, id)
	}
	if err == nil {
		err = n.edges.Logs.Finish(ctx, id)
	}
	if err == nil && n.edges.SecretFiles != nil {
		err = n.edges.SecretFiles.Remove(id)
	}
	if err == nil {
		err = n.removeFiles(id)
	}
	if err != nil {
		return fmt.Errorf("remove container %s: %w", id, err)
	}
	return nil
}
