package linux

import (
	"fmt"
	"net/netip"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// udpFlow matches tracked UDP flows to a published host port, or of a sandbox.
// A sender that never pauses keeps its flow, and with it the translation that
// was in force when it began: to nobody before the port was published, to a
// sandbox that is gone after.
type udpFlow struct {
	hostPort uint16
	sandbox  netip.Addr
}

// MatchConntrackFlow makes udpFlow a filter of the netlink library.
func (u udpFlow) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	if flow.Forward.Protocol != unix.IPPROTO_UDP || flow.Forward.DstPort != u.hostPort {
		return false
	}
	source, _ := netip.AddrFromSlice(flow.Reverse.SrcIP)
	return source.Unmap() == u.sandbox || flow.Reverse.SrcIP.Equal(flow.Forward.DstIP)
}

// forgetUDP drops the tracked flows to the UDP ports among the bindings, so
// that their next packet is translated anew.
func (h *hostNS) forgetUDP(sandbox netip.Addr, bindings []network.Binding) error {
	var filters []netlink.CustomConntrackFilter
	for _, b := range bindings {
		if b.Protocol == network.UDP {
			filters = append(filters, udpFlow{hostPort: b.HostPort, sandbox: sandbox})
		}
	}
	if len(filters) == 0 {
		return nil
	}
	if _, err := h.route.ConntrackDeleteFilters(netlink.ConntrackTable, unix.AF_INET, filters...); err != nil {
		return fmt.Errorf("forget tracked UDP flows: %w", err)
	}
	return nil
}
