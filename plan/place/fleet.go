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
// Remove; planners only read it.
type Fleet struct {
	nodes  []fleetNode
	at     map[string]int // of the node with the id (model.InstanceID)
	active int
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
	f.active = 0
	for i := range f.nodes {
		if f.nodes[i].Instance.Status == model.InstanceActive {
			f.active++
		}
	}
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
		f.active += countActive(n) - countActive(f.nodes[i].Node)
		f.nodes[i] = fn
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
