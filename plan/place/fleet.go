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
}

// Fleet is the container instances of one cluster in the order of their ids.
// Whoever builds it owns it and may bring nodes up to date with Set and
// Remove; planners leave it as they found it. One goroutine may use it at a
// time, for reading too.
type Fleet struct {
	nodes  []fleetNode
	at     map[string]int // of the node with the id (model.InstanceID)
	active int
	all    []int32 // every index
	zones  []zone  // by name
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
	f := &Fleet{nodes: make([]fleetNode, 0, len(nodes)), at: make(map[string]int, len(nodes))}
	for _, n := range nodes {
		f.nodes = append(f.nodes, newFleetNode(n))
	}
	slices.SortFunc(f.nodes, func(a, b fleetNode) int { return cmp.Compare(a.id, b.id) })
	f.index(0)
	return f
}

func newFleetNode(n Node) fleetNode {
	zone, _ := n.Instance.Attribute(ZoneAttribute)
	return fleetNode{Node: n, id: n.Instance.Key().ID, zone: zone}
}

func (f *Fleet) index(from int) {
	for i := from; i < len(f.nodes); i++ {
		f.at[f.nodes[i].id] = i
	}
	f.active, f.all, f.zones = 0, make([]int32, len(f.nodes)), nil
	at := map[string]int{}
	for i := range f.nodes {
		n := &f.nodes[i]
		f.active += countActive(n.Node)
		f.all[i] = int32(i)
		z, ok := at[n.zone]
		if !ok {
			z = len(f.zones)
			at[n.zone] = z
			f.zones = append(f.zones, zone{name: n.zone})
		}
		f.zones[z].nodes = append(f.zones[z].nodes, int32(i))
	}
	slices.SortFunc(f.zones, func(a, b zone) int { return cmp.Compare(a.name, b.name) })
}

// Len returns how many instances there are, in whatever state.
func (f *Fleet) Len() int { return len(f.nodes) }

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
		moved := f.nodes[i].zone != fn.zone
		f.active += countActive(n) - countActive(f.nodes[i].Node)
		f.nodes[i] = fn
		if moved {
			f.index(len(f.nodes))
		}
		return
	}
	i, _ = slices.BinarySearchFunc(f.nodes, fn.id, func(a fleetNode, id string) int { return cmp.Compare(a.id, id) })
	f.nodes = slices.Insert(f.nodes, i, fn)
	f.index(i)
}

// Remove takes the node with the id out.
func (f *Fleet) Remove(id string) {
	i, ok := f.at[id]
	if !ok {
		return
	}
	delete(f.at, id)
	f.nodes = slices.Delete(f.nodes, i, i+1)
	f.index(i)
}

// Hold counts task t in at its instance until that node is Set again: a task
// that was planned and is not in the tables yet.
func (f *Fleet) Hold(t *model.Task) {
	if i, ok := f.at[t.Spec.Instance]; ok {
		f.nodes[i].Usage = f.nodes[i].Usage.Add(t)
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
