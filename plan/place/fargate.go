package place

import (
	"slices"

	"github.com/roadstead/roadstead/model"
)

// fargateStrategy is how tasks of Fargate are spread: evenly over the
// availability zones, and within one onto the instances that have the least
// memory left, so that there is room for large tasks elsewhere.
var fargateStrategy = [...]model.PlacementStrategy{
	{Type: Spread, Field: attributePrefix + ZoneAttribute},
	{Type: Binpack, Field: FieldMemory},
}

// FargateRules are the rules by which tasks of Fargate are placed: their owner
// has no say in it.
func FargateRules() *Rules {
	return &Rules{strategy: fargateStrategy[:], chain: newChain(fargateStrategy[:])}
}

// ForFargate turns a request into one for Fargate: for a task that has an
// interface in one of the zones. A pool that has no instance in any of those
// zones stands in for them from where it is: a single machine is a region of
// three zones, too.
func (r *Request) ForFargate(f *Fleet, zones []string) {
	r.Fargate, r.Provider, r.External, r.Rules = true, "", false, FargateRules()
	has := f.Zones(func(n Node) bool { return n.Instance.Fargate && n.Instance.Status == model.InstanceActive })
	if slices.ContainsFunc(zones, func(z string) bool { return slices.Contains(has, z) }) {
		r.Zones = zones
	}
}

// Lacks reports whether some ACTIVE, connected instance that takes tasks of
// Fargate could take one of the request if it were empty.
func Lacks(f *Fleet, req *Request) bool {
	return !slices.ContainsFunc(f.nodes, func(n fleetNode) bool {
		return Check(Node{Instance: n.Instance, Guest: n.Guest}, req) == ""
	})
}
