package linux

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The subnets that Open chooses from: 64 of 4,093 sandbox addresses each, more
// than a bridge has ports, so that an address rests before it is used again.
const (
	subnetBits  = 20
	subnetRange = "10.120.0.0/14"
)

var errNoSubnet = errors.New("every subnet of " + subnetRange + " overlaps a route of the host; configure one")

// chooseSubnet returns the first candidate that no route touches, looking
// round from the start-th.
func chooseSubnet(taken []netip.Prefix, start int) (netip.Prefix, error) {
	within := netip.MustParsePrefix(subnetRange)
	count := 1 << (subnetBits - within.Bits())
	for i := range count {
		raw := within.Addr().As4()
		first := binary.BigEndian.Uint32(raw[:]) + uint32((start+i)%count)<<(32-subnetBits)
		binary.BigEndian.PutUint32(raw[:], first)
		candidate := netip.PrefixFrom(netip.AddrFrom4(raw), subnetBits)
		if !overlapsAny(candidate, taken) {
			return candidate, nil
		}
	}
	return netip.Prefix{}, errNoSubnet
}

func overlapsAny(p netip.Prefix, others []netip.Prefix) bool {
	for _, other := range others {
		if p.Overlaps(other) {
			return true
		}
	}
	return false
}

// routedPrefixes returns what the host's routes reach other than through the
// link except, in every table: default routes touch nothing in particular.
func (h *hostNS) routedPrefixes(except int) ([]netip.Prefix, error) {
	routes, err := complete(func() ([]netlink.Route, error) {
		return h.route.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var prefixes []netip.Prefix
	for _, r := range routes {
		if prefix, ok := toPrefix(r.Dst); ok && prefix.Bits() > 0 && r.LinkIndex != except {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes, nil
}

func toPrefix(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(n.IP.To4())
	bits, size := n.Mask.Size()
	if !ok || size != 32 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, bits), true
}

func toIPNet(addr netip.Addr, bits int) *net.IPNet {
	return &net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(bits, 32)}
}
