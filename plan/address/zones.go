package address

import (
	"slices"

	"github.com/roadstead/roadstead/model"
)

// ZonesOf returns the availability zones that the subnets of a network
// configuration are in, sorted; none for nil.
func ZonesOf(network Network, account string, n *model.NetworkConfiguration) (zones []string) {
	if n == nil || network == nil {
		return nil
	}
	for _, id := range n.Subnets {
		if s, ok := network.Subnet(account, id); ok {
			zones = append(zones, s.Zone)
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}
