package place

import (
	"cmp"
	"slices"
)

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
