package step

import (
	"slices"
	"time"
)

// Restart starts a container again that has ended: what is left of it is
// removed first, its sandbox and its log stay. Answer: Task.Started.
type Restart struct{ Container string }

func (Restart) effect() {}

// restart makes a container that has ended after so long be started again, if
// its policy says so. To the control plane it goes on running.
// Source: ECS API reference, ContainerRestartPolicy: a container that ends
// before its period is over is not started again, nor is one with an exit code
// that is to be ignored.
func (t *Task) restart(c *container, ran time.Duration) {
	p := c.spec.RestartPolicy
	if p == nil || !p.Enabled || t.desired != Running || c.phase != stopped ||
		ran < time.Duration(p.AttemptPeriod)*time.Second ||
		c.exitCode != nil && slices.Contains(p.IgnoredExitCodes, *c.exitCode) {
		return
	}
	c.phase = attached
	c.restarts++
	c.reason = ""
	c.signalled, c.killed, c.killAt, c.ask = false, false, time.Time{}, backoff{}
	c.failures = 0
	if c.check != nil {
		c.health, c.unjudged = HealthUnknown, false
	}
}
