package deploy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/place"
)

// maxMoves is how many tasks are moved between zones at once.
const maxMoves = 10

// RebalancingEnabled is the ZoneRebalancing of services that are evened out.
// Source: ECS API reference, Service.availabilityZoneRebalancing.
const RebalancingEnabled = "ENABLED"

// moving brings the list of moving tasks up to date and returns how many there
// are: those of the tasks to keep that are there beyond what is wanted until
// one in a fuller zone has stopped.
func (p *planning) moving(s *survey) int {
	st := &p.primary.Status
	if len(st.Moving) == 0 {
		return 0
	}
	var ids []string
	for _, t := range s.keep {
		if contains(st.Moving, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	slices.Sort(ids)
	st.Moving = ids[:max(min(len(ids), len(s.keep)-s.desired), 0)]
	return len(st.Moving)
}

// rebalance evens out a service that has nothing else to do over the
// availability zones: it starts tasks in emptier zones, and when they have
// settled stops as many in fuller ones. Every move brings two zones nearer to
// each other, so it comes to an end.
// Source: ECS developer guide, "Balancing an Amazon ECS service across
// Availability Zones".
func (p *planning) rebalance(s *survey) {
	st := &p.primary.Status
	if !p.mayRebalance(s) {
		if st.Rebalancing && len(st.Moving) == 0 {
			st.Rebalancing = false
			p.say("stopped AZ Rebalancing.")
		}
		return
	}
	if p.acted || mutant.On(mutant.ZonesUneven) || s.starting > s.moving || s.busy || s.alive != s.desired+s.moving || len(s.keep) != s.alive {
		return
	}
	z := p.zones(s)
	if s.moving > 0 {
		p.finishMoves(s, z)
		return
	}
	if !z.uneven(1) {
		if st.Rebalancing {
			st.Rebalancing = false
			p.say("is AZ balanced with %s.", z)
		}
		return
	}
	p.startMoves(s, z)
}

// mayRebalance reports whether the service is one whose tasks are evened out:
// replicas whose first strategy is to spread over zones, with no deployment in
// progress.
func (p *planning) mayRebalance(s *survey) bool {
	spec := &p.Service.Spec
	spreads := len(spec.Strategy) == 0 || (spec.Strategy[0].Type == place.Spread && spec.Strategy[0].Field == "attribute:"+place.ZoneAttribute)
	return spec.ZoneRebalancing == RebalancingEnabled && p.set == nil && s.nodes == nil && spreads &&
		p.primary.Status.Rollout == model.RolloutCompleted && s.most > s.desired
}

// zoned counts a service's tasks by availability zone.
type zoned struct {
	names  []string // sorted
	counts map[string]int
	tasks  map[string][]*model.Task
}

func (p *planning) zones(s *survey) zoned {
	z := zoned{counts: map[string]int{}, tasks: map[string][]*model.Task{}}
	req, err := p.request()
	if err != nil {
		return z
	}
	z.names = p.Fleet.Zones(func(n place.Node) bool { return n.Instance.AgentConnected && p.belongs(n, req) })
	for _, at := range s.keepAt {
		z.counts[p.Fleet.ZoneAt(at)]++
	}
	if s.moving > 0 || z.uneven(1) {
		for i, at := range s.keepAt {
			zone := p.Fleet.ZoneAt(at)
			z.tasks[zone] = append(z.tasks[zone], s.keep[i])
		}
	}
	return z
}

// belongs reports whether the service's tasks may be on the instance at all.
func (p *planning) belongs(n place.Node, req *place.Request) bool {
	if len(p.primary.Spec.CapacityStrategy) == 0 || req.Fargate {
		return place.Belongs(n, req) == ""
	}
	return slices.ContainsFunc(p.primary.Spec.CapacityStrategy, func(c model.CapacityStrategy) bool {
		of := *req
		of.Provider = c.Provider
		return place.Belongs(n, &of) == ""
	})
}

// String lists the zones, the fullest first, as ECS does.
func (z zoned) String() string {
	names := slices.Clone(z.names)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(z.counts[b], z.counts[a]) })
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = fmt.Sprintf("%d tasks in %s", z.counts[n], n)
	}
	return strings.Join(words, ", ")
}

// fullest and emptiest return the zone with the most and the least tasks of
// those that are not left out, the first by name of equals.
func (z zoned) ends(out map[string]bool) (fullest, emptiest string) {
	for i, n := range z.names {
		if i == 0 || z.counts[n] > z.counts[fullest] {
			fullest = n
		}
		if !out[n] && (emptiest == "" || z.counts[n] < z.counts[emptiest]) {
			emptiest = n
		}
	}
	return fullest, emptiest
}

// uneven reports whether two zones differ by more than by.
func (z zoned) uneven(by int) bool {
	if len(z.names) < 2 {
		return false
	}
	fullest, emptiest := z.ends(nil)
	return z.counts[fullest]-z.counts[emptiest] > by
}

// move is one task that leaves a zone for another.
type move struct{ from, to, provider string }

