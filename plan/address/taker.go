package address

import "github.com/roadstead/roadstead/model"

// Taker takes interfaces for the tasks of one placement: its Take is what
// place.Request.Address asks for. All that place tasks share it, so that each
// tries other zones where the addresses of one are at an end.
type Taker struct {
	chooser *Chooser
	account string
	network *model.NetworkConfiguration
	// Taken are the interfaces, one for each time that Take said yes.
	Taken []*model.NetworkInterface
}

// For returns a taker for tasks of the account with that configuration.
func (c *Chooser) For(account string, n *model.NetworkConfiguration) *Taker {
	return &Taker{chooser: c, account: account, network: n}
}

// Take takes an interface for a task on an instance in the zone; false when no
// address is free that it could have there.
func (t *Taker) Take(zone string) bool {
	i, ok := t.chooser.Interface(t.account, t.network, zone)
	if ok {
		t.Taken = append(t.Taken, i)
	}
	return ok
}
