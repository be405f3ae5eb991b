package deploy

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
)

// Statuses of service deployments.
// Source: ECS API reference, ServiceDeployment.status.
const (
	StatusPending            = "PENDING"
	StatusInProgress         = "IN_PROGRESS"
	StatusSuccessful         = "SUCCESSFUL"
	StatusStopped            = "STOPPED"
	StatusStopRequested      = "STOP_REQUESTED"
	StatusRollbackRequested  = "ROLLBACK_REQUESTED"
	StatusRollbackInProgress = "ROLLBACK_IN_PROGRESS"
	StatusRollbackSuccessful = "ROLLBACK_SUCCESSFUL"
	StatusRollbackFailed     = "ROLLBACK_FAILED"
)

// How StopServiceDeployment is asked to end a deployment.
// Source: ECS API reference, StopServiceDeployment.stopType.
const (
	StopRollback = "ROLLBACK"
	StopAbort    = "ABORT"
)

// Shown reports whether d is a service deployment of its own. A rollback is
// not: it is shown as a part of the one that it takes back.
func Shown(d *model.Deployment) bool { return d.RollbackOf == "" }

// Status returns the status of the service deployment d; all are the
// deployments of the service.
// Source: ECS developer guide, "View service history using Amazon ECS service
// deployments".
func Status(d *model.Deployment, all []*model.Deployment) string {
	if r := RollbackOf(d, all); r != nil {
		switch {
		case r.Status.Rollout == model.RolloutCompleted:
			return StatusRollbackSuccessful
		case r.Status.Rollout == model.RolloutFailed, superseded(r, all):
			return StatusRollbackFailed
		}
		return StatusRollbackInProgress
	}
	switch {
	case d.Status.Rollout == model.RolloutCompleted:
		return StatusSuccessful
	case d.Status.Rollout == model.RolloutFailed:
		if d.Status.Stranded {
			return StatusRollbackFailed
		}
		return StatusStopped
	case d.Status.Replaced:
		return StatusStopped
	case superseded(d, all), d.StopRequested == StopAbort:
		return StatusStopRequested
	case d.StopRequested == StopRollback:
		return StatusRollbackRequested
	case d.Status.StartedAt.IsZero():
		return StatusPending
	}
	return StatusInProgress
}

// RollbackOf returns the deployment that takes d back, nil while there is
// none. Its CreatedAt is when the rollback started, its RevisionNumber the
// service revision that it brings back, and d's Status.Reason says why.
func RollbackOf(d *model.Deployment, all []*model.Deployment) *model.Deployment {
	for _, r := range all {
		if r.RollbackOf == d.ID {
			return r
		}
	}
	return nil
}

// superseded reports whether a newer deployment has taken the place of d,
// which had not ended by then.
func superseded(d *model.Deployment, all []*model.Deployment) bool {
	if d.Status.Replaced {
		return true
	}
	for _, n := range all {
		if n.ID != d.ID && n.CreatedAt.After(d.CreatedAt) {
			return d.Status.Rollout == model.RolloutInProgress
		}
	}
	return false
}

// Reason returns the statusReason of the service deployment d, "" while there
// is nothing to be said.
func Reason(d *model.Deployment) string { return d.Status.Reason }

// FinishedAt returns when the service deployment d had ended, its rollback
// included; zero while it has not.
func FinishedAt(d *model.Deployment, all []*model.Deployment) time.Time {
	if r := RollbackOf(d, all); r != nil {
		return r.Status.FinishedAt
	}
	return d.Status.FinishedAt
}

// States of the circuit breaker and of the alarms of a service deployment.
// Source: ECS API reference, ServiceDeploymentCircuitBreaker.status.
const (
	MonitorDisabled  = "DISABLED"
	MonitorWatching  = "MONITORING"
	MonitorTriggered = "TRIGGERED"
	MonitorCompleted = "MONITORING_COMPLETE"
	thresholdCount   = "COUNT"
	thresholdUnbound = "UNBOUNDED_PERCENT"
)

// Threshold returns how many failed tasks fail a deployment of a service that
// wants desired tasks.
// Source: ECS API reference, ThresholdConfiguration.
func Threshold(r model.Rollout, desired int) int {
	value, kind := judge.ThresholdPercent, ""
	if t := r.BreakerThreshold; t != nil {
		value, kind = t.Value, t.Type
	}
	percent := (desired*value + 99) / 100
	switch kind {
	case thresholdCount:
		return max(value, 1)
	case thresholdUnbound:
		return max(percent, 1)
	}
	n := judge.Threshold(desired, value)
	if mutant.On(mutant.BreakerTooSoon) {
		n--
	}
	return n
}

// FailureCount returns how many failed tasks the circuit breaker holds against
// d.
func FailureCount(d *model.Deployment) int {
	if d.Spec.Rollout.BreakerKeep {
		return d.Status.Failures
	}
	return d.Status.FailedTasks
}

// Breaker returns the state of d's circuit breaker.
func Breaker(d *model.Deployment) string {
	return monitor(d, d.Spec.Rollout.CircuitBreaker, d.Status.Broken)
}

// AlarmMonitor returns the state of the alarms of d.
func AlarmMonitor(d *model.Deployment) string {
	r := d.Spec.Rollout
	return monitor(d, r.AlarmsEnabled && len(r.Alarms) > 0 && !d.Status.AlarmsIgnored, len(d.Status.Alarmed) > 0)
}

func monitor(d *model.Deployment, enabled, triggered bool) string {
	switch {
	case triggered:
		return MonitorTriggered
	case !enabled:
		return MonitorDisabled
	case d.Status.Rollout == model.RolloutInProgress && !d.Status.Replaced:
		return MonitorWatching
	}
	return MonitorCompleted
}