// moves returns which tasks are to move, none to the zones that are left out.
// Protected tasks do not; held are those that should have.
func (p *planning) moves(z zoned, room int, out map[string]bool) (all []move, held []*model.Task) {
	z.counts = maps.Clone(z.counts)
	left := map[string][]*model.Task{}
	for len(all) < room {
		from, to := z.ends(out)
		if to == "" || z.counts[from]-z.counts[to] <= 1 {
			break
		}
		if _, ok := left[from]; !ok {
			free, guarded := p.unprotected(z.tasks[from])
			left[from] = free
			if len(free) == 0 {
				held = guarded
			}
		}
		if len(left[from]) == 0 {
			break
		}
		leaves := p.victims(left[from], p.placesOf(nil, left[from]), nil, 1)[0]
		left[from] = without(left[from], leaves)
		z.counts[from]--
		z.counts[to]++
		all = append(all, move{from, to, leaves.Spec.CapacityProvider})
	}
	return all, held
}

func without(tasks []*model.Task, t *model.Task) []*model.Task {
	return slices.DeleteFunc(slices.Clone(tasks), func(o *model.Task) bool { return o.ID == t.ID })
}

// startMoves starts tasks in the emptier zones, as many as the maximum and the
// instances' room allow.
func (p *planning) startMoves(s *survey, z zoned) {
	st := &p.primary.Status
	if p.Now.Before(st.RetryAt) {
		p.out.WakeAt(st.RetryAt)
		return
	}
	full := map[string]bool{}
	for range z.names {
		moves, held := p.moves(z, min(s.most-s.alive, p.spare, maxMoves), full)
		if len(moves) == 0 {
			if len(held) > 0 {
				p.holdsMoves(held)
			}
			return
		}
		if p.startIn(s, z, moves, full) {
			return
		}
	}
}

// holdsMoves says that protection keeps tasks from being moved.
func (p *planning) holdsMoves(by []*model.Task) {
	for _, t := range by {
		p.out.WakeAt(t.ProtectedUntil)
	}
	p.waits("Protected", stuckProtected, fmt.Sprintf("was unable to AZ Rebalance because (taskSet %s) was unable to scale in due to (reason %d tasks under protection)",
		p.primary.ID, len(by)))
}

// startIn starts the moves' tasks, zone by zone. False: none could be placed;
// then the zones without room are noted in full.
func (p *planning) startIn(s *survey, z zoned, moves []move, full map[string]bool) (started bool) {
	st := &p.primary.Status
	req, err := p.request()
	if err != nil {
		return true
	}
	req.Group, req.Occupied = instances(s.keep), p.holding()
	for len(moves) > 0 {
		to := move{to: moves[0].to, provider: moves[0].provider}
		req.Count, req.Provider, req.Only = 0, to.provider, p.Fleet.ZoneInstances(to.to)
		if req.Fargate {
			req.Provider = ""
		}
		moves = slices.DeleteFunc(moves, func(m move) bool {
			same := m.to == to.to && m.provider == to.provider
			if same {
				req.Count++
			}
			return same
		})
		spots, _ := p.spots(req, to.provider)
		if len(spots) == 0 {
			full[to.to] = true
			p.stuck("ZONE:"+to.to, unplacedIn(to.to, req.Fargate))
			continue
		}
		if !st.Rebalancing {
			st.Rebalancing = true
			p.say("is not AZ balanced with %s. AZ Rebalancing in progress.", z)
		}
		made := p.create(spots, req.Resources)
		p.say("has started %d tasks in %s to AZ Rebalance: %s.", len(made), to.to, named(made))
		for _, t := range made {
			st.Moving = append(st.Moving, t.ID)
			req.Group, req.Occupied = append(req.Group, t.Spec.Instance), append(req.Occupied, t.Spec.Instance)
		}
		slices.Sort(st.Moving)
		started = true
	}
	return started
}

// finishMoves stops a task of the fullest zone for every moving one that has
// settled. One for which no task can stop is no longer moving: then there is
// one too many, as after any scaling in.
func (p *planning) finishMoves(s *survey, z zoned) {
	st := &p.primary.Status
	z.counts = maps.Clone(z.counts)
	gone := map[string][]*model.Task{}
	for _, t := range s.keep {
		if !contains(st.Moving, t.ID) || !p.settled(t) {
			continue
		}
		from, _ := z.ends(nil)
		leaves := p.leaves(t, z.tasks[from])
		if leaves == nil || from == p.Fleet.Zone(t.Spec.Instance) {
			p.more()
		} else if len(p.stop([]*model.Task{leaves}, scalingReason(p.primary.ID))) == 1 {
			gone[from] = append(gone[from], leaves)
			z.counts[from]--
			z.tasks[from] = without(z.tasks[from], leaves)
		} else {
			break
		}
		st.Moving = slices.DeleteFunc(slices.Clone(st.Moving), func(id string) bool { return id == t.ID })
	}
	for _, zone := range z.names {
		if len(gone[zone]) > 0 {
			p.say("has stopped %d running tasks in %s due to AZ rebalancing: %s.", len(gone[zone]), zone, named(gone[zone]))
		}
	}
}

// leaves returns which of the zone's tasks is to stop for one that has moved,
// preferably of the same capacity provider; nil for none.
func (p *planning) leaves(moved *model.Task, zone []*model.Task) *model.Task {
	free, _ := p.unprotected(zone)
	free = slices.DeleteFunc(slices.Clone(free), func(t *model.Task) bool { return contains(p.primary.Status.Moving, t.ID) })
	same := slices.DeleteFunc(slices.Clone(free), func(t *model.Task) bool {
		return t.Spec.CapacityProvider != moved.Spec.CapacityProvider
	})
	if len(same) > 0 {
		free = same
	}
	if len(free) == 0 {
		return nil
	}
	return p.victims(free, p.placesOf(nil, free), nil, 1)[0]
}
