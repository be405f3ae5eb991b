package place

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/roadstead/roadstead/model"
)

// Victims chooses n of the tasks to be stopped: first those that do not run
// yet, then the unhealthy, then by the strategies turned round, so that what
// stays is as well placed as it can be (spread: from the fullest zone and
// instance; binpack: from the emptiest instance), and the newest among equals.
// Staying are the instances of tasks of the group that are not to be chosen
// from. The same arguments give the same tasks in the same order. It costs a
// logarithm of the instances for each task that is chosen, beside a pass over
// all, where at most one of the strategies spreads over few values first.
func Victims(f *Fleet, tasks []*model.Task, staying []string, rules *Rules, n int) []*model.Task {
	if n <= 0 || len(tasks) == 0 {
		return nil
	}
	at := make([]int32, len(tasks))
	for i, t := range tasks {
		at[i] = f.Index(t.Spec.Instance)
	}
	stay := make([]int32, len(staying))
	for i, id := range staying {
		stay[i] = f.Index(id)
	}
	return VictimsAt(f, tasks, at, stay, rules, n)
}

// VictimsAt is Victims for a caller that knows the instances' indexes (see
// Fleet.Index).
func VictimsAt(f *Fleet, tasks []*model.Task, at, staying []int32, rules *Rules, n int) []*model.Task {
	if n <= 0 || len(tasks) == 0 {
		return nil
	}
	v := newVictims(f, tasks, at, staying, rules)
	chosen := make([]*model.Task, 0, min(n, len(tasks)))
	for len(chosen) < min(n, len(tasks)) {
		chosen = append(chosen, v.next())
	}
	return chosen
}

// maxLanes is how many lanes are compared with each other for each task.
const maxLanes = 32

// victims is the state of one call. Tasks of one rank on one instance are a
// group, which is in an order that does not change; groups are ordered by how
// many tasks there are of each value that is spread over. Those numbers only
// fall, so that a group only moves back: a heap in which a group that has
// fallen since it was put there is put back when it comes up is enough. As one
// number of the first strategy is of many groups at once, those of one value
// are a lane of their own and only the lanes' first groups are compared by it.
type victims struct {
	fleet    *Fleet
	strategy []model.PlacementStrategy
	counts   [][]int32 // by strategy: how many tasks there are of each value
	values   [][]int32 // by strategy: the value of each node, plus that of none
	tasks    []*model.Task
	lanes    []lane
	within   int // the first strategy that groups of one lane can differ by
}

// group is the tasks of one rank on one node.
type group struct {
	rank   int8
	node   int32 // len(fleet.nodes) for none
	tasks  []int32
	sorted bool
	seen   []int32 // the counts as they were when it was put in its place
}

type lane struct {
	v      *victims
	groups []*group
}

func newVictims(f *Fleet, tasks []*model.Task, at, staying []int32, rules *Rules) *victims {
	v := &victims{fleet: f, strategy: defaultStrategy[:], tasks: tasks}
	if rules != nil {
		v.strategy = rules.strategy
	}
	none := int32(len(f.nodes))
	// An unknown instance has the empty value of a field, as one without the
	// attribute has, but only tasks that are to be chosen from count there.
	for _, s := range v.strategy {
		values, n := v.valuesOf(s)
		v.values, v.counts = append(v.values, values), append(v.counts, make([]int32, n))
	}
	of := make([]int32, len(tasks))          // by task: its node and rank
	sizes := make([]int32, (none+1)*ranks+1) // by node and rank: how many tasks; then where the next of them goes
	groups := 0
	for i, t := range tasks {
		node := at[i]
		if node < 0 {
			node = none
		}
		v.count(node, 1)
		of[i] = node*ranks + int32(rank(t))
		if sizes[of[i]]++; sizes[of[i]] == 1 {
			groups++
		}
	}
	for _, node := range staying {
		if node >= 0 {
			v.count(node, 1)
		}
	}
	v.lane(v.group(of, sizes, groups))
	return v
}

// group makes the groups, count of them, in the order of their nodes and
// ranks, out of one piece of memory each for them and their tasks.
func (v *victims) group(of, sizes []int32, count int) []group {
	groups, all := make([]group, 0, count), make([]int32, len(of))
	from := int32(0)
	for k, n := range sizes {
		sizes[k] = from
		if n > 0 {
			groups = append(groups, group{rank: int8(k % ranks), node: int32(k / ranks), tasks: all[from : from+n : from+n]})
		}
		from += n
	}
	for i, k := range of {
		all[sizes[k]] = int32(i)
		sizes[k]++
	}
	return groups
}

const ranks = 3

func rank(t *model.Task) int {
	switch {
	case t.Status.Last != model.TaskRunning:
		return 0
	case t.Status.Health == "UNHEALTHY":
		return 1
	}
	return 2
}

