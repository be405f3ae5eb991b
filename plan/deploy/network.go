package deploy

import (
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
)

// spots chooses instances for the request, of a capacity provider or of none, and an interface for each task
// that has one. A task for which no address is free is not placed; the result
// says so.
func (p *planning) spots(req *place.Request, provider string) (spots []spot, r place.Result) {
	r = place.Place(p.Fleet, req, p.ids.Uint64())
	n := p.primary.Spec.Network
	placed := r.Placed
	r.Placed = nil
	for _, id := range placed {
		at := spot{instance: id, provider: provider}
		if n != nil {
			if p.chooser == nil {
				p.chooser = address.New(p.Network, p.ids.Uint64())
			}
			at.network, _ = p.chooser.Interface(p.Service.Account, n, p.Fleet.Zone(id))
			if at.network == nil {
				r.Failures = append(r.Failures, place.Failure{Instance: id, Reason: place.FailInterface})
				continue
			}
		}
		r.Placed = append(r.Placed, id)
		spots = append(spots, at)
	}
	return spots, r
}
