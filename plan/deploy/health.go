package deploy

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// lost reports whether the instance is gone: deregistered, of which nil is one case, or disconnected
// for longer than LostAfter. While it may become so, the plan wakes then.
func (p *planning) lost(n *place.Node) bool {
	lost, at := judge.Lost(n, p.Now, p.Since, p.Timing.LostAfter)
	if mutant.On(mutant.LostIgnored) && n != nil && n.Instance.Status != model.InstanceInactive {
		return false
	}
	if !mutant.On(mutant.ForgottenTimer) {
		p.out.WakeAt(at)
	}
	return lost
}

// onLost reports whether the task's instance is gone; a task that waits for
// one has lost none.
func (p *planning) onLost(t *model.Task) bool {
	return !t.Waiting() && p.lost(p.Fleet.At(p.Fleet.Index(t.Spec.Instance)))
}

// stopping reports whether the task was told to stop and has not, on an
// instance that can still do it.
func (p *planning) stopping(t *model.Task) bool {
	return t.Desired == model.TaskStopped && !t.Stopped() && !p.onLost(t)
}

// unhealthy reports whether the task failed its health checks, which counts
// once the service's grace period is over.
func (p *planning) unhealthy(t *model.Task) bool {
	if t.Status.Last != model.TaskRunning || t.Status.Health != "UNHEALTHY" {
		return false
	}
	if p.Service.Spec.HealthGraceSet {
		at := t.Status.StartedAt.Add(p.Service.Spec.HealthGrace)
		if p.Now.Before(at) {
			p.out.WakeAt(at)
			return false
		}
	}
	return true
}

// ready reports whether the task serves.
func (p *planning) ready(t *model.Task) bool {
	return !p.unhealthy(t) && judge.Ready(t, p.Definitions[t.Spec.TaskDefinition])
}

// settled reports whether the task has served for long enough to rely on it.
func (p *planning) settled(t *model.Task) bool {
	if !p.ready(t) {
		return false
	}
	at := t.Status.StartedAt.Add(p.Timing.Settle)
	if p.Now.Before(at) {
		p.out.WakeAt(at)
		return false
	}
	return true
}

// stopLost stops the tasks of lost instances: whatever becomes of them, they
// are replaced, and told to stop should their instance come back.
func (p *planning) stopLost() {
	for _, i := range p.living {
		b := &p.seen.List[i]
		if b.is(stopping|waiting) || p.Fleet.Usable(b.at) {
			continue
		}
		t, n := p.tasks[i], p.Fleet.At(b.at)
		if !p.lost(n) {
			continue
		}
		reason := lostReason(n)
		if p.stopAt(int(i), model.StopServiceSchedulerInitiated, reason) {
			p.out.Because(t.Key(), "Lost", reason)
		}
	}
}
