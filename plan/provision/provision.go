package provision

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
)

// View is all that a plan for the waiting tasks of one cluster depends on.
// Everything in it is left as it is.
type View struct {
	Tasks       []*model.Task                    // those without an instance; stopped ones are left alone
	Definitions map[string]*model.TaskDefinition // by id, those of the tasks
	Fleet       *place.Fleet                     // the cluster's instances
	Network     address.Network                  // where tasks of network mode awsvpc have their addresses from
	// Group returns the instances of the running tasks that task t is to be
	// spread over, and of all that distinctInstance keeps it from.
	Group func(t *model.Task) (spread, occupied []string)
	// GroupsOf returns the groups of the tasks on an instance.
	GroupsOf func(instanceID string) []string
	Now      time.Time
	Seed     plan.Seed
	Timing   Timing
}

// Timing holds the waits of a plan; zero values mean the defaults.
type Timing struct {
	// Timeout is how long a task waits before it is stopped.
	Timeout time.Duration
	// Patience is how long younger tasks may go first, into room that is too
	// small for a task; after that they wait behind it.
	Patience time.Duration
}

// The defaults of Timing. ECS lets tasks wait "between 10 and 30 minutes".
const (
	DefaultTimeout  = 15 * time.Minute
	DefaultPatience = 2 * time.Minute
)

