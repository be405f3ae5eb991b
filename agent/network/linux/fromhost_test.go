package linux

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
)

// The host itself, and so the tasks in its network, reach 169.254.170.2:80 with
// an address of the host's, whether or not there is a default route; nothing
// else at that address, and nothing once the network is gone. The same holds for
// 169.254.169.254, which sandboxes reach by no way.
func TestMetadataFromHost(t *testing.T) {
	for _, c := range []struct {
		name  string
		route bool
	}{{"default route", true}, {"no default route", false}} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			if !c.route {
				l.in(t, l.host, func() error { return netlink.RouteDel(&netlink.Route{Gw: outsideAddr.AsSlice()}) })
			}
			n := l.open(t, Options{MetadataPort: 51679, InstancePort: 51681})
			l.serveTCP(t, l.host, at(n.Gateway(), 51679), "metadata")
			l.serveTCP(t, l.host, at(n.Gateway(), 51681), "instance")
			if name, from, err := ask(l.host, "tcp", at(instanceAddress, 80)); err != nil || name != "instance" || !n.FromHost(netip.MustParseAddr(from)) {
				t.Errorf("the host asks about itself from %s and is answered by %s: %v", from, name, err)
			}
			_, answer, err := ask(l.host, "tcp", at(metadataAddress, 80))
			if err != nil {
				t.Fatal(err)
			}
			if from := netip.MustParseAddr(answer); !n.FromHost(from) {
				t.Errorf("the host asks from %v, which is not its own", from)
			}
			if _, _, err := ask(l.host, "tcp", at(metadataAddress, 81)); err == nil {
				t.Error("another port answers")
			}
			a := attach(t, n, "a")
			wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", a.IPv4)
			wantRefused(t, a.NetNSPath, "tcp", at(instanceAddress, 80))
			wantRefused(t, a.NetNSPath, "tcp", at(n.Gateway(), 51681))
			for addr, own := range map[netip.Addr]bool{hostAddr: true, n.Gateway(): true, localhost: true, a.IPv4: false, outsideAddr: false, metadataAddress: false} {
				if n.FromHost(addr) != own {
					t.Errorf("FromHost(%v) is %v", addr, !own)
				}
			}
			if err := n.Destroy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, _, err := ask(l.host, "tcp", at(metadataAddress, 80)); err == nil {
				t.Error("it answers after the network is gone")
			}
			l.in(t, l.host, func() error {
				routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
				for _, r := range routes {
					if r.Dst != nil && r.Dst.IP.Equal(metadataAddress.AsSlice()) {
						t.Errorf("left behind: %v", r)
					}
				}
				return err
			})
		})
	}
}
