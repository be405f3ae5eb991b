package reclaim

import (
	"cmp"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
)

// View is all that a plan for one account depends on. Everything in it is left
// as it is.
type View struct {
	Nodes   []place.Node  // the instances that take tasks of Fargate
	Tasks   []*model.Task // those on the instances that have not stopped
	Waiting []*model.Task // those that want room (Wants)
	// Request returns what a waiting task asks of an instance of the fleet.
	Request func(f *place.Fleet, t *model.Task) (*place.Request, error)
	Now     time.Time
}

// maxTasks is how many tasks one plan interrupts.
const maxTasks = plan.MaxWrites

// Plan interrupts the tasks that have to make room.
func Plan(v View) plan.Plan {
	p := planning{View: v, on: map[string][]*model.Task{}}
	for _, t := range v.Tasks {
		p.on[t.Spec.Instance] = append(p.on[t.Spec.Instance], t)
	}
	p.fleet = place.NewFleet(p.future())
	for _, t := range sortedByID(v.Tasks) {
		if Asked(t) && t.Desired == model.TaskRunning {
			p.interrupt(t, "An operator asked for it.")
		}
	}
	waiting := slices.Clone(v.Waiting)
	slices.SortFunc(waiting, func(a, b *model.Task) int {
		return cmp.Or(a.Spec.CreatedAt.Compare(b.Spec.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range waiting {
		if len(p.out.Change.Writes) >= maxTasks {
			p.out.WakeAt(v.Now)
			break
		}
		if Wants(t) {
			p.makeRoom(t)
		}
	}
	return p.out
}

// planning is one call of Plan.
type planning struct {
	View
	out plan.Plan
	// fleet is the instances as they will be when what is stopping has stopped
	// and what could be given room has it.
	fleet *place.Fleet
	on    map[string][]*model.Task // by instance
}

// future returns the instances without what is stopping on them.
func (p *planning) future() []place.Node {
	nodes := slices.Clone(p.Nodes)
	for i := range nodes {
		for _, t := range p.on[nodes[i].Instance.Key().ID] {
			if t.Desired == model.TaskStopped {
				nodes[i].Usage = nodes[i].Usage.Remove(t)
			}
		}
	}
	return nodes
}

// interrupt tells a task to stop and counts it out.
func (p *planning) interrupt(t *model.Task, why string) {
	if len(p.out.Change.Writes) >= maxTasks {
		p.out.WakeAt(p.Now)
		return
	}
	p.out.Change.Put(t.Stop(StopCode, Reason, p.Now))
	p.out.Because(t.Key(), "Interrupted", why)
	if n, ok := p.fleet.Node(t.Spec.Instance); ok {
		n.Usage = n.Usage.Remove(t)
		p.fleet.Set(n)
	}
	p.on[t.Spec.Instance] = slices.DeleteFunc(slices.Clone(p.on[t.Spec.Instance]), func(o *model.Task) bool { return o.ID == t.ID })
}

// makeRoom interrupts what a waiting task needs the room of, and counts the
// task in there.
func (p *planning) makeRoom(t *model.Task) {
	req, err := p.Request(p.fleet, t)
	if err != nil {
		p.out.Because(t.Key(), "Waiting", err.Error())
		return
	}
	req.Count = 1
	if r := place.Place(p.fleet, req, 0); len(r.Placed) == 1 {
		p.hold(t, r.Placed[0])
		return
	}
	instance, victims := p.cheapest(req)
	if len(victims) == 0 {
		p.out.Because(t.Key(), "Waiting", "Interrupting tasks of FARGATE_SPOT would make no room for it.")
		return
	}
	if len(victims) > maxTasks-len(p.out.Change.Writes) {
		p.out.WakeAt(p.Now)
		return
	}
	p.out.Change.Expect(t) // it must still wait when others stop for it
	for _, v := range victims {
		p.interrupt(v, "Task "+t.ID+" waits for its room.")
	}
	p.hold(t, instance)
}

func (p *planning) hold(t *model.Task, instance string) {
	held := t.Clone()
	held.Spec.Instance, held.Status.Last = instance, model.TaskPending
	p.fleet.Hold(held)
}

// cheapest returns the instance where the fewest tasks have to go for the
// request, of those the one where they are smallest, and those tasks.
func (p *planning) cheapest(req *place.Request) (instance string, victims []*model.Task) {
	best := 0
	for _, id := range p.fleet.Nodes() {
		chosen := p.victims(id, req)
		size := 0
		for _, t := range chosen {
			size += t.Spec.Resources.Memory
		}
		if len(chosen) == 0 || victims != nil && cmp.Or(cmp.Compare(len(chosen), len(victims)), cmp.Compare(size, best)) >= 0 {
			continue
		}
		instance, victims, best = id, chosen, size
	}
	return instance, victims
}

// victims returns tasks of FARGATE_SPOT on an instance without which the
// request fits there, none of which could stay; none if all of them are not
// enough.
func (p *planning) victims(id string, req *place.Request) []*model.Task {
	n, _ := p.fleet.Node(id)
	var spot []*model.Task
	for _, t := range p.on[id] {
		if Spot(t) && t.Desired == model.TaskRunning {
			spot = append(spot, t)
			n.Usage = n.Usage.Remove(t)
		}
	}
	if len(spot) == 0 || place.Check(n, req) != "" {
		return nil
	}
	// The smallest stay first, and of equals the oldest.
	slices.SortFunc(spot, func(a, b *model.Task) int {
		return cmp.Or(cmp.Compare(a.Spec.Resources.Memory, b.Spec.Resources.Memory), cmp.Compare(a.Spec.Resources.CPU, b.Spec.Resources.CPU),
			a.Spec.CreatedAt.Compare(b.Spec.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return slices.DeleteFunc(spot, func(t *model.Task) bool {
		with := n
		with.Usage = n.Usage.Add(t)
		stays := place.Check(with, req) == "" && !mutant.On(mutant.NeedlessReclaim)
		if stays {
			n = with
		}
		return stays
	})
}

func sortedByID(tasks []*model.Task) []*model.Task {
	tasks = slices.Clone(tasks)
	slices.SortFunc(tasks, func(a, b *model.Task) int { return cmp.Compare(a.Key().ID, b.Key().ID) })
	return tasks
}
