package deploy

import (
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
)

// spots chooses instances for the request, of a capacity provider or of none, and an interface for each task
// that has one. A task for which no address is free is not placed; the result says so.
func (p *planning) spots(req *place.Request, provider string) (spots []spot, r place.Result) {
	n := p.primary.Spec.Network
	if n == nil {
		r = place.Place(p.Fleet, req, p.ids.Uint64())
		for _, id := range r.Placed {
			spots = append(spots, spot{instance: id, provider: provider})
		}
		return spots, r
	}
	if p.chooser == nil {
		p.chooser = address.New(p.Network, p.ids.Uint64())
	}
	asked, taker := *req, p.chooser.For(p.Service.Account, n)
	asked.Address = taker.Take
	r = place.Place(p.Fleet, &asked, p.ids.Uint64())
	for i, id := range r.Placed {
		spots = append(spots, spot{instance: id, provider: provider, network: taker.Taken[i]})
	}
	return spots, r
}
