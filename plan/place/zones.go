package place

import (
	"cmp"
	"slices"
)

// Index returns where the instance with the id (model.InstanceID) is in the
// fleet, -1 if it is not. It holds until the fleet is changed.
func (f *Fleet) Index(id string) int32 {
	if i, ok := f.at[id]; ok {
		return int32(i)
	}
	return -1
}

// At returns the instance at an index, nil for -1. It must not be changed.
func (f *Fleet) At(i int32) *Node {
	if i < 0 {
		return nil
	}
	return &f.nodes[i].Node
}

// ZoneAt returns the availability zone of the instance at an index, "" if it
// has none.
func (f *Fleet) ZoneAt(i int32) string {
	if i < 0 {
		return ""
	}
	return f.nodes[i].zone
}

// Zone returns the availability zone of the instance with the id
// (model.InstanceID), "" if it has none or is not in the fleet.
func (f *Fleet) Zone(id string) string {
	if i, ok := f.at[id]; ok {
		return f.nodes[i].zone
	}
	return ""
}

// Zones returns the names of the availability zones that have an instance of
// which is says yes, sorted. Instances without a zone count for none.
func (f *Fleet) Zones(is func(Node) bool) []string {
	var names []string
	for _, z := range f.zones {
		if z.name != "" && slices.ContainsFunc(z.nodes, func(i int32) bool { return is(f.nodes[i].Node) }) {
			names = append(names, z.name)
		}
	}
	return names
}

// ZoneInstances returns the ids of the zone's instances, in order.
func (f *Fleet) ZoneInstances(name string) []string {
	k, ok := slices.BinarySearchFunc(f.zones, name, func(z zone, name string) int { return cmp.Compare(z.name, name) })
	if !ok {
		return nil
	}
	ids := make([]string, 0, len(f.zones[k].nodes))
	for _, i := range f.zones[k].nodes {
		ids = append(ids, f.nodes[i].id)
	}
	return ids
}
