package sim

import (
	"errors"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// act carries out what a task wants done, forgets it when it is done, and
// wakes it when it wants to be.
func (a *agent) act(l *live) {
	for effects := l.task.Effects(); len(effects) > 0; effects = l.task.Effects() {
		for _, e := range effects {
			a.effect(l, e)
			a.mayDie()
		}
	}
	a.w.clock.cancel(l.wake)
	l.wake = nil
	if l.task.Done() {
		delete(a.live, l.payload.ARN)
		a.ended[l.payload.ARN] = true
		a.node.releaseVolumes(taskID(l.payload.ARN))
		return
	}
	if next := l.task.Next(); !next.IsZero() {
		l.wake = a.soon(next.Sub(a.node.now()), func() {
			l.task.Tick(a.node.now())
			a.act(l)
		})
	}
}

// mayDie kills the agent in a moment, now and then: before, after or while
// what it has just begun is done.
func (a *agent) mayDie() {
	n := a.node
	if !a.w.troubled || a.w.shape.sudden == 0 || !n.dice.chance(a.w.shape.sudden) {
		return
	}
	a.soon(n.dice.skewed(0, 200*time.Millisecond), func() {
		if a.w.troubled {
			a.w.happen(AgentKilledAt)
			n.kill()
			a.w.whileTroubled(n.dice.skewed(time.Millisecond, 2*time.Second), n.start)
		}
	})
}

// answer lets the task take the answer to an effect after d.
func (a *agent) answer(l *live, d time.Duration, f func(now time.Time)) {
	a.soon(d, func() {
		f(a.node.now())
		a.act(l)
	})
}

func (a *agent) moment() time.Duration {
	return a.node.dice.skewed(100*time.Microsecond, 30*time.Millisecond)
}

func (a *agent) effect(l *live, e step.Effect) {
	switch e := e.(type) {
	case step.Pull:
		a.pull(l, e.Container)
	case step.Prepare: // what is fetched is no part of the simulation
		prepare := func() {
			f := step.Failure(a.node.attachVolumes(l.payload))
			a.answer(l, a.moment(), func(now time.Time) { l.task.Prepared(now, f) })
		}
		if len(l.payload.Attachments) == 0 {
			prepare()
		} else {
			l.whenSaved(func() { a.soon(a.moment(), prepare) })
		}
	case step.Cancel: // the pull itself is still answered
	case step.Attach:
		a.attach(l, e.Container)
	case step.Connect:
		a.plugIn(l)
	case step.Disconnect:
		a.soon(a.moment(), func() {
			l.task.Disconnected(a.node.now(), failure("", a.network.Detach(a.w.ctx, taskSandbox(l.payload))))
			a.act(l)
		})
	case step.Start:
		l.whenSaved(func() { a.start(l, e.Container) })
	case step.Restart:
		l.whenSaved(func() {
			_ = a.node.machine.Remove(a.node.now(), l.runs[e.Container].id) // it has ended: nothing can keep it
			a.start(l, e.Container)
		})
	case step.Signal:
		a.signal(l, e)
	case step.Probe:
		a.probe(l, e)
	case step.Submit:
		a.submit(l, e.Report)
	case step.Forget:
		l.whenSaved(func() { a.forget(l) })
	case step.Remove:
		a.soon(a.moment(), func() {
			f := a.goesWrong("device or resource busy")
			if f == "" {
				f = failure("", a.removeNow(l.runs[e.Container].id))
			}
			l.task.Removed(a.node.now(), e.Container, f)
			a.act(l)
		})
	}
}

// forget removes the task's record, which was written before.
func (a *agent) forget(l *live) {
	a.soon(a.moment(), func() {
		f := a.goesWrong("the disk is full")
		if f == "" {
			delete(a.node.records, l.payload.ARN)
		}
		l.task.Forgotten(a.node.now(), f)
		a.act(l)
	})
}

// goesWrong is a failure now and then, while there is trouble.
func (a *agent) goesWrong(why string) step.Failure {
	if a.w.troubled && !a.w.shape.calm && a.node.dice.chance(0.05) {
		a.w.happen(CleanUpFailed)
		return step.Failure(why)
	}
	return ""
}

func failure(prefix string, err error) step.Failure {
	if err == nil {
		return ""
	}
	if prefix == "" {
		return step.Failure(err.Error())
	}
	return step.Failure(prefix + ": " + err.Error())
}

func (a *agent) pull(l *live, name string) {
	r := l.runs[name]
	image, at, err := a.node.machine.Pull(a.node.now(), runtime.PullRequest{Image: container(l.payload, name).Image})
	a.answer(l, at.Sub(a.node.now()), func(now time.Time) {
		r.image, r.digest = image.Ref, image.Digest
		l.task.Pulled(now, name, image.Digest, failure("CannotPullContainerError", err))
	})
}

func container(t acs.Task, name string) acs.Container {
	for _, c := range t.Containers {
		if c.Name == name {
			return c
		}
	}
	return acs.Container{}
}

func (a *agent) attach(l *live, name string) {
	r := l.runs[name]
	request := network.Request{ID: r.id, Mode: network.Bridge}
	for _, p := range container(l.payload, name).PortMappings {
		request.Ports = append(request.Ports, network.PortRequest{ContainerPort: uint16(p.ContainerPort),
			HostPort: uint16(p.HostPort), Protocol: network.Protocol(p.Protocol)})
	}
	a.soon(a.moment(), func() {
		sandbox, err := a.network.Attach(a.w.ctx, request)
		r.sandbox = sandbox
		l.task.Attached(a.node.now(), name, bindings(sandbox), failure("CannotStartContainerError", err))
		a.act(l)
	})
}

func (a *agent) start(l *live, name string) {
	r := l.runs[name]
	a.w.check.uses(a.node, l, name)
	c := runtime.Container{ID: r.id, TaskID: taskID(l.payload.ARN), Name: name, Image: r.image,
		Labels: map[string]string{labelTask: l.payload.ARN, labelContainer: name, labelDigest: r.digest}}
	started, at, err := a.node.machine.Start(a.node.now(), c)
	if runtime.KindOf(err) == runtime.KindExists {
		// Left by a start that an earlier life did not see the end of.
		if err = a.node.machine.Remove(a.node.now(), c.ID); err == nil {
			started, at, err = a.node.machine.Start(a.node.now(), c)
		}
	}
	a.answer(l, at.Sub(a.node.now()), func(now time.Time) {
		l.task.Started(now, name, started.RuntimeID, failure("CannotStartContainerError", err))
	})
	a.node.watch()
}

func (a *agent) signal(l *live, e step.Signal) {
	id, signal := l.runs[e.Container].id, e.Signal
	if e.Stop {
		signal = runtime.StopSignalOr("", 15)
	}
	a.soon(a.moment(), func() {
		a.w.check.asked(a.node, l, e.Container, !e.Stop)
		err := a.node.machine.Signal(a.node.now(), id, signal)
		a.node.watch()
		if runtime.KindOf(err) == runtime.KindNotFound {
			l.task.Exited(a.node.now(), e.Container, nil, "ContainerVanishedError: the container is gone")
			err = nil
		}
		l.task.Signalled(a.node.now(), e.Container, failure("", err))
		a.act(l)
	})
}

func (a *agent) probe(l *live, e step.Probe) {
	result, at, err := a.node.machine.Exec(a.node.now(), l.runs[e.Container].id, e.Test, false)
	if at.Sub(a.node.now()) > e.Timeout {
		at, err = a.node.now().Add(e.Timeout), errors.New("health check exceeded its timeout")
	}
	a.answer(l, at.Sub(a.node.now()), func(now time.Time) {
		l.task.Probed(now, e.Container, err == nil && result.ExitCode == 0, "")
		a.publish(false)
	})
}

// removeNow removes a container and its sandbox.
func (a *agent) removeNow(id string) error {
	err := a.node.machine.Remove(a.node.now(), id)
	if err == nil {
		err = a.network.Detach(a.w.ctx, id)
	}
	a.node.watch()
	return err
}
