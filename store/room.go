package store

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// room is what the changes of a batch add to the usage of instances, by
// instance id, before the tables show it.
type room map[string]model.Usage

// add checks that the tasks that a change puts on instances for the first time
// (new ones, and those that had to wait for an instance) fit beside all that is
// there, and counts them in. Revisions cannot guard that: two plans that take an
// instance's last room have read the same instance, and neither changes it. A
// task that does not fit any more is a conflict with its instance, and its
// planner plans again.
func (r room) add(st *state, c model.Change) error {
	if mutant.On(mutant.RoomUnchecked) {
		return nil
	}
	added := room{}
	for _, w := range c.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || !holds(t) || st.task < 0 || onInstance(st, w.Key) {
			continue
		}
		key := model.Key{Kind: model.KindContainerInstance, ID: t.Spec.Instance}
		noun, ok := st.noun(key)
		if !ok {
			continue // an instance that is being removed; the planners' guards see to that
		}
		used, known := added[t.Spec.Instance]
		if !known {
			used = r.used(st, t.Spec.Instance)
		}
		if !fits(noun.(*model.ContainerInstance).Registered, used, t.Spec.Resources) {
			return &ConflictError{key}
		}
		added[t.Spec.Instance] = used.Add(t)
	}
	for id, u := range added {
		r[id] = u
	}
	return nil
}

// onInstance reports whether the task at k is on an instance already.
func onInstance(st *state, k model.Key) bool {
	noun, ok := st.noun(k)
	return ok && noun.(*model.Task).Spec.Instance != ""
}

// used returns what an instance's tasks hold, those of the batch included.
func (r room) used(st *state, instance string) model.Usage {
	if u, ok := r[instance]; ok {
		return u
	}
	if u, ok := st.usage.Get(&usage{instance: instance}); ok {
		return u.held
	}
	return model.Usage{}
}

func fits(has model.Resources, used model.Usage, wants model.Resources) bool {
	if used.CPU+wants.CPU > has.CPU && wants.CPU > 0 || used.Memory+wants.Memory > has.Memory && wants.Memory > 0 {
		return false
	}
	return !slices.ContainsFunc(wants.Ports, func(p model.Port) bool {
		_, taken := slices.BinarySearchFunc(used.Ports, p, model.ComparePorts)
		return taken || slices.Contains(has.Ports, p)
	})
}
