// Package place decides on which container instances tasks go, and which
// tasks go first when there are too many. It decides by what it is handed: the
// instances, what their tasks hold, and the request. It may not know services,
// deployments or why there are tasks at all.
package place

import (
	"cmp"
	"slices"

	"github.com/roadstead/roadstead/model"
)

// ZoneAttribute is the attribute that names an instance's availability zone.
const ZoneAttribute = "ecs.availability-zone"

// Node is a container instance and what its tasks hold.
type Node struct {
	Instance *model.ContainerInstance
	Usage    model.Usage
	// Guest: the instance is not of the cluster that the fleet is of, and takes
	// that one's tasks of Fargate alone.
	Guest bool
}

// Fleet is the container instances that one cluster's tasks can be on, its own
// and the guests that take tasks of Fargate, in the order of their ids.
// Whoever builds it owns it and may bring nodes up to date with Set and
// Remove; planners leave it as they found it. One goroutine may use it at a
// time, for reading too: it remembers in which order strategies prefer its
// instances, and brings that up to date with them.
type Fleet struct {
	nodes   []fleetNode
	slots   []slot
	at      map[string]int // of the node with the id (model.InstanceID)
	active  int
	numbers uint64 // how often the nodes were numbered
	zones   []zone // by name
	indexes []*index
	// standard is the chain of a request without rules.
	standard *chain
	// group, occupied and refused are by node, for the use of one placement;
	// zero between two.
	group, occupied []int32
	refused         []bool
}

// zone is the nodes of one availability zone, by index.
type zone struct {
	name  string
	nodes []int32
}

type fleetNode struct {
	Node
	id   string
	zone string
}

// NewFleet returns the fleet of the nodes.
func NewFleet(nodes []Node) *Fleet {
	f := &Fleet{nodes: make([]fleetNode, 0, len(nodes)), at: make(map[string]int, len(nodes)), standard: newChain(defaultStrategy[:])}
	for _, n := range nodes {
		f.nodes = append(f.nodes, newFleetNode(n))
	}
	slices.SortFunc(f.nodes, func(a, b fleetNode) int { return cmp.Compare(a.id, b.id) })
	f.renumber(0)
	return f
}

func newFleetNode(n Node) fleetNode {
	zone, _ := n.Instance.Attribute(ZoneAttribute)
	return fleetNode{Node: n, id: n.Instance.Key().ID, zone: zone}
}

func newSlot(n *fleetNode) slot {
	return slot{n.Instance.Registered.CPU - n.Usage.CPU, n.Instance.Registered.Memory - n.Usage.Memory,
		n.Usage.Running + n.Usage.Pending, n.Instance.Status == model.InstanceActive && n.Instance.AgentConnected}
}

// renumber brings up to date what is kept by node, from the node on that is
// the first to have another number.
func (f *Fleet) renumber(from int) {
	for i := from; i < len(f.nodes); i++ {
		f.at[f.nodes[i].id] = i
	}
	f.numbers++
	f.active, f.slots, f.indexes = 0, make([]slot, len(f.nodes)), nil
	f.group, f.occupied, f.refused = make([]int32, len(f.nodes)), make([]int32, len(f.nodes)), make([]bool, len(f.nodes))
	for i := range f.nodes {
		f.active += countActive(f.nodes[i].Node)
		f.slots[i] = newSlot(&f.nodes[i])
	}
	f.divide()
}

// divide sorts the nodes into their zones.
func (f *Fleet) divide() {
	f.zones = nil
	at := map[string]int{}
	for i := range f.nodes {
		z, ok := at[f.nodes[i].zone]
		if !ok {
			z = len(f.zones)
			at[f.nodes[i].zone] = z
			f.zones = append(f.zones, zone{name: f.nodes[i].zone})
		}
		f.zones[z].nodes = append(f.zones[z].nodes, int32(i))
	}
	slices.SortFunc(f.zones, func(a, b zone) int { return cmp.Compare(a.name, b.name) })
}

// Len returns how many instances there are, in whatever state.
func (f *Fleet) Len() int { return len(f.nodes) }

// Numbers tells whether indexes (Fleet.Index) still hold: it is another number
// after each change of them.
func (f *Fleet) Numbers() uint64 { return f.numbers }

// Usable reports whether the instance at an index is ACTIVE and connected; false
// for -1. It looks at nothing else of it, because planners ask for each task.
func (f *Fleet) Usable(i int32) bool { return i >= 0 && f.slots[i].ready }

// Active returns how many instances are ACTIVE.
func (f *Fleet) Active() int { return f.active }

// Node returns the instance with the id (model.InstanceID) and whether it is
// in the fleet.
func (f *Fleet) Node(id string) (Node, bool) {
	i, ok := f.at[id]
	if !ok {
		return Node{}, false
	}
	return f.nodes[i].Node, true
}

// Nodes returns the instances' ids in order.
func (f *Fleet) Nodes() []string {
	ids := make([]string, len(f.nodes))
	for i := range f.nodes {
		ids[i] = f.nodes[i].id
	}
	return ids
}

// Set puts n in the place of the node with its id, or adds it.
func (f *Fleet) Set(n Node) {
	fn := newFleetNode(n)
	i, ok := f.at[fn.id]
	if ok {
		fn.id = f.nodes[i].id // one string for all tasks that come to be on it
		before, moved := f.nodes[i].Instance, f.nodes[i].zone != fn.zone
		f.active += countActive(n) - countActive(f.nodes[i].Node)
		if before != n.Instance && (before.CapacityProvider != n.Instance.CapacityProvider || before.Fargate != n.Instance.Fargate || !slices.Equal(before.Attributes, n.Instance.Attributes)) {
			f.indexes = nil // it may belong to other classes
		}
		if f.update(i, fn); moved {
			f.divide()
		}
		return
	}
	i, _ = slices.BinarySearchFunc(f.nodes, fn.id, func(a fleetNode, id string) int { return cmp.Compare(a.id, id) })
	f.nodes = slices.Insert(f.nodes, i, fn)
	f.renumber(i)
}

// Remove takes the node with the id out.
func (f *Fleet) Remove(id string) {
	i, ok := f.at[id]
	if !ok {
		return
	}
	delete(f.at, id)
	f.nodes = slices.Delete(f.nodes, i, i+1)
	f.renumber(i)
}

// Hold counts task t in at its instance until that node is Set again: a task
// that was planned and is not in the tables yet.
func (f *Fleet) Hold(t *model.Task) {
	if i, ok := f.at[t.Spec.Instance]; ok {
		n := f.nodes[i]
		n.Usage = n.Usage.Add(t)
		f.update(i, n)
	}
}

func countActive(n Node) int {
	if n.Instance.Status == model.InstanceActive {
		return 1
	}
	return 0
}

// field returns the value of a spread field on the node: its own id for
// instanceId and host, else an attribute's value, "" where it has none.
func (n *fleetNode) field(name string) string {
	switch name {
	case attributePrefix + ZoneAttribute:
		return n.zone
	case FieldInstance, FieldHost:
		return n.id
	}
	v, _ := n.Instance.Attribute(name[len(attributePrefix):])
	return v
}
