package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
)

// advance moves an ACTIVE daemon on by one plan.
func (p *planning) advance() {
	p.supersede()
	st := &p.current.Status
	switch st.State {
	case "", model.DaemonPending:
		st.State, st.StartedAt = model.DaemonInProgress, p.Now
		st.IgnoredAlarms = p.alarmed(nil)
	case model.DaemonStopRequested:
		p.rollBack()
		p.more()
		return
	}
	p.find()
	s := p.survey()
	if p.fails(s) {
		p.more()
		return // what follows from a failed deployment is the next plan's affair
	}
	p.roll(s)
	p.conclude(s)
	p.forget()
}

// supersede ends older deployments that a newer one has overtaken.
func (p *planning) supersede() {
	for _, d := range p.older {
		if !d.Ended() {
			d.Status.State, d.Status.StoppedAt = model.DaemonStopped, p.Now
			d.Status.Reason = fmt.Sprintf(reasonReplaced, p.current.ID)
		}
	}
}

// alarmed returns the deployment's alarms that are in ALARM, but for those
// that are ignored. Sorted.
func (p *planning) alarmed(ignored []string) []string {
	if !p.current.Spec.AlarmsEnabled {
		return nil
	}
	var names []string
	for _, name := range p.current.Spec.Alarms {
		if p.Alarms[name] == model.AlarmAlarm && !slices.Contains(ignored, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fails counts what has failed in the deployment, and ends it when its
// circuit breaker or an alarm says so.
func (p *planning) fails(s *survey) bool {
	st := &p.current.Status
	if st.State != model.DaemonInProgress && st.State != model.DaemonRollbackInProgress {
		return false
	}
	st.Threshold = judge.Threshold(len(s.nodes), judge.ThresholdPercent)
	p.count()
	broken := st.FailedTasks >= st.Threshold
	if st.State == model.DaemonRollbackInProgress {
		if broken {
			st.State, st.FinishedAt = model.DaemonRollbackFailed, p.Now
			st.Reason = fmt.Sprintf(reasonGivenUp, st.RollbackReason, st.FailedTasks)
			p.out.Because(p.current.Key(), "RollbackFailed", st.Reason)
		}
		return broken
	}
	switch st.Alarmed = p.alarmed(st.IgnoredAlarms); {
	case len(st.Alarmed) > 0:
		st.Reason = fmt.Sprintf(reasonAlarms, strings.Join(st.Alarmed, ", "))
	case broken:
		st.Reason = fmt.Sprintf(reasonBreaker, st.FailedTasks)
	default:
		return false
	}
	st.State = model.DaemonStopRequested
	p.out.Because(p.current.Key(), "DeploymentFailed", st.Reason)
	return true
}

// count counts each failed task of the deployment once.
func (p *planning) count() {
	st := &p.current.Status
	if p.revision == nil {
		return
	}
	var counted []string
	for _, t := range p.tasks {
		if t.Spec.StartedBy != p.current.ID || t.Spec.Deployment != p.revision.ID || !t.Stopped() || !judge.EndedItself(t) {
			continue
		}
		if _, known := slices.BinarySearch(st.Counted, t.ID); !known {
			st.FailedTasks++
		}
		counted = append(counted, t.ID)
	}
	st.Counted = counted // p.tasks are by id
}

// target returns the last deployment that came to its end, nil if there is
// none or it is of what has just failed.
func (p *planning) target() *model.DaemonDeployment {
	for _, d := range p.older {
		if d.Status.State != model.DaemonSuccessful && d.Status.State != model.DaemonRollbackSuccessful {
			continue
		}
		if id, _ := d.InForce(); id == p.current.Spec.Revision || p.revisionOf(id) == nil {
			return nil
		}
		return d
	}
	return nil
}

// rollBack begins to take a failed deployment back, or stops it when there is
// nothing to go back to.
func (p *planning) rollBack() {
	st := &p.current.Status
	target := p.target()
	if target == nil {
		st.State, st.StoppedAt = model.DaemonStopped, p.Now
		st.Reason = fmt.Sprintf(reasonNoTarget, st.Reason)
		p.out.Because(p.current.Key(), "Stopped", st.Reason)
		return
	}
	st.State, st.RollbackAt, st.RollbackReason = model.DaemonRollbackInProgress, p.Now, st.Reason
	st.RollbackRevision, st.RollbackProviders = target.InForce()
	st.FailedTasks, st.Counted, st.BakeFrom = 0, nil, time.Time{}
	p.out.Because(p.current.Key(), "RollingBack", st.Reason)
}

// conclude ends the deployment when every instance is as it is to be and, for
// one that is to bake, has been so for long enough.
func (p *planning) conclude(s *survey) {
	st := &p.current.Status
	if st.State != model.DaemonInProgress && st.State != model.DaemonRollbackInProgress {
		return
	}
	done, stuck := p.done(s)
	if st.State == model.DaemonRollbackInProgress {
		if done {
			st.State, st.FinishedAt = model.DaemonRollbackSuccessful, p.Now
			st.Reason = fmt.Sprintf(reasonRolledBack, st.RollbackReason, st.RollbackRevision)
			p.out.Because(p.current.Key(), "RolledBack", st.Reason)
		}
		return
	}
	if done && st.BakeFrom.IsZero() && p.current.Spec.BakeTime > 0 && len(s.nodes) > 0 {
		st.BakeFrom = p.Now
	}
	baking := !st.BakeFrom.IsZero() && p.Now.Before(st.BakeFrom.Add(p.current.Spec.BakeTime))
	switch {
	case len(stuck) > 0 && !done:
		st.Reason = fmt.Sprintf(reasonStuck, named(stuck))
	case baking:
		at := st.BakeFrom.Add(p.current.Spec.BakeTime)
		st.Reason = fmt.Sprintf(reasonBaking, at.UTC().Format(time.RFC3339))
		p.out.WakeAt(at)
	case done:
		st.State, st.FinishedAt, st.Reason = model.DaemonSuccessful, p.Now, reasonCompleted
		p.out.Because(p.current.Key(), "Completed", reasonCompleted)
	default:
		st.Reason = ""
	}
}

// done reports whether every instance has the revision in force, and which
// cannot take it. A daemon that is not critical may be missing there.
func (p *planning) done(s *survey) (done bool, stuck []*node) {
	done = len(s.astray)+len(s.unhealthy) == 0
	for _, n := range s.nodes {
		switch {
		case n.stuck != "":
			stuck = append(stuck, n)
			done = done && p.revision != nil && !p.revision.Spec.Critical && n.outdated == nil
		case n.stopping || n.current == nil || !p.settled(n.current):
			done = false
		}
	}
	return done, stuck
}
