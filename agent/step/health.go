package step

import "time"

// maxProbeOutput is how much of a check's output is kept, in bytes.
const maxProbeOutput = 4096

// probe runs the container's health check when it is due. One that begins with
// neither CMD nor CMD-SHELL never is, as with Docker: the container's health
// stays unknown.
func (t *Task) probe(now time.Time, c *container) {
	if c.check == nil || c.unprobed || c.probing || now.Before(c.nextProbe) {
		return
	}
	c.probing = true
	t.emit(Probe{c.spec.Name, c.check.Test, time.Duration(c.check.Timeout)})
}

// Probed answers a Probe: whether the check succeeded within its timeout, and
// what it printed.
func (t *Task) Probed(now time.Time, name string, ok bool, output string) {
	c := t.find(name)
	if c != nil && c.check != nil {
		c.probing = false
		c.nextProbe = now.Add(time.Duration(c.check.Interval))
		c.lastOutput = clip(output, maxProbeOutput)
		if c.phase == running {
			c.judge(now, ok)
		}
	}
	t.advance(now)
}

// judge counts the outcome of a check. Failures within the start period do not
// count; one success makes the container healthy and ends the start period.
// Source: Docker's HEALTHCHECK, which ECS's health checks are.
func (c *container) judge(now time.Time, ok bool) {
	if ok {
		c.failures = 0
		c.turn(now, Healthy)
		return
	}
	inStart := now.Before(c.startedAt.Add(time.Duration(c.check.StartPeriod)))
	if inStart && c.health == HealthUnknown {
		return
	}
	c.failures++
	if c.failures >= max(1, c.check.Retries) {
		c.turn(now, Unhealthy)
	}
}

func (c *container) turn(now time.Time, health string) {
	c.unjudged = false
	if c.health != health {
		c.health, c.healthSince = health, now
	}
}
