package daemon

import (
	"cmp"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// node is one instance that the daemon is to run on.
type node struct {
	place.Node
	id string
	// current is the living task of the revision in force, outdated one of
	// another; nil for none.
	current, outdated *model.Task
	// stopping is set while a task of the daemon stops there.
	stopping bool
	// failures are those of the revision in force in a row, retryAt when the
	// next attempt may be made; zero for at once.
	failures int
	retryAt  time.Time
	// stuck is why the instance cannot take the daemon, one of place's reasons.
	stuck string
}

// joins reports whether the instance waits for its daemons before it is used.
func (n *node) joins() bool { return n.Instance.Status == model.InstanceRegistering }

// survey is what the daemon's instances and tasks are like.
type survey struct {
	nodes []*node // by id
	// astray are living tasks where none is to be, or one too many; unhealthy
	// those that failed their health checks.
	astray, unhealthy []*model.Task
	// serving is how many nodes are in use.
	serving int
}

func (p *planning) survey() *survey {
	s := &survey{}
	on := map[string][]*model.Task{}
	for _, t := range p.tasks {
		on[t.Spec.Instance] = append(on[t.Spec.Instance], t)
	}
	for _, id := range p.Fleet.Nodes() {
		n, _ := p.Fleet.Node(id)
		switch {
		case !slices.Contains(p.providers, n.Instance.CapacityProvider) || n.Instance.CapacityProvider == "":
			s.away(on[id])
		case n.Instance.Status == model.InstanceInactive:
			// whoever forgets instances gives its tasks up
		case n.Instance.Status == model.InstanceDraining && n.Instance.DrainedFor == "":
			if slices.ContainsFunc(on[id], judge.Alive) && p.Others(id) == 0 {
				s.away(on[id])
			}
		case p.lost(&n):
		default:
			node := &node{Node: n, id: id}
			p.sort(s, node, on[id])
			s.nodes = append(s.nodes, node)
			if !node.joins() {
				s.serving++
			}
		}
	}
	return s
}

// away takes all living tasks for astray.
func (s *survey) away(tasks []*model.Task) {
	for _, t := range tasks {
		if judge.Alive(t) {
			s.astray = append(s.astray, t)
		}
	}
}

// sort says of each task on a node what it is.
func (p *planning) sort(s *survey, n *node, tasks []*model.Task) {
	var ended []*model.Task
	for _, t := range p.byPreference(tasks) {
		now := p.revision != nil && t.Spec.Deployment == p.revision.ID
		switch {
		case t.Stopped():
			if now {
				ended = append(ended, t)
			}
		case !judge.Alive(t):
			n.stopping = !mutant.On(mutant.DaemonTwice)
		case t.Status.Health == "UNHEALTHY":
			s.unhealthy = append(s.unhealthy, t)
			n.stopping = true
		case now && n.current == nil:
			n.current = t
		case !now && n.outdated == nil && n.current == nil:
			n.outdated = t
		default:
			s.astray = append(s.astray, t)
		}
	}
	if n.current != nil && n.outdated != nil {
		s.astray, n.outdated = append(s.astray, n.outdated), nil
	}
	n.failures, n.retryAt = p.failures(ended)
}

// byPreference orders tasks: those of the revision in force first, of those
// the ones that serve, then by id.
func (p *planning) byPreference(tasks []*model.Task) []*model.Task {
	rank := func(t *model.Task) int {
		switch {
		case p.revision == nil || t.Spec.Deployment != p.revision.ID:
			return 2
		case judge.Ready(t, p.definition(t)):
			return 0
		}
		return 1
	}
	sorted := slices.Clone(tasks)
	slices.SortStableFunc(sorted, func(a, b *model.Task) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	return sorted
}

// failures counts how often the daemon has failed on an instance in a row, by
// its stopped tasks there, and says when it may be tried again. A task that
// ran for long, or that somebody stopped, ends the row.
func (p *planning) failures(ended []*model.Task) (n int, retryAt time.Time) {
	slices.SortFunc(ended, func(a, b *model.Task) int {
		return cmp.Or(a.Status.StoppedAt.Compare(b.Status.StoppedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range ended {
		switch {
		case !judge.EndedItself(t):
			n, retryAt = 0, time.Time{}
			continue
		case judge.Ran(t) >= p.Timing.HealthyRun:
			n = 0
		}
		n++
		retryAt = t.Status.StoppedAt.Add(judge.Delay(n, p.Timing.FirstDelay, p.Timing.MaxDelay))
	}
	return n, retryAt
}
