package deploy

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
)

// finish writes what changed of the deployments and what was said, and guards
// the plan with all that it depends on.
func (p *planning) finish() plan.Plan {
	if p.primary != nil {
		p.putDeployment(p.primary)
	}
	left := maxDeploymentWrites / 2
	for _, d := range p.older {
		if left == 0 {
			p.more()
			break
		}
		if p.putDeployment(d) {
			left--
		}
	}
	p.putEvents()
	c := &p.out.Change
	if c.Empty() || mutant.On(mutant.GuardsForgotten) {
		c.Guards = nil
		return p.out
	}
	p.guard(p.Service)
	for _, d := range p.Deployments {
		// What is inactive does not change, and a new one changes the service.
		if d.Status.State != model.DeploymentInactive {
			p.guard(d)
		}
	}
	for _, t := range p.TaskSets {
		p.guard(t)
	}
	return p.out
}

// guard expects n as it is, unless the plan writes it or has guarded it.
func (p *planning) guard(n model.Noun) {
	k := n.Key()
	if !slices.ContainsFunc(p.out.Change.Guards, func(g model.Guard) bool { return g.Key == k }) {
		p.out.Change.Expect(n)
	}
}

// putDeployment writes d if its status is not what is stored.
func (p *planning) putDeployment(d *model.Deployment) bool {
	old := p.stored[d.ID]
	restless := mutant.On(mutant.Restless) && old != nil && p.Now.Sub(old.Status.UpdatedAt) > time.Minute
	if old == d || (old != nil && sameStatus(old.Status, d.Status) && !restless) {
		return false
	}
	d.Status.UpdatedAt = p.Now
	p.out.Change.Put(d)
	return true
}

func sameStatus(a, b model.DeploymentStatus) bool {
	return a.State == b.State && a.Rollout == b.Rollout && a.RolloutReason == b.RolloutReason &&
		a.FailedTasks == b.FailedTasks && a.RetryAt.Equal(b.RetryAt) && slices.Equal(a.Counted, b.Counted) &&
		a.Steady == b.Steady && a.LastStuck == b.LastStuck && a.StartedAt.Equal(b.StartedAt) && a.FinishedAt.Equal(b.FinishedAt) &&
		a.StoppedAt.Equal(b.StoppedAt) && a.BakeFrom.Equal(b.BakeFrom) && a.Reason == b.Reason && slices.Equal(a.Alarmed, b.Alarmed) &&
		a.Stopped == b.Stopped && a.Replaced == b.Replaced && a.Failures == b.Failures && a.AlarmsIgnored == b.AlarmsIgnored &&
		a.Broken == b.Broken && a.Stranded == b.Stranded && slices.Equal(a.Moving, b.Moving) && a.Rebalancing == b.Rebalancing
}

func (p *planning) putEvents() {
	if len(p.said) == 0 {
		return
	}
	e := &model.ServiceEvents{Account: p.Service.Account, Cluster: p.Service.Cluster, Service: p.Service.Name}
	if p.Events != nil {
		e = p.Events.Clone()
	}
	for _, s := range p.said {
		e.Sequence++
		e.Events = append(e.Events, model.ServiceEvent{ID: p.ids.UUID(), At: p.Now, Message: s})
	}
	if over := len(e.Events) - model.MaxServiceEvents; over > 0 {
		e.Events = slices.Clone(e.Events[over:])
	}
	p.out.Change.Put(e)
}
