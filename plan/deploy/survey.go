package deploy

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// survey sorts the living tasks of a service by what is to become of them.
type survey struct {
	// desired is how many tasks are wanted, least how many of them have to
	// serve at any time, most how many may live.
	desired, least, most int
	// nodes are the instances that a daemon is to run on, by id, and open
	// those of them that lack a task; nil for replicas.
	nodes, open []string
	// keep are the tasks of the primary deployment that are to stay; more
	// than desired after scaling in.
	keep   []*model.Task
	keepAt []int32 // the indexes of their instances
	// To be replaced: unready are tasks that do not run yet, doubtful those
	// that run and are not known to serve, unhealthy those that do not, and
	// serving those that do.
	unready, doubtful, unhealthy, serving []*model.Task
	servingAt                             []int32 // the indexes of their instances
	// astray are daemons where none is to be, or one too many.
	astray []*model.Task
	// held are tasks that were to stop or to be replaced and are protected
	// from it; shielded of them serve.
	held     []*model.Task
	shielded int
	// moving is how many of keep take the place of tasks in fuller zones that
	// have not stopped yet.
	moving int
	alive  int
	// settled and starting count keep; waiting of the starting wait for an
	// instance.
	settled, starting, waiting int
	// active are the ids of the deployments that have tasks.
	active []string
	// busy is set while tasks of the service are stopping.
	busy bool
}

func (p *planning) survey() *survey {
	n := len(p.living)
	s := &survey{desired: p.Service.Spec.DesiredCount, keep: make([]*model.Task, 0, n), keepAt: make([]int32, 0, n)}
	daemon := p.Service.Spec.Scheduling == model.SchedulingDaemon
	if daemon {
		s.nodes = p.daemonNodes()
		s.desired = len(s.nodes)
	}
	s.least, s.most = limits(p.Service.Spec.Rollout, s.desired, daemon)
	covered := map[string]bool{}
	if daemon {
		for _, serves := range []bool{true, false} { // of two on one instance the one that serves stays
			for _, i := range p.living {
				if judge.Alive(p.tasks[i]) && p.ready(p.tasks[i]) == serves {
					p.sort(s, i, daemon, covered)
				}
			}
		}
	}
	for _, i := range p.living {
		b := &p.seen.List[i]
		switch {
		case !b.is(stopping):
			if !daemon {
				p.sort(s, i, daemon, covered)
			}
		case b.is(waiting) || !p.lost(p.Fleet.At(b.at)):
			s.busy = true
		default:
			continue
		}
		name := p.seen.deployments[b.of]
		if n := len(s.active); n == 0 || s.active[n-1] != name {
			if !slices.Contains(s.active, name) {
				s.active = append(s.active, name)
			}
		}
	}
	s.moving = p.moving(s)
	for _, id := range s.nodes {
		if n, _ := p.Fleet.Node(id); !covered[id] && n.Instance.AgentConnected {
			s.open = append(s.open, id)
		}
	}
	return s
}

// sort puts one living task where it belongs.
func (p *planning) sort(s *survey, i int32, daemon bool, covered map[string]bool) {
	s.alive++
	if !daemon && p.sortPlain(s, i) {
		return
	}
	t, n := p.tasks[i], p.Fleet.At(p.seen.List[i].at)
	current := p.seen.List[i].of == p.current
	displaced := n != nil && n.Instance.Status == model.InstanceDraining && !mutant.On(mutant.DrainingIgnored)
	switch {
	case daemon && !contains(s.nodes, t.Spec.Instance), daemon && current && covered[t.Spec.Instance]:
		p.hold(s, t, &s.astray)
	case p.unhealthy(t):
		s.unhealthy = append(s.unhealthy, t)
	case current && !displaced:
		s.keep, s.keepAt = append(s.keep, t), append(s.keepAt, p.seen.List[i].at)
		if daemon {
			covered[t.Spec.Instance] = true
		}
		if p.settled(t) {
			s.settled++
		} else {
			s.starting++
			if t.Waiting() {
				s.waiting++
			}
		}
	case p.ready(t):
		if p.hold(s, t, &s.serving) {
			s.servingAt = append(s.servingAt, p.seen.List[i].at)
		}
	case t.Status.Last == model.TaskRunning:
		p.hold(s, t, &s.doubtful)
	default:
		p.hold(s, t, &s.unready)
	}
}

// sortPlain is sort for a task that serves where nothing is the matter with it,
// which it need not look at itself; false for any other.
func (p *planning) sortPlain(s *survey, i int32) bool {
	b := &p.seen.List[i]
	if !b.is(ready) || b.is(sick) || !p.Fleet.Usable(b.at) {
		return false
	}
	switch {
	case b.of == p.current && p.settledBy(b):
		s.keep, s.keepAt = append(s.keep, p.tasks[i]), append(s.keepAt, b.at)
		s.settled++
	case b.of != p.current && !b.is(guarded):
		if s.serving == nil {
			s.serving, s.servingAt = make([]*model.Task, 0, len(p.living)), make([]int32, 0, len(p.living))
		}
		s.serving, s.servingAt = append(s.serving, p.tasks[i]), append(s.servingAt, b.at)
	default:
		return false
	}
	return true
}

// hold puts a task that is to stop among those, unless it is protected, and
// reports whether it did.
func (p *planning) hold(s *survey, t *model.Task, among *[]*model.Task) bool {
	if !t.Protected(p.Now) || p.unhealthy(t) {
		*among = append(*among, t)
		return true
	}
	p.out.WakeAt(t.ProtectedUntil)
	s.held = append(s.held, t)
	if p.ready(t) {
		s.shielded++
	}
	return false
}

func contains(sorted []string, id string) bool {
	_, found := slices.BinarySearch(sorted, id)
	return found
}

// limits returns how many of desired tasks have to serve at least (rounded
// up) and may live at most (rounded down).
// Source: ECS API reference, DeploymentConfiguration.
func limits(r model.Rollout, desired int, daemon bool) (least, most int) {
	maximum := r.MaximumPercent
	switch {
	case maximum == 0 && daemon:
		maximum = 100
	case maximum == 0:
		maximum = 200
	}
	least, most = (desired*r.MinimumHealthyPercent+99)/100, desired*maximum/100
	switch {
	case mutant.On(mutant.IgnoredMinimum):
		least = 0
	case mutant.On(mutant.IgnoredMaximum):
		most = desired * 10
	case mutant.On(mutant.MinimumRoundedDown):
		least = desired * r.MinimumHealthyPercent / 100
	case mutant.On(mutant.MaximumRoundedUp):
		most = (desired*maximum + 99) / 100
	}
	return least, most
}

// daemonNodes returns the instances that the service's daemon belongs on,
// sorted.
func (p *planning) daemonNodes() []string {
	ids := []string{}
	req, err := p.request()
	if err != nil { // nothing can be said about other instances, so all stay where they are
		for _, i := range p.living {
			if t := p.tasks[i]; judge.Alive(t) {
				ids = append(ids, t.Spec.Instance)
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	// The cluster's runtime is for new tasks: those that run keep their own, and so their instances.
	req.Required = place.Required(p.Definitions[p.primary.Spec.TaskDefinition].Definition)
	for _, id := range p.Fleet.Nodes() {
		n := p.Fleet.At(p.Fleet.Index(id))
		if place.Belongs(*n, req) == "" && !p.lost(n) {
			ids = append(ids, id)
		}
	}
	return ids
}

func instances(tasks []*model.Task) []string {
	ids := make([]string, 0, len(tasks))
	for _, t := range tasks {
		ids = append(ids, t.Spec.Instance)
	}
	return ids
}
