package model

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/model/mutant"
)

// Stop codes, as DescribeTasks shows them.
// Source: ECS API reference, Task.stopCode.
const (
	StopTaskFailedToStart          = "TaskFailedToStart"
	StopEssentialContainerExited   = "EssentialContainerExited"
	StopUserInitiated              = "UserInitiated"
	StopServiceSchedulerInitiated  = "ServiceSchedulerInitiated"
	StopSpotInterruption           = "SpotInterruption"
	StopTerminationNotice          = "TerminationNotice"
	ReasonEssentialContainerExited = "Essential container in task exited"
)

// TaskReport is one report of a container instance about a task
// (SubmitTaskStateChange, SubmitContainerStateChange).
// Source: specs/agent-protocol.md section 1.
type TaskReport struct {
	// Status is PENDING, RUNNING or STOPPED; "" when only containers are reported.
	Status                                         TaskStatus
	Reason                                         string
	Containers                                     []ContainerReport
	PullStartedAt, PullStoppedAt, ExecutionStopped time.Time
	// Attached says that the task's interface is there.
	Attached bool
}

// ContainerReport is the part of a report about one container.
type ContainerReport struct {
	Name, RuntimeID string
	Status          TaskStatus
	ExitCode        *int32
	Reason, Digest  string
	Bindings        []NetworkBinding
}

// Observe returns the task after the report r, received at now, or t itself
// when the report says nothing new. Reports may come late, twice and out of
// order: the status never moves back and what is known is never forgotten.
func (t *Task) Observe(r TaskReport, now time.Time) *Task {
	back := mutant.On(mutant.StatusBack)
	if t.Stopped() && !back {
		return t
	}
	c := t.Clone()
	changed := false
	for _, cr := range r.Containers {
		changed = c.observeContainer(cr) || changed
	}
	s := &c.Status
	changed = setTime(&s.PullStartedAt, r.PullStartedAt) || changed
	changed = setTime(&s.PullStoppedAt, r.PullStoppedAt) || changed
	changed = setTime(&s.ExecutionStopped, r.ExecutionStopped) || changed
	if (r.Attached || r.Status == TaskRunning) && c.Spec.Interface != nil && !s.Attached {
		s.Attached, changed = true, true // what runs has its interface
	}
	if r.Status != "" && (s.Last.before(r.Status) || back && s.Last != r.Status) {
		c.advance(r, now)
		changed = true
	}
	if !changed {
		return t
	}
	s.Version++
	return c
}

func (t *Task) advance(r TaskReport, now time.Time) {
	s := &t.Status
	s.Last = r.Status
	switch r.Status {
	case TaskRunning:
		setTime(&s.StartedAt, now)
		setTime(&s.ConnectedAt, now)
	case TaskStopped:
		s.StoppedAt = now
		setTime(&s.ExecutionStopped, now)
		if s.ExecutionStopped.Before(s.StartedAt) || s.ExecutionStopped.After(now) {
			s.ExecutionStopped = now // the node's clock is wrong
		}
		if t.Desired != TaskStopped {
			t.Desired, t.StoppingAt = TaskStopped, now
		}
		if t.StopCode == "" {
			t.StopCode, t.StoppedReason = StopEssentialContainerExited, ReasonEssentialContainerExited
			reason := r.Reason
			if s.StartedAt.IsZero() && !t.ran() {
				t.StopCode = StopTaskFailedToStart
				if reason == "" {
					reason = t.firstReason()
				}
			}
			if reason != "" {
				t.StoppedReason = reason
			}
		}
	default:
		setTime(&s.ConnectedAt, now)
	}
}

// ran reports whether each container has run and ended. A task whose containers
// end at once may never be reported RUNNING, and has started all the same.
func (t *Task) ran() bool {
	for _, c := range t.Status.Containers {
		if c.ExitCode == nil || strings.HasPrefix(c.Reason, "Cannot") { // CannotStartContainerError has an exit code, too
			return false
		}
	}
	return len(t.Status.Containers) > 0
}

// firstReason returns the reason that the first container to have one gives.
// Agents tell why a task did not start by its containers alone.
func (t *Task) firstReason() string {
	for _, c := range t.Status.Containers {
		if c.Reason != "" {
			return c.Reason
		}
	}
	return ""
}

func (t *Task) observeContainer(r ContainerReport) bool {
	at := t.Container(r.Name)
	if at < 0 {
		return false // a container of the agent's own, or of another task definition
	}
	c := &t.Status.Containers[at]
	changed := setString(&c.RuntimeID, r.RuntimeID)
	changed = setString(&c.Digest, r.Digest) || changed
	if len(r.Bindings) > 0 && len(c.Bindings) == 0 {
		c.Bindings, changed = r.Bindings, true
	}
	if r.Status != "" && c.Last.before(r.Status) {
		c.Last, changed = r.Status, true
	}
	if r.ExitCode != nil && c.ExitCode == nil {
		code := *r.ExitCode
		c.ExitCode, changed = &code, true
	}
	return setString(&c.Reason, r.Reason) || changed
}

func setTime(at *time.Time, t time.Time) bool {
	if t.IsZero() || !at.IsZero() {
		return false
	}
	*at = t.UTC().Truncate(time.Millisecond)
	return true
}

func setString(at *string, s string) bool {
	if s == "" || *at != "" {
		return false
	}
	*at = s
	return true
}

// ObserveHealth returns the task with the health of its containers, by name,
// or t itself when nothing changed. Essential says which containers count for
// the task's own health.
func (t *Task) ObserveHealth(byName map[string]string, essential func(name string) bool) *Task {
	c := t.Clone()
	changed := false
	task := ""
	for i := range c.Status.Containers {
		at := &c.Status.Containers[i]
		if h, ok := byName[at.Name]; ok && at.Health != h {
			at.Health, changed = h, true
		}
		if at.Health == "" || !essential(at.Name) {
			continue
		}
		task = worseHealth(task, at.Health)
	}
	if !changed && c.Status.Health == task {
		return t
	}
	c.Status.Health = task
	c.Status.Version++
	return c
}

func worseHealth(a, b string) string {
	for _, h := range []string{"UNHEALTHY", "UNKNOWN", "HEALTHY"} {
		if a == h || b == h {
			return h
		}
	}
	return ""
}
