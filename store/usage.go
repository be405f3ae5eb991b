package store

import (
	"github.com/tidwall/btree"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// usage is what the tasks on one container instance hold.
type usage struct {
	instance string
	tasks    int // that hold resources
	held     model.Usage
}

type usages = btree.BTreeG[*usage]

func newUsages() *usages {
	return btree.NewBTreeGOptions(func(a, b *usage) bool { return a.instance < b.instance },
		btree.Options{NoLocks: true, Degree: treeDegree})
}

// Usage returns what the tasks on the instance hold: those that have not
// been reported STOPPED. The zero Usage when there is none.
func Usage(v View, instanceID string) model.Usage {
	if v.s == nil {
		return model.Usage{}
	}
	u, ok := v.s.usage.Get(&usage{instance: instanceID})
	if !ok {
		return model.Usage{}
	}
	return u.held
}

// recount brings the usages up to date after a task row was replaced. The
// index by instance must have been brought up to date before.
func recount(us *usages, onInstance func(id string, visit func(*row) bool), old, now *row) {
	var was, is *model.Task
	if old != nil {
		was = old.noun.(*model.Task)
	}
	if now != nil {
		is = now.noun.(*model.Task)
	}
	if was != nil && is != nil && sameHold(was, is) {
		return
	}
	countOut(us, onInstance, was)
	countIn(us, is)
}

// sameHold reports that a task holds what it held, so that most changes of a
// task touch no usage.
func sameHold(a, b *model.Task) bool {
	return a.Spec.Instance == b.Spec.Instance && a.Status.Last == b.Status.Last &&
		a.Spec.Resources.CPU == b.Spec.Resources.CPU && a.Spec.Resources.Memory == b.Spec.Resources.Memory &&
		a.Spec.Resources.GPUs == b.Spec.Resources.GPUs &&
		len(a.Spec.Resources.Ports) == 0 && len(b.Spec.Resources.Ports) == 0
}

func holds(t *model.Task) bool { return t != nil && t.Spec.Instance != "" && t.HoldsResources() }

func countIn(us *usages, t *model.Task) {
	if !holds(t) {
		return
	}
	u := usage{instance: t.Spec.Instance}
	if old, ok := us.Get(&u); ok {
		u = *old
	}
	u.tasks++
	u.held = u.held.Add(t)
	us.Set(&u)
}

func countOut(us *usages, onInstance func(id string, visit func(*row) bool), t *model.Task) {
	if !holds(t) {
		return
	}
	old, ok := us.Get(&usage{instance: t.Spec.Instance})
	if !ok {
		panic("store: no usage for the instance of task " + t.Key().ID)
	}
	u := *old
	u.tasks--
	switch {
	case u.tasks == 0:
		us.Delete(old)
		return
	case mutant.On(mutant.UsageKept):
	case len(t.Spec.Resources.Ports) == 0:
		u.held = u.held.Remove(t)
	default:
		u.held = sum(onInstance, t)
	}
	us.Set(&u)
}

// sum adds up what the tasks on t's instance hold without t. Ports need it:
// a port that two tasks claim is still held when one of them goes.
func sum(onInstance func(id string, visit func(*row) bool), without *model.Task) (held model.Usage) {
	id := without.Key().ID
	onInstance(without.Spec.Instance, func(r *row) bool {
		if r.id != id {
			held = held.Add(r.noun.(*model.Task))
		}
		return true
	})
	return held
}
