package linux

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routed is the namespace of an awsvpc task. No bridge is between it and the
// host: the host routes the one address to its end of the veth pair, and each
// end knows the other's hardware address for good, so that nobody asks by ARP
// and no first packet waits. The subnet's gateway is nobody's address: whatever
// is sent to its hardware address comes to the host, which routes it.
type routed struct {
	path  string // the file that the namespace is mounted on
	link  string // the host's end of the veth
	iface network.Interface
}

// hostMAC is the hardware address of the host's end of every such veth.
var hostMAC = net.HardwareAddr{0x02, 0x72, 0x00, 0x00, 0x00, 0x01}

// build makes the namespace. After an error nothing of it remains, except that
// the kernel may remove the link a moment later.
func (r routed) build(host *hostNS, mtu int) error {
	err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make network namespace: %w", err)
		}
		if err := mountNamespace(r.path); err != nil {
			return err
		}
		return r.configure(host, mtu)
	})
	if err != nil {
		return errors.Join(fmt.Errorf("build sandbox network %s: %w", r.path, err), slot{path: r.path}.remove())
	}
	return nil
}

// configure runs on a thread inside the new namespace.
func (r routed) configure(host *hostNS, mtu int) error {
	inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer inside.Close()
	if err := sandboxSysctls(); err != nil {
		return err
	}
	lo, err := inside.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if err := inside.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	veth, err := r.pair(host, mtu)
	if err != nil {
		return err
	}
	if err := r.inside(inside); err != nil {
		return err
	}
	if err := r.outside(host, veth); err != nil {
		return err
	}
	eth0, err := inside.LinkByName("eth0")
	if err != nil {
		return fmt.Errorf("find eth0: %w", err)
	}
	return errors.Join(awaitUp(inside, eth0.Attrs().Index), awaitUp(host.route, veth.Index))
}

// pair makes the veth pair, one end of it in the calling thread's namespace.
func (r routed) pair(host *hostNS, mtu int) (*netlink.Veth, error) {
	mac, err := net.ParseMAC(r.iface.MAC)
	if err != nil {
		return nil, err
	}
	here, err := unix.Open(threadNS, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open network namespace: %w", err)
	}
	defer unix.Close(here)
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: r.link, MTU: mtu, TxQLen: -1, HardwareAddr: hostMAC},
		PeerName:         "eth0",
		PeerHardwareAddr: mac,
		PeerNamespace:    netlink.NsFd(here),
		PeerTxQLen:       -1,
	}
	if err := host.route.LinkAdd(veth); err != nil {
		return nil, fmt.Errorf("make veth %s: %w", veth.Name, err)
	}
	return veth, nil
}

// inside gives the task's end its address and routes. The address has the
// length of the subnet, as on AWS, but no route to the subnet: neighbours are
// behind the gateway, like everybody.
func (r routed) inside(inside *netlink.Handle) error {
	eth0, err := inside.LinkByName("eth0")
	if err != nil {
		return fmt.Errorf("find eth0: %w", err)
	}
	index, gateway := eth0.Attrs().Index, r.iface.Gateway
	addr := &netlink.Addr{IPNet: toIPNet(r.iface.Address, gateway.Bits()), Flags: unix.IFA_F_NOPREFIXROUTE}
	if err := inside.AddrAdd(eth0, addr); err != nil {
		return fmt.Errorf("add address %v: %w", addr.IPNet, err)
	}
	if err := inside.LinkSetUp(eth0); err != nil {
		return fmt.Errorf("set eth0 up: %w", err)
	}
	if err := inside.NeighAdd(neighbour(index, gateway.Addr(), hostMAC)); err != nil {
		return fmt.Errorf("add the gateway's hardware address: %w", err)
	}
	for _, route := range []*netlink.Route{
		{LinkIndex: index, Dst: toIPNet(gateway.Addr(), 32), Scope: netlink.SCOPE_LINK},
		{LinkIndex: index, Gw: gateway.Addr().AsSlice()},
	} {
		if err := inside.RouteAdd(route); err != nil {
			return fmt.Errorf("add route %v: %w", route, err)
		}
	}
	return nil
}

// outside sets up the host's end and routes the address to it.
func (r routed) outside(host *hostNS, veth netlink.Link) error {
	_ = host.route.LinkSetIP6AddrGenMode(veth, addrGenNone) // as for the bridge
	if err := host.route.LinkSetUp(veth); err != nil {
		return fmt.Errorf("set %s up: %w", r.link, err)
	}
	mac, err := net.ParseMAC(r.iface.MAC)
	if err != nil {
		return err
	}
	if err := host.route.NeighSet(neighbour(veth.Attrs().Index, r.iface.Address, mac)); err != nil {
		return fmt.Errorf("add the hardware address of %v: %w", r.iface.Address, err)
	}
	err = host.route.RouteAdd(hostRoute(veth.Attrs().Index, r.iface.Address))
	if errors.Is(err, unix.EEXIST) {
		return network.ErrAddressInUse
	}
	if err != nil {
		return fmt.Errorf("add route to %v: %w", r.iface.Address, err)
	}
	return nil
}

func neighbour(index int, addr netip.Addr, mac net.HardwareAddr) *netlink.Neigh {
	return &netlink.Neigh{LinkIndex: index, Family: netlink.FAMILY_V4, State: netlink.NUD_PERMANENT, IP: addr.AsSlice(), HardwareAddr: mac}
}

func hostRoute(index int, addr netip.Addr) *netlink.Route {
	return &netlink.Route{LinkIndex: index, Dst: toIPNet(addr, 32), Scope: netlink.SCOPE_LINK}
}

// restore puts back a route that somebody has removed; false if the link itself
// is gone.
func (r routed) restore(host *hostNS) bool {
	link, err := host.route.LinkByName(r.link)
	if err != nil {
		return false
	}
	err = r.outside(host, link)
	return err == nil || errors.Is(err, network.ErrAddressInUse) // it has its route
}

// taskFlows matches every tracked connection of its addresses: whoever has one
// next has nothing to do with them.
type taskFlows map[netip.Addr]bool

// MatchConntrackFlow makes taskFlows a filter of the netlink library.
func (t taskFlows) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	for _, ip := range []net.IP{flow.Forward.SrcIP, flow.Forward.DstIP, flow.Reverse.SrcIP} {
		if addr, ok := netip.AddrFromSlice(ip); ok && t[addr.Unmap()] {
			return true
		}
	}
	return false
}

// forgetTasks drops tracked connections.
func (h *hostNS) forgetTasks(flows taskFlows) error {
	if len(flows) == 0 {
		return nil
	}
	if _, err := h.route.ConntrackDeleteFilters(netlink.ConntrackTable, unix.AF_INET, flows); err != nil {
		return fmt.Errorf("forget connections of tasks: %w", err)
	}
	return nil
}

// taskLinks returns the host's ends of the veths of awsvpc, by name.
func (n *Network) taskLinks() (map[string]netlink.Link, error) {
	links, err := complete(n.host.route.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	found := make(map[string]netlink.Link)
	for _, link := range links {
		if strings.HasPrefix(link.Attrs().Name, n.options.taskPrefix()) {
			found[link.Attrs().Name] = link
		}
	}
	return found, nil
}
