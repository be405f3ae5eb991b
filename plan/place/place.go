package place

import (
	"slices"

	"github.com/roadstead/roadstead/model"
)

// MaxFailures is how many failures a Result holds at most.
const MaxFailures = 1000

// Result says where the tasks go. It holds fewer than were asked for when
// there is no room for more; then Failures say, instance by instance, why the
// next task does not fit.
type Result struct {
	// Placed are the ids of the instances, one for each task, in the order in
	// which they were chosen.
	Placed []string
	// Failures are those of ACTIVE instances, in the order of ids. None and
	// nothing placed means that there is no such instance.
	Failures []Failure
}

// Failure says why an instance cannot take a task.
type Failure struct {
	Instance string // id (model.InstanceID)
	Reason   string // one of the Fail constants
	// Detail says in sentences exactly what refused, all of it; at most
	// MaxDetail bytes, and "" behind the first MaxDetails failures.
	Detail string
}

// Closest returns the failure of the instance that had the most right, the
// first of them by id. False when there are no failures.
func (r Result) Closest() (Failure, bool) {
	var best Failure
	for i, f := range r.Failures {
		if i == 0 || closeness(f.Reason) > closeness(best.Reason) {
			best = f
		}
	}
	return best, len(r.Failures) > 0
}

// Nobody reports whether there was no instance at all that could have been
// asked: none of the launch type and capacity provider wanted. ECS says "No
// Container Instances were found in your cluster." (or "... in your capacity
// provider.") then, instead of giving failures.
func (r Result) Nobody() bool {
	return len(r.Placed) == 0 && !slices.ContainsFunc(r.Failures, func(f Failure) bool {
		return f.Reason != FailLaunchType && f.Reason != FailProvider
	})
}

// Place chooses instances of the fleet for the request, one task after the
// other, each choice counting for the next. The same arguments give the same
// result; seed breaks ties, so that different seeds do not crowd one instance.
// It costs one pass over the fleet and a logarithm of it for each task, or
// less: see placeQuickly.
func Place(f *Fleet, req *Request, seed uint64) Result {
	if r, ok := placeQuickly(f, req, seed); ok {
		return r
	}
	p := newPlacement(f, req, seed)
	p.build()
	var r Result
	for len(r.Placed) < req.Count {
		i := p.root.choose(p)
		if i < 0 {
			break
		}
		r.Placed = append(r.Placed, f.nodes[i].id)
	}
	if len(r.Placed) < req.Count {
		r.Failures = p.failures()
	}
	return r
}

// placement is the state of one call of Place.
type placement struct {
	fleet    *Fleet
	req      *Request
	seed     uint64
	levels   []string                  // attributes that are spread over first, outermost first
	tail     []model.PlacementStrategy // how instances are chosen within
	root     *bin
	group    []int32 // by node
	occupied []int32 // by node
	allowed  []bool  // by node; nil: all
	taken    map[int]*taken
}

// taken is what the tasks placed by this call have taken from a node.
type taken struct {
	tasks int
	node  fleetNode // with the usage grown
}

func newPlacement(f *Fleet, req *Request, seed uint64) *placement {
	p := &placement{fleet: f, req: req, seed: seed, taken: map[int]*taken{}}
	p.group = f.counts(req.Group)
	p.occupied = p.group
	if req.Occupied != nil {
		p.occupied = f.counts(req.Occupied)
	}
	if req.Only != nil {
		p.allowed = make([]bool, len(f.nodes))
		for _, id := range req.Only {
			if i, ok := f.at[id]; ok {
				p.allowed[i] = true
			}
		}
	}
	p.tail = defaultStrategy[:]
	if req.Rules != nil {
		p.tail = req.Rules.strategy
	}
	for len(p.tail) > 0 && p.tail[0].Type == Spread && p.tail[0].Field != FieldInstance {
		p.levels, p.tail = append(p.levels, p.tail[0].Field), p.tail[1:]
	}
	return p
}

// counts returns how often each node is among the ids.
func (f *Fleet) counts(ids []string) []int32 {
	counts := make([]int32, len(f.nodes))
	for _, id := range ids {
		if i, ok := f.at[id]; ok {
			counts[i]++
		}
	}
	return counts
}

func (p *placement) build() {
	p.root = &bin{}
	if len(p.levels) == 0 {
		p.root.nodes = make([]item, 0, len(p.fleet.nodes))
	}
	for i := range p.fleet.nodes {
		n := &p.fleet.nodes[i]
		b := p.root
		b.count += int(p.group[i])
		for _, field := range p.levels {
			b = b.child(n.field(field), p.seed)
			b.count += int(p.group[i])
		}
		if p.possible(i) {
			b.nodes = append(b.nodes, item{at: int32(i)})
		}
	}
	p.root.init(p)
}

// possible is a cheap check that leaves out most of the full instances; the
// full check comes when an instance is chosen.
func (p *placement) possible(i int) bool {
	n := &p.fleet.nodes[i]
	return (p.allowed == nil || p.allowed[i]) &&
		p.req.Resources.Memory <= n.Instance.Registered.Memory-n.Usage.Memory &&
		p.req.Resources.CPU <= n.Instance.Registered.CPU-n.Usage.CPU &&
		p.req.standing(n) == ""
}

// node returns node i as this call has left it.
func (p *placement) node(i int) *fleetNode {
	if t := p.taken[i]; t != nil {
		return &t.node
	}
	return &p.fleet.nodes[i]
}

func (p *placement) check(i int) string {
	return p.req.check(p.node(i), p.occupied[i] > 0)
}

// take counts one more task in at node i.
func (p *placement) take(i int) {
	t := p.taken[i]
	if t == nil {
		t = &taken{node: p.fleet.nodes[i]}
		p.taken[i] = t
	}
	t.tasks++
	t.node.Usage = t.node.Usage.Add(&model.Task{
		Spec: model.TaskSpec{Resources: p.req.Resources}, Status: model.TaskObserved{Last: model.TaskPending}})
	p.group[i]++
	if p.req.Occupied != nil {
		p.occupied[i]++
	}
}

func (p *placement) failures() []Failure {
	var fs []Failure
	for i := range p.fleet.nodes {
		n := &p.fleet.nodes[i]
		if n.Instance.Status != model.InstanceActive || (p.allowed != nil && !p.allowed[i]) {
			continue
		}
		if why := p.check(i); why != "" && len(fs) < MaxFailures {
			f := Failure{Instance: n.id, Reason: why}
			if len(fs) < MaxDetails {
				f.Detail = Detail(p.req.refusals(p.node(i), p.occupied[i] > 0))
			}
			fs = append(fs, f)
		}
	}
	return fs
}