// valuesOf numbers the values of a strategy's field, node by node, and returns
// how many there are; nil where the strategy does not spread.
func (v *victims) valuesOf(s model.PlacementStrategy) (values []int32, n int) {
	nodes := v.fleet.nodes
	if s.Type != Spread {
		return nil, 0
	}
	values = make([]int32, len(nodes)+1)
	if s.Field == FieldInstance || s.Field == FieldHost {
		for i := range values {
			values[i] = int32(i)
		}
		return values, len(values)
	}
	number := map[string]int32{"": 0}
	last, lastName := int32(0), ""
	for i := range nodes {
		if name := nodes[i].field(s.Field); name != lastName {
			k, ok := number[name]
			if !ok {
				k = int32(len(number))
				number[name] = k
			}
			last, lastName = k, name
		}
		values[i] = last
	}
	return values, len(number)
}

// count adds by to the numbers of the node's values.
func (v *victims) count(node, by int32) {
	for k, values := range v.values {
		if values != nil {
			v.counts[k][values[node]] += by
		}
	}
}

// lane puts the groups into lanes.
func (v *victims) lane(groups []group) {
	of := func(*group) int32 { return 0 }
	lanes := 1
	if len(v.counts) > 0 && len(v.counts[0]) > 0 && len(v.counts[0]) <= maxLanes {
		of, lanes, v.within = func(g *group) int32 { return v.values[0][g.node] }, len(v.counts[0]), 1
	}
	v.lanes = make([]lane, lanes)
	seen := make([]int32, len(groups)*len(v.strategy))
	for i := range groups {
		g := &groups[i]
		g.seen = seen[i*len(v.strategy) : (i+1)*len(v.strategy)]
		v.look(g)
		l := &v.lanes[of(g)]
		l.groups = append(l.groups, g)
	}
	for i := range v.lanes {
		v.lanes[i].v = v
		heap.Init(&v.lanes[i])
	}
}

// look brings what a group knows of the counts up to date, and reports whether
// any had changed that puts it in its place in its lane.
func (v *victims) look(g *group) (changed bool) {
	for k, values := range v.values {
		if values == nil {
			continue
		}
		if n := v.counts[k][values[g.node]]; n != g.seen[k] {
			g.seen[k], changed = n, changed || k >= v.within
		}
	}
	return changed
}

// next takes out the task that is to go before all others.
func (v *victims) next() *model.Task {
	var best *lane
	for i := range v.lanes {
		l := &v.lanes[i]
		if len(l.groups) == 0 {
			continue
		}
		for v.look(l.groups[0]) {
			heap.Fix(l, 0)
		}
		if best == nil || v.compare(l.groups[0], best.groups[0], 0) < 0 {
			best = l
		}
	}
	g := best.groups[0]
	t := v.tasks[v.head(g)]
	g.tasks = g.tasks[:len(g.tasks)-1]
	v.count(g.node, -1)
	if len(g.tasks) == 0 {
		heap.Pop(best)
	} else {
		v.look(g)
		heap.Fix(best, 0)
	}
	return t
}

// compare is below 0 when group a is to go before b, by their ranks and the
// strategies from the from-th.
func (v *victims) compare(a, b *group, from int) int {
	if d := cmp.Compare(a.rank, b.rank); d != 0 {
		return d
	}
	for k := from; k < len(v.strategy); k++ {
		s, d := v.strategy[k], 0
		switch {
		case s.Type == Spread:
			d = cmp.Compare(b.seen[k], a.seen[k])
		case s.Type == Binpack:
			d = cmp.Compare(v.left(b.node, s.Field), v.left(a.node, s.Field))
		}
		if d != 0 {
			return d
		}
	}
	return newest(v.tasks[v.head(a)], v.tasks[v.head(b)])
}

// newest is below 0 when a was made after b.
func newest(a, b *model.Task) int {
	return cmp.Or(b.Spec.CreatedAt.Compare(a.Spec.CreatedAt), cmp.Compare(b.ID, a.ID))
}

// head returns the index of the group's newest task, the last of its tasks.
func (v *victims) head(g *group) int32 {
	if !g.sorted {
		slices.SortFunc(g.tasks, func(a, b int32) int { return newest(v.tasks[b], v.tasks[a]) })
		g.sorted = true
	}
	return g.tasks[len(g.tasks)-1]
}

// left is what the node has left of a resource; 0 for an unknown one.
func (v *victims) left(node int32, field string) int {
	if int(node) == len(v.fleet.nodes) {
		return 0
	}
	n := &v.fleet.nodes[node]
	if field == FieldCPU {
		return n.Instance.Registered.CPU - n.Usage.CPU
	}
	return n.Instance.Registered.Memory - n.Usage.Memory
}

// Len, Less, Swap, Push and Pop make a lane a heap of its groups.
func (l *lane) Len() int           { return len(l.groups) }
func (l *lane) Less(i, j int) bool { return l.v.compare(l.groups[i], l.groups[j], l.v.within) < 0 }
func (l *lane) Swap(i, j int)      { l.groups[i], l.groups[j] = l.groups[j], l.groups[i] }
func (l *lane) Push(x any)         { l.groups = append(l.groups, x.(*group)) }
func (l *lane) Pop() any {
	last := l.groups[len(l.groups)-1]
	l.groups = l.groups[:len(l.groups)-1]
	return last
}
