package store

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// room is what the changes of a batch add to the usage of instances, by
// instance id, before the tables show it.
type room struct {
	usage map[string]model.Usage
	// gpus are those that the batch gives, by instance id.
	gpus map[string][]string
}

func newRoom() room { return room{map[string]model.Usage{}, map[string][]string{}} }

// add checks that the tasks that a change puts on instances for the first time
// (new ones, and those that had to wait for an instance) fit beside all that is
// there, and counts them in. Revisions cannot guard that: two plans that take an
// instance's last room have read the same instance, and neither changes it. A
// task that does not fit any more is a conflict with its instance, and its
// planner plans again. A task that asks for GPUs is told here which ones it
// has, for the same reason; gave says that one was, so that the change is
// another than it was.
func (r room) add(st *state, c model.Change) (gave bool, err error) {
	if mutant.On(mutant.RoomUnchecked) {
		return false, nil
	}
	added, gpus := map[string]model.Usage{}, map[string][]string{}
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
		instance := noun.(*model.ContainerInstance)
		if !fits(instance.Registered, used, t.Spec.Resources) {
			return false, &ConflictError{key}
		}
		added[t.Spec.Instance] = used.Add(t)
		if want := t.Spec.Resources.GPUs; want > 0 {
			free := r.freeGPUs(st, instance, gpus[t.Spec.Instance])
			if len(free) < want { // some that tasks have are not registered any more
				return false, &ConflictError{key}
			}
			t.Spec.GPUs, gave = free[:want:want], true
			gpus[t.Spec.Instance] = append(gpus[t.Spec.Instance], t.Spec.GPUs...)
		}
	}
	for id, u := range added {
		r.usage[id] = u
	}
	for id, given := range gpus {
		r.gpus[id] = append(r.gpus[id], given...)
	}
	return gave, nil
}

// freeGPUs returns the instance's GPUs that no task has and that neither the
// batch nor the change at hand (given) gives, in the instance's order. Only
// tasks that ask for GPUs pay for looking at all tasks of the instance.
func (r room) freeGPUs(st *state, i *model.ContainerInstance, given []string) []string {
	taken, id := map[string]bool{}, i.Key().ID
	for _, gpu := range slices.Concat(r.gpus[id], given) {
		taken[gpu] = true
	}
	st.tables[st.task].found(st.schema.tables[st.task], st.by, id, func(row *row) bool {
		if t := row.noun.(*model.Task); t.HoldsResources() && !mutant.On(mutant.GPULentTwice) || mutant.On(mutant.GPUKept) {
			for _, gpu := range t.Spec.GPUs {
				taken[gpu] = true
			}
		}
		return true
	})
	return slices.DeleteFunc(slices.Clone(i.GPUs), func(gpu string) bool { return taken[gpu] })
}

// onInstance reports whether the task at k is on an instance already.
func onInstance(st *state, k model.Key) bool {
	noun, ok := st.noun(k)
	return ok && noun.(*model.Task).Spec.Instance != ""
}

// used returns what an instance's tasks hold, those of the batch included.
func (r room) used(st *state, instance string) model.Usage {
	if u, ok := r.usage[instance]; ok {
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
	if used.GPUs+wants.GPUs > has.GPUs && wants.GPUs > 0 {
		return false
	}
	return !slices.ContainsFunc(wants.Ports, func(p model.Port) bool {
		_, taken := slices.BinarySearchFunc(used.Ports, p, model.ComparePorts)
		return taken || slices.Contains(has.Ports, p)
	})
}
