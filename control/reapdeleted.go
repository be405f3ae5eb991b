package control

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
)

// allDeleted wakes the reaper for everything that callers have deleted and
// that is still visible.
func allDeleted(v store.View, wake func(string)) {
	for c := range store.All[*model.Cluster](v) {
		if c.Status == model.ClusterInactive {
			wake(c.Key().String())
		}
	}
	for p := range store.All[*model.CapacityProvider](v) {
		if p.Status == model.CapacityProviderInactive {
			wake(p.Key().String())
		}
	}
	for d := range store.All[*model.TaskDefinition](v) {
		if d.Status == model.TaskDefinitionDeleteInProgress {
			wake(d.Key().String())
		}
	}
}

// planDeleted plans for a cluster, capacity provider or task definition.
func (r *reaper) planDeleted(v store.View, kind model.Kind, id string, now time.Time) plan.Plan {
	switch kind {
	case model.KindCluster:
		if c, ok := store.Get[*model.Cluster](v, id); ok && c.Status == model.ClusterInactive {
			return reap.Cluster(c, occupied(v, id+"/"), now, r.timing)
		}
	case model.KindCapacityProvider:
		if p, ok := store.Get[*model.CapacityProvider](v, id); ok {
			return reap.CapacityProvider(p, now, r.timing)
		}
	case model.KindTaskDefinition:
		if d, ok := store.Get[*model.TaskDefinition](v, id); ok && d.Status == model.TaskDefinitionDeleteInProgress {
			return reap.TaskDefinition(d, defines(v, d), now, r.timing)
		}
	}
	return plan.Plan{}
}

// occupied reports whether there is anything in the cluster with the prefix.
func occupied(v store.View, prefix string) bool {
	return has[*model.ContainerInstance](v, prefix) || has[*model.Task](v, prefix) || has[*model.Service](v, prefix) ||
		has[*model.Deployment](v, prefix) || has[*model.TaskSet](v, prefix) || has[*model.Daemon](v, prefix)
}

func has[T model.Noun](v store.View, prefix string) bool {
	for range store.Prefix[T](v, prefix) {
		return true
	}
	return false
}

// defines reports whether anything is of the task definition. It costs a walk
// over the account's tasks, once an hour for each definition that is to go.
func defines(v store.View, d *model.TaskDefinition) bool {
	id, prefix := d.Key().ID, d.Account+"/"
	for s := range store.Prefix[*model.Service](v, prefix) {
		if s.Spec.TaskDefinition == id {
			return true
		}
	}
	for p := range store.Prefix[*model.Deployment](v, prefix) {
		if p.Spec.TaskDefinition == id {
			return true
		}
	}
	for s := range store.Prefix[*model.TaskSet](v, prefix) {
		if s.Spec.TaskDefinition == id {
			return true
		}
	}
	for t := range store.Prefix[*model.Task](v, prefix) {
		if t.Spec.TaskDefinition == id {
			return true
		}
	}
	return false
}
