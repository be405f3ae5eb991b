package step

import (
	"time"

	"github.com/roadstead/roadstead/model/mutant"
)

// Pulled answers a Pull.
func (t *Task) Pulled(now time.Time, name, digest string, f Failure) {
	c := t.find(name)
	if c != nil && c.phase == pulling {
		c.digest = digest
		if f == "" {
			c.phase = pulled
		} else {
			t.failContainer(c, string(f))
		}
		if t.everyPulled() {
			t.pullStopped = now
		}
	}
	t.advance(now)
}

func (t *Task) everyPulled() bool {
	for _, c := range t.containers {
		if c.phase <= pulling {
			return false
		}
	}
	return t.pullStopped.IsZero()
}

// Attached answers an Attach.
func (t *Task) Attached(now time.Time, name string, bindings []Binding, f Failure) {
	c := t.find(name)
	if c != nil && c.phase == attaching {
		c.bindings = bindings
		if f == "" {
			c.phase = attached
		} else {
			t.failContainer(c, string(f))
		}
	}
	t.advance(now)
}

// Started answers a Start. The container's end may have been observed before.
func (t *Task) Started(now time.Time, name, runtimeID string, f Failure) {
	c := t.find(name)
	switch {
	case c == nil:
	case c.phase == starting && f == "":
		t.began(now, c, runtimeID)
	case c.phase == starting:
		t.failContainer(c, string(f))
	case c.phase == stopped && c.started && c.runtimeID == "":
		c.runtimeID = runtimeID // its end was observed first
	}
	t.advance(now)
}

func (t *Task) began(at time.Time, c *container, runtimeID string) {
	c.phase, c.started, c.startedAt, c.exitCode = running, true, at, nil
	if runtimeID != "" {
		c.runtimeID = runtimeID
	}
	if c.check != nil {
		c.healthSince = at
		c.nextProbe = at.Add(time.Duration(c.check.Interval))
	}
}

// Signalled answers a Signal. One that could not be sent is sent again; the
// time until the kill goes on meanwhile.
func (t *Task) Signalled(now time.Time, name string, f Failure) {
	if c := t.find(name); c != nil && f != "" && c.phase == running {
		if c.killed {
			c.killAt = now.Add(firstRetry)
		} else {
			c.signalled = false
			c.ask.failed(now)
		}
	}
	t.advance(now)
}

// Exited says that a container's process has ended. It is not an answer: it
// comes whenever the runtime observes it, perhaps before the answer to Start.
func (t *Task) Exited(now time.Time, name string, exitCode *int32, reason string) {
	c := t.find(name)
	if c != nil && (c.phase == running || c.phase == starting) {
		ran := time.Duration(0)
		if c.phase == running {
			ran = now.Sub(c.startedAt)
		}
		c.phase, c.started = stopped, true
		c.exitCode = exitCode
		if reason != "" {
			c.reason = reason
		}
		t.restart(c, ran)
	}
	t.advance(now)
}

// Submitted answers a Submit. Refused means that the control plane will never
// accept this report: it is dropped, as if it had been delivered. So is a
// STOPPED that it has not taken for MaxOwed.
func (t *Task) Submitted(now time.Time, ok, refused bool) {
	t.submitting = false
	if t.inFlight != nil && t.inFlight.Status == "" {
		t.announced(now, ok || refused)
		return
	}
	if t.inFlight != nil && t.inFlight.Status == Stopped && now.Sub(t.owed) >= MaxOwed {
		refused = true
	}
	if ok || refused || mutant.On(mutant.ReportOnce) {
		t.delivered, t.inFlight = t.inFlight, nil
		t.retry = backoff{}
	} else {
		t.inFlight = nil
		t.retry.failed(now)
	}
	t.advance(now)
}

// Forgotten answers a Forget.
func (t *Task) Forgotten(now time.Time, f Failure) {
	t.forgetting = false
	t.forgotten = f == ""
	if f != "" {
		t.retry.failed(now)
	}
	t.advance(now)
}

// Removed answers a Remove.
func (t *Task) Removed(now time.Time, name string, f Failure) {
	if c := t.find(name); c != nil {
		c.removing = false
		c.removed = f == ""
		if f != "" {
			c.remove.failed(now)
		}
	}
	t.advance(now)
}

// Found is a container that was there when the node's records were loaded.
type Found struct {
	Name, RuntimeID, Digest string
	Running                 bool
	StartedAt               time.Time
	EndedAt                 time.Time // of one that has ended, when it is known
	ExitCode                *int32    // of one that has ended, when it is known
	Reason                  string
	Bindings                []Binding
}

// Adopt tells a task that was loaded from the node's records which of its
// containers exist, once, before anything else. If any does, the task began in
// an earlier life of the agent: containers that it had not come to yet are
// started as usual, those that run go on.
func (t *Task) Adopt(now time.Time, found []Found) {
	for _, f := range found {
		c := t.find(f.Name)
		if c == nil || mutant.On(mutant.AdoptedTwice) {
			continue
		}
		c.digest, c.bindings = f.Digest, f.Bindings
		if !needsSandbox(&t.payload, c) {
			c.bindings = t.bindings(c)
		}
		t.began(f.StartedAt, c, f.RuntimeID)
		if c.check != nil {
			c.nextProbe, c.unjudged = now, true
		}
		if !f.Running {
			c.phase, c.exitCode, c.reason = stopped, f.ExitCode, f.Reason
			if !f.EndedAt.IsZero() {
				t.restart(c, f.EndedAt.Sub(f.StartedAt))
			}
		}
	}
	t.advance(now)
}
