package daemon

import (
	"reflect"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/judge"
)

// finish writes what changed of the deployments, and guards the plan with all
// that it depends on.
func (p *planning) finish() plan.Plan {
	if p.current != nil {
		p.put(p.current)
	}
	for _, d := range p.older {
		p.put(d)
	}
	c := &p.out.Change
	if c.Empty() {
		c.Guards = nil
		return p.out
	}
	p.guard(p.Daemon)
	for _, d := range p.Deployments {
		p.guard(d)
	}
	return p.out
}

// guard expects n as it is, unless the plan writes it.
func (p *planning) guard(n model.Noun) {
	k := n.Key()
	if !slices.ContainsFunc(p.out.Change.Guards, func(g model.Guard) bool { return g.Key == k }) {
		p.out.Change.Expect(n)
	}
}

// put writes d if its status is not what is stored, and the current one also
// if a task is started: of two plans that start one, made from one view, only
// the first may be committed, or there would be two on an instance.
func (p *planning) put(d *model.DaemonDeployment) {
	old := p.stored[d.ID]
	if old == nil || reflect.DeepEqual(normal(old.Status), normal(d.Status)) && !(p.started && d == p.current) {
		return
	}
	if p.records == 0 {
		p.more()
		return
	}
	p.records--
	p.out.Change.Put(d)
}

// normal makes equal what means the same: an empty list and none.
func normal(s model.DaemonDeploymentStatus) model.DaemonDeploymentStatus {
	for _, list := range []*[]string{&s.Counted, &s.IgnoredAlarms, &s.Alarmed, &s.RollbackProviders} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	return s
}

// forget deletes old deployments, but never the last successful one, and
// revisions that neither a deployment nor a task refers to.
func (p *planning) forget() {
	if !p.current.Ended() {
		return
	}
	ended, successful := 0, false
	p.older = slices.DeleteFunc(p.older, func(d *model.DaemonDeployment) bool {
		if old := p.stored[d.ID]; !old.Ended() {
			return false // it ends with this plan
		}
		ended++
		last := !successful && (d.Status.State == model.DaemonSuccessful || d.Status.State == model.DaemonRollbackSuccessful)
		successful = successful || last
		if last || ended <= KeepDeployments || p.records <= maxRecordWrites/2 {
			return false
		}
		p.records--
		p.out.Change.Delete(p.stored[d.ID])
		return true
	})
	used := map[string]bool{}
	for _, d := range append(slices.Clone(p.older), p.current) {
		used[d.Spec.Revision], used[d.Status.RollbackRevision] = true, true
	}
	for _, t := range p.tasks {
		used[t.Spec.Deployment] = true
	}
	for _, r := range p.Revisions {
		if !used[r.ID] && p.records > maxRecordWrites/2 {
			p.records--
			p.out.Change.Delete(r)
		}
	}
}

// leave stops all tasks of a daemon that is being deleted, and deletes it
// with all that it has left when the last has stopped.
func (p *planning) leave() {
	p.supersede()
	if st := &p.current.Status; st.State == model.DaemonPending {
		st.State, st.StartedAt, st.Reason = model.DaemonInProgress, p.Now, reasonDeleting
	}
	var living []*model.Task
	waiting := false
	for _, t := range p.tasks {
		switch {
		case judge.Alive(t):
			living = append(living, t)
		case !t.Stopped():
			waiting = !p.lost(p.Fleet.At(p.Fleet.Index(t.Spec.Instance))) || waiting
		}
	}
	if mutant.On(mutant.DaemonLeft) {
		living = nil
	}
	p.stop(living, stopReason(p.current.ID))
	if len(living) > 0 || waiting {
		return
	}
	p.remove()
}

// remove deletes the daemon's deployments and revisions and, when none is
// left but what this plan deletes, the daemon.
func (p *planning) remove() {
	left := plan.MaxWrites - 2
	for _, r := range p.Revisions {
		if left == 0 {
			break
		}
		left--
		p.out.Change.Delete(r)
	}
	for _, d := range p.older {
		if left == 0 {
			break
		}
		left--
		p.out.Change.Delete(p.stored[d.ID])
	}
	older := p.older
	p.older = nil
	if len(p.Revisions)+len(older) > plan.MaxWrites-2 {
		p.more()
		return
	}
	p.out.Change.Delete(p.stored[p.current.ID])
	p.current = nil
	p.out.Change.Delete(p.Daemon)
	p.out.Because(p.Daemon.Key(), "Deleted", "All tasks of the daemon have stopped.")
}
