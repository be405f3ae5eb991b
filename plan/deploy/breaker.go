package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// failure is one way in which a deployment fails, and the words for it.
type failure struct {
	reason   string // rolloutStateReason
	event    string // "" when reason is said
	because  string // completes "Service deployment rolled back because ..."
	back     string // rolloutStateReason of the rollback
	rollback bool
}

// The statusReason of service deployments. Source of the words about
// rollbacks: terraform-provider-aws's tests of ECS services.
const (
	statusRolledBack  = "Service deployment rolled back because %s."
	statusStopped     = "Service deployment stopped because %s."
	statusReplaced    = "Service deployment stopped because the newer deployment %s was started."
	statusNoCandidate = "No rollback candidate was found to run the rollback."
)

// fails fails the primary deployment when somebody asked for it, its circuit
// breaker says so or one of its alarms does, and rolls it back if it is to be
// and there is something to go back to.
func (p *planning) fails(s *survey) bool {
	st := &p.primary.Status
	if st.Rollout != model.RolloutInProgress {
		return false
	}
	f := p.failure(s)
	if f == nil {
		return false
	}
	st.Rollout, st.RolloutReason, st.Steady = model.RolloutFailed, f.reason, false
	p.say("(deployment %s) deployment failed: %s", p.primary.ID, f.event)
	p.out.Because(p.primary.Key(), "DeploymentFailed", f.reason)
	target := p.target()
	switch {
	case f.rollback && target != nil:
		st.Reason = fmt.Sprintf(statusRolledBack, f.because)
		p.rollBack(target, f)
	case f.rollback:
		st.Stranded, st.Reason, st.FinishedAt = true, statusNoCandidate, p.Now
	default:
		st.Reason, st.FinishedAt, st.StoppedAt = fmt.Sprintf(statusStopped, f.because), p.Now, p.Now
	}
	p.more()
	return true
}

// failure returns how the primary deployment has failed, nil if it has not.
func (p *planning) failure(s *survey) *failure {
	r, st := p.Service.Spec.Rollout, &p.primary.Status
	switch p.primary.StopRequested {
	case StopRollback:
		st.StoppedAt = p.Now
		return &failure{reason: fmt.Sprintf(reasonRollback, p.primary.ID), event: "a rollback was requested.",
			because: "a rollback was requested", back: reasonStopBack, rollback: true}
	case StopAbort:
		st.Stopped = true
		return &failure{reason: fmt.Sprintf(reasonStop, p.primary.ID), event: "a stop was requested.", because: "a stop was requested"}
	}
	if r.AlarmsEnabled && !st.AlarmsIgnored {
		if names := p.alarmed(); len(names) > 0 {
			st.Alarmed = names
			for _, n := range names {
				p.out.Change.Expect(p.Alarms[n])
			}
			return &failure{reason: reasonAlarm, event: "alarm detected.", because: "alarm(s) " + strings.Join(names, ", ") + " were detected",
				back: reasonAlarmBack, rollback: r.AlarmsRollback}
		}
		// A rollback goes on without them: it is the only way back.
		if names := p.unknownAlarms(); len(names) > 0 && p.primary.RollbackOf == "" {
			return &failure{reason: reasonNoAlarm, event: "alarm(s) " + strings.Join(names, ", ") + " not found.",
				because: "alarm(s) " + strings.Join(names, ", ") + " were not found", back: reasonAlarmBack, rollback: r.AlarmsRollback}
		}
	}
	failed := st.FailedTasks
	if r.BreakerKeep {
		failed = st.Failures
	}
	if r.CircuitBreaker && (failed >= Threshold(r, s.desired) || p.unresolvable()) && !mutant.On(mutant.BreakerNever) {
		st.Broken = true
		return &failure{reason: reasonTasksFailed, event: "tasks failed to start.", because: "the circuit breaker threshold was exceeded",
			back: reasonRollingBack, rollback: r.Rollback}
	}
	return nil
}

// alarmed returns the names of the service's alarms that are in ALARM, sorted.
func (p *planning) alarmed() (names []string) {
	if !p.Service.Spec.Rollout.AlarmsEnabled || mutant.On(mutant.AlarmsUnseen) {
		return nil
	}
	for _, n := range p.Service.Spec.Rollout.Alarms {
		if a := p.Alarms[n]; a != nil && (a.State == model.AlarmAlarm || a.State == model.AlarmInsufficient && mutant.On(mutant.AlarmMisread)) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unknownAlarms returns the names of the service's alarms that do not exist,
// sorted.
func (p *planning) unknownAlarms() (names []string) {
	for _, n := range p.Service.Spec.Rollout.Alarms {
		if p.Alarms[n] == nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// target returns the last completed deployment, nil if there is none or the
// primary one goes back itself.
func (p *planning) target() *model.Deployment {
	if p.primary.RollbackOf != "" {
		return nil
	}
	for _, d := range p.older {
		if d.Status.Rollout == model.RolloutCompleted || mutant.On(mutant.RollbackToFailed) {
			return d
		}
	}
	return nil
}

// rollBack makes a new primary deployment of the target's revision, which the
// service follows. What a revision does not hold stays as the caller has it:
// the desired count, the rollout and the placement.
func (p *planning) rollBack(target *model.Deployment, f *failure) {
	s := p.Service.Clone()
	s.Spec.TaskDefinition = target.Spec.TaskDefinition
	s.Spec.LaunchType = target.Spec.LaunchType
	s.Spec.CapacityStrategy = target.Spec.CapacityStrategy
	s.Spec.Network = target.Spec.Network
	s.Spec.Volume = target.Spec.Volume
	s.Spec.PlatformVersion = target.Spec.PlatformVersion
	s.Spec.EnableExecuteCommand = target.Spec.EnableExecuteCommand
	d := Begin(s, p.Deployments, p.tasks, p.ids, p.Now)
	s.Primary = d.ID
	d.ServiceDeployment, d.RollbackOf, d.Revision = "", p.primary.ID, target.RevisionNumber()
	d.Status.RolloutReason = fmt.Sprintf(f.back, target.ID)
	p.primary.Status.State = model.DeploymentActive
	p.out.Change.Put(s)
	p.out.Change.Put(d)
	p.say("rolling back to deployment %s.", target.ID)
	p.out.Because(d.Key(), "RollingBack", d.Status.RolloutReason)
}
