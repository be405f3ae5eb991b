package deploy

import (
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
)

// advance moves an ACTIVE service on by one plan.
func (p *planning) advance() {
	p.stopLost()
	s := p.survey()
	p.countFailures(s)
	if p.breaks(s) {
		return // what follows from a failed deployment is the next plan's affair
	}
	p.replace(s)
	p.label()
	p.conclude(s)
	p.forget()
}

// label brings the deployments' states up to date.
func (p *planning) label() {
	s := &p.primary.Status
	s.State = model.DeploymentPrimary
	if s.Rollout == "" {
		s.Rollout, s.RolloutReason = model.RolloutInProgress, fmt.Sprintf(reasonInProgress, p.primary.ID)
	}
	for _, d := range p.older {
		d.Status.State = model.DeploymentInactive
		if slices.ContainsFunc(p.tasks, func(t *model.Task) bool {
			return t.Spec.Deployment == d.ID && (alive(t) || p.stopping(t))
		}) {
			d.Status.State = model.DeploymentActive
		}
		d.Status.LastStuck, d.Status.Steady = "", false
	}
}

// conclude says that the deployment is completed and the service steady, when
// that is so.
func (p *planning) conclude(s *survey) {
	st := &p.primary.Status
	if p.acted || !p.steady(s) {
		st.Steady = false
		return
	}
	p.unstuck()
	if st.Rollout == model.RolloutInProgress && st.FailedTasks == 0 {
		st.Rollout, st.RolloutReason = model.RolloutCompleted, fmt.Sprintf(reasonCompleted, p.primary.ID)
		p.say("(deployment %s) deployment completed.", p.primary.ID)
		p.out.Because(p.primary.Key(), "Completed", st.RolloutReason)
	}
	if !st.Steady {
		st.Steady = true
		p.say("has reached a steady state.")
		p.out.Because(p.Service.Key(), "Steady", "The service has reached a steady state.")
	}
}

// steady reports whether the service is as it is to be: all tasks of the
// primary deployment serve, and no other is left.
func (p *planning) steady(s *survey) bool {
	if s.alive != s.desired || len(s.keep) != s.desired {
		return false
	}
	for _, t := range s.keep {
		if !p.settled(t) {
			return false
		}
	}
	return !slices.ContainsFunc(p.tasks, p.stopping)
}

// forget deletes old deployments without tasks, but never the last completed
// one, which a rollback needs.
func (p *planning) forget() {
	inactive, completed, deleted := 0, false, 0
	p.older = slices.DeleteFunc(p.older, func(d *model.Deployment) bool {
		if d.Status.State != model.DeploymentInactive {
			return false
		}
		inactive++
		last := !completed && d.Status.Rollout == model.RolloutCompleted
		completed = completed || last
		if last || inactive <= KeepInactive || deleted == maxDeploymentWrites/2 {
			return false
		}
		deleted++
		p.out.Change.Delete(p.stored[d.ID])
		return true
	})
}
