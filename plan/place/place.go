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
	// Dry are the availability zones, sorted, where no address was free
	// (Request.Address): no task is placed there.
	Dry []string
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
// other, each choice counting for the next: no instance that could take the
// task is better by the strategies. The same arguments give the same result;
// seed breaks ties, so that different seeds do not crowd one instance. A choice
// costs a logarithm of the fleet, and a short look at each instance that the
// strategies prefer and that cannot take the task.
func Place(f *Fleet, req *Request, seed uint64) Result {
	p := newPlacement(f, req, seed)
	defer p.undo()
	var r Result
	for len(r.Placed) < req.Count {
		i := p.choose()
		if i < 0 {
			break
		}
		if !p.addressed(f.nodes[i].zone) {
			continue
		}
		p.take(i)
		r.Placed = append(r.Placed, f.nodes[i].id)
	}
	if len(r.Placed) < req.Count {
		r.Failures = p.failures()
	}
	slices.Sort(p.dry)
	r.Dry = p.dry
	return r
}

// addressed reports whether a task in the zone has an address, if it needs one.
func (p *placement) addressed(zone string) bool {
	if p.req.Address == nil || p.req.Address(zone) {
		return true
	}
	p.dry = append(p.dry, zone)
	return false
}

// placement is the state of one call of Place. What it takes it takes from the
// fleet itself, and gives it back in the end.
type placement struct {
	fleet *Fleet
	req   *Request
	seed  uint64
	draws uint64
	chain *chain
	index *index

	counts   []int32  // by bin of the index: tasks of the group
	closed   []bool   // by class of the index: has no room
	tied     []int32  // of leastFilled
	group    []int32  // by node
	occupied []int32  // by node
	allowed  []bool   // by node; nil: all
	refused  []bool   // by node
	dry      []string // zones where no address is free
	// refusals are the nodes of refused, touched those of group and occupied,
	// and taken those that tasks were placed on, as they were.
	refusals, touched []int32
	taken             []taken
}

type taken struct {
	at     int
	before fleetNode
}

func newPlacement(f *Fleet, req *Request, seed uint64) *placement {
	p := &placement{fleet: f, req: req, seed: seed}
	if p.chain = f.standard; req.Rules != nil {
		p.chain = req.Rules.chain
	}
	p.index = f.indexFor(p.chain)
	p.counts, p.closed = make([]int32, p.index.bins), make([]bool, len(p.index.classes))
	p.group, p.refused = f.group, f.refused
	p.count(p.group, req.Group)
	p.countAt(p.group, req.GroupAt)
	for _, i := range p.touched {
		p.countBins(int(i), p.group[i])
	}
	p.occupied = p.group
	if req.apart() {
		p.occupied = f.occupied
		p.count(p.occupied, req.Occupied)
		p.countAt(p.occupied, req.OccupiedAt)
	}
	if req.Only != nil {
		p.allowed = make([]bool, len(f.nodes))
		for _, id := range req.Only {
			if i, ok := f.at[id]; ok {
				p.allowed[i] = true
			}
		}
	}
	return p
}

// count adds how often each node is among the ids to counts.
func (p *placement) count(counts []int32, ids []string) {
	for _, id := range ids {
		i, ok := p.fleet.at[id]
		if !ok {
			continue
		}
		if counts[i]++; counts[i] == 1 {
			p.touched = append(p.touched, int32(i))
		}
	}
}

// countAt is count for indexes; -1 is none.
func (p *placement) countAt(counts []int32, at []int32) {
	for _, i := range at {
		if i < 0 {
			continue
		}
		if counts[i]++; counts[i] == 1 {
			p.touched = append(p.touched, i)
		}
	}
}

func (p *placement) countBins(i int, n int32) {
	for _, b := range p.index.classes[p.index.classOf[i]].bins {
		p.counts[b] += n
	}
}

// undo leaves the fleet as it was found.
func (p *placement) undo() {
	for k := len(p.taken) - 1; k >= 0; k-- {
		p.fleet.update(p.taken[k].at, p.taken[k].before)
	}
	for _, i := range p.touched {
		p.group[i], p.occupied[i] = 0, 0
	}
	for _, i := range p.refusals {
		p.refused[i] = false
	}
}

func (p *placement) check(i int) string {
	why := p.req.check(&p.fleet.nodes[i], p.occupied[i] > 0)
	if why == "" && slices.Contains(p.dry, p.fleet.nodes[i].zone) {
		return FailInterface
	}
	return why
}

// take counts one more task in at node i.
func (p *placement) take(i int) {
	n := p.fleet.nodes[i]
	p.taken = append(p.taken, taken{i, n})
	n.Usage = n.Usage.Add(&model.Task{
		Spec: model.TaskSpec{Resources: p.req.Resources}, Status: model.TaskObserved{Last: model.TaskPending}})
	p.fleet.update(i, n)
	p.touched = append(p.touched, int32(i))
	p.group[i]++
	p.countBins(i, 1)
	if p.req.apart() {
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
		if len(fs) == MaxFailures {
			break
		}
		if why := p.check(i); why != "" {
			f := Failure{Instance: n.id, Reason: why}
			if len(fs) < MaxDetails {
				f.Detail = NoAddress // what Detail finds is all of the instance
				if why != FailInterface {
					f.Detail = Detail(p.req.refusals(n, p.occupied[i] > 0))
				}
			}
			fs = append(fs, f)
		}
	}
	return fs
}
