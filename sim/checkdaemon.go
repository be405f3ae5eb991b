package sim

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// oneDaemon checks that an instance has at most one task of a daemon
// ("daemon").
func (c *checker) oneDaemon(v store.View, now *model.Task) {
	if now.Spec.Daemon == "" {
		return
	}
	for t := range store.TasksByInstance(v, now.Spec.Instance) {
		if t.Spec.Daemon == now.Spec.Daemon && t.ID != now.ID && !t.Stopped() && !now.Stopped() {
			c.w.fail("daemon", "instance %s has the tasks %s and %s of %s", now.Spec.Instance, t.ID, now.ID, now.Spec.Daemon)
		}
	}
}

// daemonsSettled looks whether every instance has its daemons, is in use with
// them, and has none that are gone ("daemon").
func (c *checker) daemonsSettled(v store.View) string {
	for d := range store.All[*model.Daemon](v) {
		if why := c.daemonSettled(v, d); why != "" {
			return why
		}
	}
	for i := range store.All[*model.ContainerInstance](v) {
		// One that is to be emptied for a daemon may be full of tasks that find no other place.
		if i.AgentConnected && (i.Status == model.InstanceRegistering || i.DrainedFor != "" && fits(v, i, largestDaemon())) {
			return c.blame("daemon", "instance %s is %s: %s", i.ID, i.Status, i.StatusReason)
		}
	}
	for t := range store.All[*model.Task](v) {
		if _, ok := store.Get[*model.Daemon](v, t.Spec.Daemon); t.Spec.Daemon != "" && !t.Stopped() && !ok {
			return c.blame("daemon", "task %s is of the daemon %s, which is gone", t.ID, t.Spec.Daemon)
		}
	}
	for d := range store.All[*model.DaemonDeployment](v) {
		if _, ok := store.Get[*model.Daemon](v, d.DaemonID()); !ok {
			return c.blame("daemon", "deployment %s is of the daemon %s, which is gone", d.ID, d.Daemon)
		}
	}
	return ""
}

// largestDaemon is as much as any daemon takes.
func largestDaemon() model.Resources { return model.Resources{CPU: 128, Memory: 128} }

func (c *checker) daemonSettled(v store.View, d *model.Daemon) string {
	if d.Status != model.DaemonActive {
		return c.blame("daemon", "daemon %s is still %s", d.Name, d.Status)
	}
	newest := store.NewestDeployment(v, d)
	if newest == nil {
		return c.blame("daemon", "daemon %s has no deployment", d.Name)
	}
	revision, providers := newest.InForce()
	lacking := ""
	for i := range store.All[*model.ContainerInstance](v) {
		used := i.Status == model.InstanceActive || i.Status == model.InstanceDraining && i.DrainedFor != ""
		if !used || !i.AgentConnected || !slices.Contains(providers, i.CapacityProvider) || revision == "" {
			continue
		}
		has, other := 0, 0
		for t := range store.TasksByInstance(v, i.Key().ID) {
			switch {
			case t.Spec.Daemon != d.Key().ID || t.Stopped():
			case t.Spec.Deployment == revision:
				has++
			default:
				other++
			}
		}
		if has == 1 && other == 0 {
			continue
		}
		lacking = i.ID
		if other > 0 && newest.Ended() || fits(v, i, largestDaemon()) {
			return c.blame("daemon", "instance %s has %d tasks of daemon %s, and %d older ones", i.ID, has, d.Name, other)
		}
	}
	if !newest.Ended() && lacking == "" {
		return c.blame("daemon", "daemon %s is everywhere and its deployment is %s: %s", d.Name, newest.Status.State, newest.Status.Reason)
	}
	return ""
}
