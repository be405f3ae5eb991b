package deploy

import (
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
)

// advance moves an ACTIVE service on by one plan.
func (p *planning) advance() {
	p.started()
	if p.adopt() {
		return
	}
	p.stopLost()
	s := p.survey()
	p.label(s)
	p.countFailures(s)
	p.sayTrouble()
	if p.fails(s) {
		return // what follows from a failed deployment is the next plan's affair
	}
	p.replace(s)
	p.rebalance(s)
	p.conclude(s)
	p.sayTrouble()
	p.forget()
}

// started notes when the primary deployment's first plan was made.
func (p *planning) started() {
	st := &p.primary.Status
	if st.Rollout == "" {
		st.Rollout, st.RolloutReason = model.RolloutInProgress, fmt.Sprintf(reasonInProgress, p.primary.ID)
	}
	if st.Rollout == model.RolloutInProgress && st.StartedAt.IsZero() {
		st.StartedAt = p.Now
		st.AlarmsIgnored = len(p.alarmed()) > 0
	}
}

// label brings the deployments' states up to date.
func (p *planning) label(s *survey) {
	p.primary.Status.State = model.DeploymentPrimary
	for _, d := range p.older {
		if d.Status.State == model.DeploymentInactive {
			continue
		}
		st := &d.Status
		st.State = model.DeploymentInactive
		if slices.Contains(s.active, d.ID) {
			st.State = model.DeploymentActive
		}
		st.LastStuck, st.Steady, st.Moving, st.Rebalancing = "", false, nil, false
		if st.Rollout != model.RolloutCompleted && st.Rollout != model.RolloutFailed && !st.Replaced {
			st.Replaced, st.StoppedAt, st.FinishedAt = true, p.Now, p.Now
			st.Reason = fmt.Sprintf(statusReplaced, p.primary.ID)
		}
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
	if st.Rollout == model.RolloutInProgress && st.FailedTasks == 0 && p.baked() {
		st.Rollout, st.RolloutReason = model.RolloutCompleted, fmt.Sprintf(reasonCompleted, p.primary.ID)
		st.FinishedAt = p.Now
		p.say("(deployment %s) deployment completed.", p.primary.ID)
		p.out.Because(p.primary.Key(), "Completed", st.RolloutReason)
	}
	if !st.Steady {
		st.Steady = true
		p.say("has reached a steady state.")
		p.out.Because(p.Service.Key(), "Steady", "The service has reached a steady state.")
	}
}

// baked reports whether the deployment has been watched for its bake time
// since all its tasks had settled.
func (p *planning) baked() bool {
	bake := p.bakeTime()
	if bake <= 0 {
		return true
	}
	st := &p.primary.Status
	if st.BakeFrom.IsZero() {
		st.BakeFrom = p.Now
	}
	at := st.BakeFrom.Add(bake)
	if p.Now.Before(at) {
		p.out.WakeAt(at)
		p.out.Because(p.primary.Key(), "Baking", "All tasks have settled; the deployment completes at "+at.Format("15:04:05")+".")
		return false
	}
	return true
}

// bakeTime is how long the deployment is watched once its tasks have settled: as
// long as the caller wants. Where nothing was said and alarms watch, it is as long
// as the alarm that looks back furthest needs to see what is wrong; none for
// alarms of which that is not known.
// Source: ECS developer guide, "How CloudWatch alarms detect Amazon ECS deployment
// failures": computed from the alarms' configuration; of several evaluation times
// the longest, by what its makers told the authors of Copilot.
func (p *planning) bakeTime() time.Duration {
	r := p.Service.Spec.Rollout
	if r.BakeTimeSet || r.BakeTime > 0 || !r.AlarmsEnabled || p.primary.Status.AlarmsIgnored {
		return r.BakeTime
	}
	longest := time.Duration(0)
	for _, name := range r.Alarms {
		if a := p.Alarms[name]; a != nil {
			longest = max(longest, a.Evaluation)
		}
	}
	return longest
}

// steady reports whether the service is as it is to be: all tasks of the
// primary deployment serve, and no other is left.
func (p *planning) steady(s *survey) bool {
	return s.alive == s.desired && len(s.keep) == s.desired && s.starting == 0 && !s.busy
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
