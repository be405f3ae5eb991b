// Package judge says how tasks and container instances fare: whether a task
// serves or has failed, whether an instance is lost, and how long to wait
// before something that keeps failing is tried again. It judges one noun at a
// time by what is stored of it and decides nothing about what follows.
package judge

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// Unhealthy is why a task was stopped that failed its health checks.
// Source: ECS developer guide, "Stopped tasks error messages".
const Unhealthy = "Task failed container health checks"

// Alive reports whether the task is meant to run.
func Alive(t *model.Task) bool { return t.Desired != model.TaskStopped && !t.Stopped() }

// HasHealthCheck reports whether an essential container of the definition has
// a health check. Nil has none.
func HasHealthCheck(def *model.TaskDefinition) bool {
	if def == nil || def.Definition == nil {
		return false
	}
	for i := range def.Definition.ContainerDefinitions {
		c := &def.Definition.ContainerDefinitions[i]
		if c.HealthCheck != nil && (c.Essential == nil || *c.Essential) {
			return true
		}
	}
	return false
}

// Ready reports whether the task serves: it runs, and is HEALTHY where its
// definition has a health check.
func Ready(t *model.Task, def *model.TaskDefinition) bool {
	if t.Status.Last != model.TaskRunning || t.Status.Health == "UNHEALTHY" {
		return false
	}
	return t.Status.Health == "HEALTHY" || !HasHealthCheck(def)
}

// EndedItself reports whether a task that was told to stop, or has stopped,
// did so for a reason of its own: it did not start, its containers ended, or
// it failed its health checks. A task that somebody stopped did not.
func EndedItself(t *model.Task) bool {
	switch t.StopCode {
	case model.StopTaskFailedToStart, model.StopEssentialContainerExited:
		return true
	case model.StopServiceSchedulerInitiated:
		return t.StoppedReason == Unhealthy
	}
	return false
}

// Ran is how long a stopped task ran, by this side's clock alone.
func Ran(t *model.Task) time.Duration {
	if t.Status.StartedAt.IsZero() {
		return 0
	}
	return t.Status.StoppedAt.Sub(t.Status.StartedAt)
}

// Lost reports whether an instance is gone: deregistered, of which nil is one
// case, or disconnected for longer than after. since is when whoever asks began to
// watch. While it may become so, at is when.
func Lost(n *place.Node, now, since time.Time, after time.Duration) (lost bool, at time.Time) {
	if n == nil || n.Instance.Status == model.InstanceInactive {
		return true, time.Time{}
	}
	if n.Instance.AgentConnected {
		return false, time.Time{}
	}
	from := n.Instance.ConnectedAt
	for _, t := range []time.Time{n.Instance.RegisteredAt, since} {
		if t.After(from) {
			from = t
		}
	}
	if at = from.Add(after); now.Before(at) {
		return false, at
	}
	return true, time.Time{}
}

// ThresholdPercent is the share of failed tasks that fails a deployment where
// nobody says another.
const ThresholdPercent = 50

// Threshold is how many failed tasks fail a deployment of desired tasks when a
// share of them may fail: at least 3, at most 200.
// Source: ECS developer guide, "How the Amazon ECS deployment circuit breaker
// detects failures".
func Threshold(desired, percent int) int { return min(max((desired*percent+99)/100, 3), 200) }

// Delay is how long to wait before the next attempt after so many failed
// rounds in a row: nothing after the first, then first, and twice as long from
// round to round, up to most.
func Delay(rounds int, first, most time.Duration) time.Duration {
	if rounds <= 1 {
		return 0
	}
	d := first
	for range rounds - 2 {
		if d *= 2; d >= most {
			return most
		}
	}
	return min(d, most)
}
