package linux

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// FromHost says whether an address is the host's own. Nobody else can have
// sent what comes from it: sandboxes are held to their own addresses, and the
// kernel drops what comes from outside with an address of its own.
func (n *Network) FromHost(addr netip.Addr) bool {
	if addr.IsLoopback() {
		return true
	}
	addrs, err := complete(func() ([]netlink.Addr, error) { return n.host.route.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		n.observe("list the host's addresses", err)
		return false
	}
	for _, a := range addrs {
		if own, ok := netip.AddrFromSlice(a.IP); ok && own.Unmap() == addr {
			return true
		}
	}
	return false
}

// ensureMetadataRoutes gives a host that has no way to 169.254.170.2 or
// 169.254.169.254, because it has no default route, one over the bridge, so that
// packets come as far as the rule that leads them to the process. It vanishes
// with the bridge.
func (n *Network) ensureMetadataRoutes() error {
	var failed error
	for _, a := range n.options.answers() {
		failed = errors.Join(failed, n.ensureRoute(a.asked))
	}
	return failed
}

func (n *Network) ensureRoute(to netip.Addr) error {
	_, err := n.host.route.RouteGet(to.AsSlice())
	if err == nil {
		return nil
	}
	if !errors.Is(err, unix.ENETUNREACH) {
		return fmt.Errorf("route to %v: %w", to, err)
	}
	route := &netlink.Route{LinkIndex: n.bridge.index, Scope: netlink.SCOPE_LINK, Dst: toIPNet(to, 32), Src: n.bridge.gateway().AsSlice()}
	if err := n.host.route.RouteAdd(route); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add route to %v: %w", to, err)
	}
	return nil
}
