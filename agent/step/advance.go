package step

import (
	"fmt"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/model/mutant"
)

// advance emits every effect that is due.
func (t *Task) advance(now time.Time) {
	t.prepare()
	t.connect(now)
	for {
		before := t.progress()
		for _, c := range t.containers {
			if t.desired == Running {
				t.bringUp(now, c)
			} else {
				t.bringDown(now, c)
			}
			t.observeEnd(now, c)
		}
		if t.progress() == before {
			break // nothing moved that could move something else
		}
	}
	t.observeRunning()
	t.report(now)
	t.cleanUp(now)
}

// progress sums up the phases: it grows whenever a container moves on, and
// once more when the task turns to stopping.
func (t *Task) progress() int {
	n := 0
	for _, c := range t.containers {
		n += int(c.phase)
	}
	if t.desired == Stopped {
		n += 1000
	}
	return n
}

// bringUp takes the next step towards c running.
func (t *Task) bringUp(now time.Time, c *container) {
	switch c.phase {
	case waiting:
		if !t.prepared && waitsToPull(c.spec) {
			return
		}
		c.phase = pulling
		if t.pullStarted.IsZero() {
			t.pullStarted = now
		}
		t.emit(Pull{c.spec.Name})
	case pulled:
		if !t.prepared && !mutant.On(mutant.VolumeUnawaited) || !t.online() {
			return
		}
		ready, failure := t.dependencies(now, c)
		if failure != "" {
			t.failContainer(c, failure)
			return
		}
		if !ready {
			return
		}
		if needsSandbox(&t.payload, c) {
			c.phase = attaching
			t.emit(Attach{c.spec.Name})
			return
		}
		c.phase, c.bindings = attached, t.bindings(c)
	case attached:
		switch {
		case !t.prepared && !mutant.On(mutant.VolumeUnawaited) || !t.online(): // the node's memory of it is gone
		case c.restarts > 0:
			c.phase = starting
			t.emit(Restart{c.spec.Name})
		default:
			c.phase = starting
			t.emit(Start{c.spec.Name})
		}
	case running:
		t.probe(now, c)
	}
}

// dependencies reports whether everything that c depends on has come far
// enough, or why it never will.
func (t *Task) dependencies(now time.Time, c *container) (ready bool, failure string) {
	if mutant.On(mutant.DependencyIgnored) {
		return true, ""
	}
	ready = true
	for _, d := range c.after {
		on := t.find(d.ContainerName)
		ok, failed := satisfied(on, d.Condition)
		if failed {
			return false, fmt.Sprintf("dependency did not reach its condition: container %s, condition %s", d.ContainerName, d.Condition)
		}
		if ok {
			continue
		}
		ready = false
		if at := t.deadline(on); !at.IsZero() && !now.Before(at) {
			return false, fmt.Sprintf("dependency resolution timed out: container %s did not reach %s within %d seconds",
				d.ContainerName, d.Condition, on.spec.StartTimeout)
		}
	}
	return ready, ""
}

// satisfied reports whether container c has reached condition, or cannot any
// more.
func satisfied(c *container, condition string) (ok, failed bool) {
	ended := c.phase == stopped
	switch condition {
	case "COMPLETE":
		return ended && c.started, ended && !c.started
	case "SUCCESS":
		ok = ended && c.exitCode != nil && *c.exitCode == 0
		return ok, ended && !ok
	case "HEALTHY":
		return c.phase == running && c.health == Healthy, ended
	default: // START
		return c.started, ended && !c.started
	}
}

// deadline returns when those that depend on c give up waiting for it: its
// startTimeout after its start. Zero when it has none or nobody waits, or waits
// for something else, too: what can only be noticed later is not woken for.
func (t *Task) deadline(c *container) time.Time {
	if !t.prepared || !t.online() || c.spec.StartTimeout <= 0 || c.startedAt.IsZero() || c.phase == stopped || t.desired == Stopped {
		return time.Time{}
	}
	for _, other := range t.containers {
		for _, d := range other.after {
			ok, _ := satisfied(c, d.Condition)
			if d.ContainerName == c.spec.Name && other.phase == pulled && !ok {
				return c.startedAt.Add(time.Duration(c.spec.StartTimeout) * time.Second)
			}
		}
	}
	return time.Time{}
}

// failContainer ends a container that could not be brought up.
func (t *Task) failContainer(c *container, reason string) {
	c.abandon(reason)
	if c.spec.Essential {
		t.fail(reason)
	}
}

// bringDown takes the next step towards c being stopped. Containers stop in
// the reverse order of their dependencies.
func (t *Task) bringDown(now time.Time, c *container) {
	switch c.phase {
	case waiting, pulled, attached:
		c.abandon("")
	case pulling:
		t.emit(Cancel{c.spec.Name})
		c.abandon("")
	case running:
		if t.needed(c) {
			return
		}
		if c.killAt.IsZero() {
			c.killAt = now.Add(c.stopTimeout)
			if mutant.On(mutant.KilledEarly) {
				c.killAt = now.Add(time.Second)
			}
		}
		switch {
		case !now.Before(c.killAt) && !mutant.On(mutant.KillForgotten):
			c.killAt = now.Add(lastRetry) // killed again if even that does not end it
			c.signalled, c.killed = true, true
			t.emit(Signal{Container: c.spec.Name, Signal: syscall.SIGKILL})
		case !c.signalled && !now.Before(c.ask.at):
			c.signalled = true
			t.emit(Signal{Container: c.spec.Name, Stop: true})
		}
	}
}

// needed reports whether a container that depends on c still lives.
func (t *Task) needed(c *container) bool {
	for _, other := range t.containers {
		if other == c || other.phase == stopped {
			continue
		}
		for _, d := range other.after {
			if d.ContainerName == c.spec.Name {
				return true
			}
		}
	}
	return false
}

// observeEnd draws the consequences of a container having ended.
func (t *Task) observeEnd(now time.Time, c *container) {
	if c.phase != stopped {
		return
	}
	c.killAt = time.Time{}
	if !c.spec.Essential || mutant.On(mutant.EssentialIgnored) {
		return
	}
	if c.started && t.executionStopped.IsZero() {
		t.executionStopped = now
	}
	// The control plane words the end of an essential container itself, as it
	// does for stops.
	t.desired = Stopped
}

// observeRunning notes that every container has got its start.
func (t *Task) observeRunning() {
	if t.ran {
		return
	}
	for _, c := range t.containers {
		if !c.started && !(c.phase == stopped && !c.spec.Essential && t.desired == Running) {
			return
		}
	}
	for _, c := range t.containers {
		t.ran = t.ran || c.started
	}
}

// cleanUp forgets the task and removes its containers once its STOPPED was
// accepted.
func (t *Task) cleanUp(now time.Time) {
	if t.delivered == nil || t.delivered.Status != Stopped {
		return
	}
	if !t.forgotten {
		if !t.forgetting && !now.Before(t.retry.at) {
			t.forgetting, t.retry.at = true, time.Time{}
			t.emit(Forget{})
		}
		return
	}
	if t.preparing {
		return // what is being made would stay
	}
	for _, c := range t.containers {
		if !c.removed && !c.removing && !now.Before(c.remove.at) {
			c.removing, c.remove.at = true, time.Time{}
			t.emit(Remove{c.spec.Name})
		}
	}
	t.disconnect(now)
}