// Plan gives the waiting tasks instances, the oldest first, and stops those
// that have waited for too long.
func Plan(v View) plan.Plan {
	v.Timing = Timing{cmp.Or(v.Timing.Timeout, DefaultTimeout), cmp.Or(v.Timing.Patience, DefaultPatience)}
	p := planning{View: v, ids: plan.NewIDs(v.Seed), groups: map[string]*group{}, full: map[string]bool{},
		blocked: map[string]bool{}, hopeless: map[string]bool{}, dry: map[string]bool{}, guarded: map[string]bool{}}
	tasks := slices.DeleteFunc(slices.Clone(v.Tasks), func(t *model.Task) bool { return !t.Waiting() })
	slices.SortFunc(tasks, func(a, b *model.Task) int {
		return cmp.Or(a.Spec.CreatedAt.Compare(b.Spec.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	if mutant.On(mutant.RoomUngiven) && len(tasks) > 0 {
		tasks = tasks[1:]
	}
	for _, t := range tasks {
		if len(p.out.Change.Writes) >= maxTasks {
			p.out.WakeAt(v.Now)
			break
		}
		p.task(t)
	}
	for _, n := range p.before {
		v.Fleet.Set(n)
	}
	return p.out
}

// maxTasks is how many tasks one plan may write.
const maxTasks = plan.MaxWrites

// planning is one call of Plan.
type planning struct {
	View
	out      plan.Plan
	ids      *plan.IDs
	groups   map[string]*group
	full     map[string]bool // shapes of tasks that found no room
	hopeless map[string]bool // and of those that not even an empty instance has room for
	dry      map[string]bool // and of those for which no address was free where there is room
	blocked  map[string]bool // capacity providers whose room is kept for a task that has waited for long
	guarded  map[string]bool // instances
	before   []place.Node    // the instances of guarded as they were handed in
	chooser  *address.Chooser
}

// group is where the tasks are that a waiting task is to keep away from.
type group struct{ spread, occupied []string }

func (p *planning) task(t *model.Task) {
	end := t.Spec.CreatedAt.Add(p.Timing.Timeout)
	switch {
	case mutant.On(mutant.WaitCutShort):
		end = t.Spec.CreatedAt.Add(time.Minute)
	case mutant.On(mutant.WaitsForEver):
		end = p.Now.Add(time.Hour)
	}
	if !p.Now.Before(end) {
		why := ReasonNoCapacity
		if t.Spec.LaunchType == model.LaunchFargate {
			why = ReasonNoFargate
		}
		p.out.Change.Put(t.Stop(model.StopTaskFailedToStart, why, p.Now))
		p.out.Because(t.Key(), "TimedOut", why)
		return
	}
	p.out.WakeAt(end)
	req, err := p.request(t)
	shape := shapeOf(t)
	switch {
	case err != nil:
		p.out.Because(t.Key(), "Waiting", err.Error())
		return
	case p.blocked[t.Spec.CapacityProvider]:
		p.out.Because(t.Key(), "Waiting", "An older task waits for room of the capacity provider.")
		return
	case p.dry[shape]:
		p.out.Because(t.Key(), "Waiting", place.NoAddress)
		return
	case p.full[shape]:
		p.wait(t, req, "No instance of the capacity provider has room.")
		return
	}
	given, asked := t.Clone(), *req
	var taker *address.Taker
	if t.Spec.Network != nil {
		if p.chooser == nil {
			p.chooser = address.New(p.Network, p.ids.Uint64())
		}
		taker = p.chooser.For(t.Account, t.Spec.Network)
		asked.Address = taker.Take
	}
	r := place.Place(p.Fleet, &asked, p.ids.Uint64())
	switch {
	case len(r.Placed) == 1:
		if taker != nil {
			given.Spec.Interface, given.Spec.Network = taker.Taken[0], nil
		}
		p.give(t, given, r.Placed[0])
	case len(r.Dry) > 0: // room is not what it lacks: others may have it
		p.dry[shape] = true
		p.out.Because(t.Key(), "Waiting", why(r))
	default:
		p.full[shape] = true
		p.wait(t, req, why(r))
	}
}

// give gives t, whose copy given is ready but for that, the instance, and counts
// it in there for the tasks behind it.
func (p *planning) give(t, given *model.Task, instance string) {
	n, _ := p.Fleet.Node(instance)
	given.Spec.Instance, given.Spec.Strategy, given.Spec.Constraints = instance, nil, nil
	given.Status.Last = model.TaskPending
	given.Status.Version++
	p.out.Change.Put(given)
	if !p.guarded[instance] {
		p.guarded[instance] = true
		p.before = append(p.before, n)
		p.out.Change.Expect(n.Instance)
	}
	g := p.group(t)
	g.spread, g.occupied = append(g.spread, instance), append(g.occupied, instance)
	p.Fleet.Hold(given)
	p.out.Because(t.Key(), "Placed", "Placed on "+instance+".")
}

// wait lets t wait on. One that has waited for long, and would fit on an
// instance if that were empty, has its provider's room kept for it.
func (p *planning) wait(t *model.Task, req *place.Request, because string) {
	p.out.Because(t.Key(), "Waiting", because)
	shape := shapeOf(t)
	if p.Now.Sub(t.Spec.CreatedAt) < p.Timing.Patience || p.hopeless[shape] {
		return
	}
	for _, id := range p.Fleet.Nodes() {
		n, _ := p.Fleet.Node(id)
		if place.Check(place.Node{Instance: n.Instance}, req) == "" {
			p.blocked[t.Spec.CapacityProvider] = true
			return
		}
	}
	p.hopeless[shape] = true
}

func (p *planning) request(t *model.Task) (*place.Request, error) {
	def := p.Definitions[t.Spec.TaskDefinition]
	if def == nil || def.Definition == nil {
		return nil, fmt.Errorf("task definition %s was not found", t.Spec.TaskDefinition)
	}
	rules, err := place.Compile(t.Spec.Strategy, slices.Concat(place.DefinitionConstraints(def.Definition), t.Spec.Constraints))
	if err != nil {
		return nil, fmt.Errorf("placement of task %s: %w", t.ID, err)
	}
	g := p.group(t)
	req := &place.Request{Count: 1, Resources: t.Spec.Resources, Required: place.RequiredOn(t.Spec.Runtime, def.Definition, t.Spec.Overrides), Rules: rules,
		Group: g.spread, Occupied: g.occupied, Provider: t.Spec.CapacityProvider, GroupsOf: p.GroupsOf}
	if t.Spec.LaunchType == model.LaunchFargate {
		req.ForFargate(p.Fleet, address.ZonesOf(p.Network, t.Account, t.Spec.Network))
	}
	return req, nil
}

// group returns where the tasks of t's group are, those of this plan included.
func (p *planning) group(t *model.Task) *group {
	key := t.Spec.Group + "\x00" + t.Spec.Deployment
	g := p.groups[key]
	if g == nil {
		g = &group{occupied: []string{}}
		if p.Group != nil {
			spread, occupied := p.Group(t)
			g.spread, g.occupied = slices.Clone(spread), append(g.occupied, occupied...)
		}
		p.groups[key] = g
	}
	return g
}

// shapeOf returns the same for tasks that ask for the same.
func shapeOf(t *model.Task) string {
	return fmt.Sprint(t.Spec.TaskDefinition, t.Spec.CapacityProvider, t.Spec.Group, t.Spec.Deployment, t.Spec.Resources, t.Spec.Strategy, t.Spec.Constraints, t.Spec.Network, t.Spec.Runtime)
}

func why(r place.Result) string {
	closest, any := r.Closest()
	if !any || r.Nobody() {
		return "No Container Instances were found in your capacity provider."
	}
	id := closest.Instance[strings.LastIndexByte(closest.Instance, '/')+1:]
	return strings.TrimSpace(closest.Reason + " on container-instance " + id + ". " + closest.Detail)
}
