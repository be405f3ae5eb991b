package linux

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
)

// bridge is the instance's bridge as it is in the kernel.
type bridge struct {
	name   string
	index  int
	subnet netip.Prefix
	mtu    int    // of the sandboxes' interfaces
	veth   string // begins the names of its members
}

// vethOf names the host's end of the veth of an address, by the address's place
// in the subnet. As the name follows from the address, the kernel itself
// refuses a second interface for an address in use.
func (b bridge) vethOf(addr netip.Addr) string {
	raw := addr.As4()
	return fmt.Sprintf("%s%04x", b.veth, binary.BigEndian.Uint16(raw[2:])&uint16(1<<(32-b.subnet.Bits())-1))
}

// addressOf is the inverse of vethOf.
func (b bridge) addressOf(veth string) (netip.Addr, bool) {
	digits, ok := strings.CutPrefix(veth, b.veth)
	offset, err := strconv.ParseUint(digits, 16, 16)
	if !ok || err != nil {
		return netip.Addr{}, false
	}
	raw := b.subnet.Addr().As4()
	binary.BigEndian.PutUint32(raw[:], binary.BigEndian.Uint32(raw[:])+uint32(offset))
	addr := netip.AddrFrom4(raw)
	return addr, b.subnet.Contains(addr)
}

// subnetTries bounds how often Open chooses again because another instance
// chose the same subnet at the same moment.
const subnetTries = 8

// ensureBridge makes the bridge or adopts the one that is there. wanted is the
// subnet to have; the zero Prefix means any. A bridge that it made is gone
// again after an error.
func (h *hostNS) ensureBridge(options Options, wanted netip.Prefix) (b bridge, err error) {
	name := options.bridge()
	b = bridge{name: name, veth: options.vethPrefix()}
	if b.mtu, err = h.sandboxMTU(options.MTU); err != nil {
		return b, err
	}
	link, err := h.route.LinkByName(name)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		created := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: b.mtu, TxQLen: -1}}
		if err = h.route.LinkAdd(created); err == nil {
			defer func() {
				if err != nil {
					err = errors.Join(err, h.removeLink(name))
				}
			}()
			link, err = h.route.LinkByName(name)
		}
	}
	if err != nil {
		return b, fmt.Errorf("make bridge %s: %w", name, err)
	}
	if link.Type() != "bridge" {
		return b, fmt.Errorf("make bridge %s: a link of type %s has the name", name, link.Type())
	}
	b.index = link.Attrs().Index
	if b.subnet, err = h.ensureSubnet(link, wanted); err != nil {
		return b, fmt.Errorf("address bridge %s: %w", name, err)
	}
	// A fixed address, or the bridge would change to its lowest member's and
	// the sandboxes' neighbour entries would go stale.
	if err := h.route.LinkSetHardwareAddr(link, macOf(b.gateway())); err != nil {
		return b, fmt.Errorf("set hardware address of bridge %s: %w", name, err)
	}
	// The instance speaks IPv4 only; without this the kernel would give the
	// bridge a link-local IPv6 address. A kernel without IPv6 refuses, rightly.
	_ = h.route.LinkSetIP6AddrGenMode(link, addrGenNone)
	if err := h.route.LinkSetUp(link); err != nil {
		return b, fmt.Errorf("set bridge %s up: %w", name, err)
	}
	return b, nil
}

const addrGenNone = 1 // IN6_ADDR_GEN_MODE_NONE of linux/if_link.h

func (b bridge) gateway() netip.Addr { return b.subnet.Addr().Next() }

// ensureSubnet gives the bridge its address and returns the subnet.
func (h *hostNS) ensureSubnet(link netlink.Link, wanted netip.Prefix) (netip.Prefix, error) {
	addrs, err := complete(func() ([]netlink.Addr, error) { return h.route.AddrList(link, netlink.FAMILY_V4) })
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addrs {
		has, ok := toPrefix(a.IPNet)
		if ok && (!wanted.IsValid() || has.Masked() == wanted) {
			return has.Masked(), nil
		}
		if ok {
			return netip.Prefix{}, fmt.Errorf("it has %v, not %v: detach its sandboxes and destroy it first", has.Masked(), wanted)
		}
	}
	for try := range subnetTries {
		subnet, err := h.claimSubnet(link, wanted, try*link.Attrs().Index)
		if err != nil || subnet.IsValid() {
			return subnet, err
		}
	}
	return netip.Prefix{}, errNoSubnet
}

// claimSubnet adds an address to the bridge, then looks whether another link
// got an overlapping one at the same moment. Whoever sees that gives way with
// the zero Prefix and chooses again, from a start of its own, because it cannot
// know whether the other looked too early to see it.
func (h *hostNS) claimSubnet(link netlink.Link, wanted netip.Prefix, start int) (netip.Prefix, error) {
	index := link.Attrs().Index
	taken, err := h.routedPrefixes(index)
	if err != nil {
		return netip.Prefix{}, err
	}
	subnet := wanted
	if !subnet.IsValid() {
		if subnet, err = chooseSubnet(taken, start); err != nil {
			return netip.Prefix{}, err
		}
	} else if overlapsAny(subnet, taken) {
		return netip.Prefix{}, fmt.Errorf("subnet %v overlaps a route of the host", subnet)
	}
	addr := &netlink.Addr{IPNet: toIPNet(subnet.Addr().Next(), subnet.Bits())}
	if err := h.route.AddrAdd(link, addr); err != nil {
		return netip.Prefix{}, fmt.Errorf("add address %v: %w", addr.IPNet, err)
	}
	if wanted.IsValid() {
		return subnet, nil
	}
	// Addresses and not routes: a bridge that is still down has no route yet.
	all, err := complete(func() ([]netlink.Addr, error) { return h.route.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("list addresses: %w", err)
	}
	for _, other := range all {
		if prefix, ok := toPrefix(other.IPNet); ok && other.LinkIndex != index && prefix.Overlaps(subnet) {
			if err := h.route.AddrDel(link, addr); err != nil {
				return netip.Prefix{}, fmt.Errorf("remove address %v: %w", addr.IPNet, err)
			}
			return netip.Prefix{}, nil
		}
	}
	return subnet, nil
}

// sandboxMTU is the configured MTU or that of the link of the default route:
// a larger one would need fragments on the way out.
func (h *hostNS) sandboxMTU(configured int) (int, error) {
	const ethernet = 1500
	if configured != 0 {
		return configured, nil
	}
	routes, err := complete(func() ([]netlink.Route, error) { return h.route.RouteList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return 0, fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		if prefix, ok := toPrefix(r.Dst); r.LinkIndex == 0 || ok && prefix.Bits() > 0 {
			continue
		}
		link, err := h.route.LinkByIndex(r.LinkIndex)
		if err != nil {
			return 0, fmt.Errorf("find the link of the default route: %w", err)
		}
		return link.Attrs().MTU, nil
	}
	return ethernet, nil
}

// macOf derives a locally administered hardware address from an IPv4 address,
// so that an address that is used again keeps its neighbours' entries true.
func macOf(addr netip.Addr) net.HardwareAddr {
	raw := addr.As4()
	return net.HardwareAddr{0x02, 0x72, raw[0], raw[1], raw[2], raw[3]}
}
