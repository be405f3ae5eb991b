package deploy

import (
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// threshold is how many failed tasks fail a deployment.
// Source: ECS developer guide, "How the Amazon ECS deployment circuit breaker
// detects failures".
func threshold(desired int) int {
	n := min(max((desired+1)/2, 3), 200)
	if mutant.On(mutant.BreakerTooSoon) {
		n--
	}
	return n
}

// breaks fails the primary deployment when its circuit breaker says so, and
// rolls it back if it is to be and there is something to go back to.
func (p *planning) breaks(s *survey) bool {
	st := &p.primary.Status
	r := p.Service.Spec.Rollout
	if !r.CircuitBreaker || st.Rollout != model.RolloutInProgress || st.FailedTasks < threshold(s.desired) || mutant.On(mutant.BreakerNever) {
		return false
	}
	st.Rollout, st.RolloutReason = model.RolloutFailed, reasonTasksFailed
	st.Steady = false
	p.say("(deployment %s) deployment failed: tasks failed to start.", p.primary.ID)
	p.out.Because(p.primary.Key(), "DeploymentFailed", reasonTasksFailed)
	if target := p.target(); r.Rollback && target != nil {
		p.rollBack(target)
	}
	p.more()
	return true
}

// target returns the last completed deployment, nil if there is none or it is
// of the task definition that has just failed.
func (p *planning) target() *model.Deployment {
	for _, d := range p.older {
		if d.Status.Rollout != model.RolloutCompleted && !mutant.On(mutant.RollbackToFailed) {
			continue
		}
		if d.Spec.TaskDefinition == p.primary.Spec.TaskDefinition {
			return nil
		}
		return d
	}
	return nil
}

// rollBack makes a new primary deployment of the target's revision, which the
// service follows. What a revision does not hold stays as the caller has it:
// the desired count, the rollout and the placement.
func (p *planning) rollBack(target *model.Deployment) {
	s := p.Service.Clone()
	s.Spec.TaskDefinition = target.Spec.TaskDefinition
	s.Spec.LaunchType = target.Spec.LaunchType
	s.Spec.PlatformVersion = target.Spec.PlatformVersion
	s.Spec.EnableExecuteCommand = target.Spec.EnableExecuteCommand
	s.Primary = p.ids.Deployment()
	d := &model.Deployment{Account: s.Account, Cluster: s.Cluster, Service: s.Name, ID: s.Primary, Spec: s.Spec, CreatedAt: p.Now,
		Status: model.DeploymentStatus{State: model.DeploymentPrimary, Rollout: model.RolloutInProgress,
			RolloutReason: fmt.Sprintf(reasonRollingBack, target.ID), UpdatedAt: p.Now}}
	p.primary.Status.State = model.DeploymentActive
	p.out.Change.Put(s)
	p.out.Change.Put(d)
	p.say("rolling back to (deployment %s).", target.ID)
	p.out.Because(d.Key(), "RollingBack", d.Status.RolloutReason)
}
