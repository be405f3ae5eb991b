package reap

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// Cluster returns the plan for one cluster: an INACTIVE one goes some time
// after it was deleted, unless there is still something in it.
func Cluster(c *model.Cluster, occupied bool, now time.Time, t Timing) (p plan.Plan) {
	if c.Status == model.ClusterInactive {
		t.forget(&p, c, later(c.CreatedAt, c.InactiveAt), occupied, now)
	}
	return p
}

// CapacityProvider returns the plan for one capacity provider: an INACTIVE
// one goes some time after it was deleted. Tasks only repeat its name.
func CapacityProvider(c *model.CapacityProvider, now time.Time, t Timing) (p plan.Plan) {
	if c.Status == model.CapacityProviderInactive {
		t.forget(&p, c, later(c.CreatedAt, c.InactiveAt), false, now)
	}
	return p
}

// TaskDefinition returns the plan for one task definition: one that is being
// deleted goes when no task, deployment or service is of it any more. Its
// family keeps the number, so that it is not used again.
// Source: ECS API reference, DeleteTaskDefinitions.
func TaskDefinition(d *model.TaskDefinition, used bool, now time.Time, t Timing) (p plan.Plan) {
	if d.Status == model.TaskDefinitionDeleteInProgress {
		t.forget(&p, d, d.DeleteAt, used, now)
	}
	return p
}

// forget deletes what was deleted by a caller at a time, when it has been
// visible for long enough. What is still needed is looked at again after the
// same time.
func (t Timing) forget(p *plan.Plan, n model.Noun, deleted time.Time, needed bool, now time.Time) {
	keep := t.withDefaults().Deleted
	switch at := deleted.Add(keep); {
	case now.Before(at):
		p.WakeAt(at)
	case needed:
		p.WakeAt(now.Add(keep))
	default:
		p.Change.Delete(n)
		p.Because(n.Key(), "Forgotten", "Deleted long ago.")
	}
}
