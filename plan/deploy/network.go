package deploy

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
)

// spots chooses instances for the request, of a capacity provider or of none, and an interface for each task
// that has one. Where the addresses of a zone are at an end, other zones are tried. A task for which no address
// is free is not placed; the result says so.
func (p *planning) spots(req *place.Request, provider string) (spots []spot, r place.Result) {
	r = place.Place(p.Fleet, req, p.ids.Uint64())
	n := p.primary.Spec.Network
	if n == nil {
		for _, id := range r.Placed {
			spots = append(spots, spot{instance: id, provider: provider})
		}
		return spots, r
	}
	if p.chooser == nil {
		p.chooser = address.New(p.Network, p.ids.Uint64())
	}
	var held []place.Node
	defer func() {
		for _, node := range slices.Backward(held) {
			p.Fleet.Set(node)
		}
	}()
	rest, placed, full := *req, r.Placed, map[string]bool{}
	for r.Placed = nil; ; {
		known, before := len(full), len(r.Placed)
		for _, id := range placed {
			zone := p.Fleet.Zone(id)
			network, ok := p.chooser.Interface(p.Service.Account, n, zone)
			if !ok {
				r.Failures, full[zone] = append(r.Failures, place.Failure{Instance: id, Reason: place.FailInterface}), true
				continue
			}
			r.Placed, spots = append(r.Placed, id), append(spots, spot{instance: id, provider: provider, network: network})
		}
		rest.Count = req.Count - len(spots)
		if rest.Count == 0 || len(full) == known {
			return spots, r
		}
		if rest.Only = p.outside(rest.Only, full); len(rest.Only) == 0 {
			return spots, r
		}
		for _, id := range r.Placed[before:] {
			node, _ := p.Fleet.Node(id)
			held = append(held, node)
			p.Fleet.Hold(&model.Task{Spec: model.TaskSpec{Instance: id, Resources: req.Resources}})
		}
		rest.Group = slices.Concat(rest.Group, r.Placed[before:])
		if req.Occupied != nil || req.OccupiedAt != nil {
			rest.Occupied = slices.Concat(rest.Occupied, r.Placed[before:])
		}
		placed = place.Place(p.Fleet, &rest, p.ids.Uint64()).Placed
	}
}

// outside returns those of the instances, all for nil, that are in none of the zones.
func (p *planning) outside(instances []string, zones map[string]bool) []string {
	if instances == nil {
		instances = p.Fleet.Nodes()
	}
	return slices.DeleteFunc(slices.Clone(instances), func(id string) bool { return zones[p.Fleet.Zone(id)] })
}
