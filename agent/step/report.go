package step

import (
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model/mutant"
)

// report emits a Submit when there is something that the control plane has
// not been told. One report is under way at a time and RUNNING is never left
// out, so that the control plane sees each step of the task's life in order.
func (t *Task) report(now time.Time) {
	if t.submitting || now.Before(t.retry.at) {
		return
	}
	if t.announce() {
		return
	}
	r := t.snapshot()
	if t.ran && r.Status == Stopped && (t.delivered == nil || t.delivered.Status == Pending) && !mutant.On(mutant.RunningLeftOut) {
		r.Status, r.Reason, r.ExecutionStopped = Running, "", time.Time{}
	}
	early := r.Status == Pending && (t.delivered != nil || !t.tells())
	if early || t.delivered != nil && sameReport(*t.delivered, r) {
		if t.delivered == nil {
			t.retry.at = time.Time{} // what was to be said again is not true any more
		}
		return
	}
	if t.delivered != nil && t.delivered.Status == Stopped {
		return // after STOPPED nothing more is said
	}
	if r.Status == Stopped && t.owed.IsZero() {
		t.owed = now
	}
	if r.Status == Running {
		r.Attachments = append(t.attachments(), t.volumes()...)
	}
	t.submit(r)
}

// tells reports whether the digests of the task's images are to be told before it
// runs, and are there: a service's other tasks may wait for them, if its images are
// named by tags.
func (t *Task) tells() bool {
	if t.payload.ServiceName == "" || t.desired != Running {
		return false
	}
	tagged := false
	for _, c := range t.containers {
		if c.phase <= pulling {
			return false
		}
		tagged = tagged || c.digest != "" && !strings.Contains(c.spec.Image, "@")
	}
	return tagged
}

func (t *Task) submit(r Report) {
	t.submitting, t.inFlight, t.retry.at = true, &r, time.Time{}
	t.emit(Submit{r})
}

// snapshot returns the task as it is.
func (t *Task) snapshot() Report {
	r := Report{Status: t.Status(), PullStartedAt: t.pullStarted, PullStoppedAt: t.pullStopped}
	if r.Status == Stopped {
		r.Reason, r.ExecutionStopped = t.reason, t.executionStopped
	}
	for _, c := range t.containers {
		r.Containers = append(r.Containers, ContainerReport{
			Name: c.spec.Name, RuntimeID: c.runtimeID, Status: c.status(),
			Reason: c.reason, Digest: c.digest, Bindings: c.bindings,
		})
		if c.phase == stopped { // else it is of an earlier run
			r.Containers[len(r.Containers)-1].ExitCode = c.exitCode
		}
	}
	return r
}

func sameReport(a, b Report) bool {
	return a.Status == b.Status && slices.EqualFunc(a.Containers, b.Containers, func(x, y ContainerReport) bool {
		return x.Status == y.Status && x.RuntimeID == y.RuntimeID && (x.ExitCode == nil) == (y.ExitCode == nil)
	})
}
