package linux

import (
	"net/netip"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
)

var (
	localhost = netip.MustParseAddr("127.0.0.1")
	web       = network.PortRequest{ContainerPort: 80}
	echo      = network.PortRequest{ContainerPort: 7, Protocol: network.UDP}
)

// Every way to a published port, TCP and UDP: from outside, from the host by
// any of its addresses, and from sandboxes, the publishing one too.
func TestPublishedPorts(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a", web, echo)
	b := attach(t, n, "b")
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	l.serveUDP(t, a.NetNSPath, ":7", "a")
	for i, protocol := range []string{"tcp", "udp"} {
		port := a.Bindings[i].HostPort
		if port < 32768 || port > 60999 {
			t.Errorf("host port %d, want a dynamic one", port)
		}
		t.Run(protocol, func(t *testing.T) {
			wantAnswer(t, l.outside, protocol, at(hostAddr, port), "a", outsideAddr)
			wantAnswer(t, l.host, protocol, at(localhost, port), "a", a.Gateway)
			wantAnswer(t, l.host, protocol, at(hostAddr, port), "a", hostAddr)
			wantAnswer(t, l.host, protocol, at(a.Gateway, port), "a", a.Gateway)
			wantAnswer(t, b.NetNSPath, protocol, at(hostAddr, port), "a", a.Gateway)
			wantAnswer(t, a.NetNSPath, protocol, at(hostAddr, port), "a", a.Gateway)
			wantAnswer(t, b.NetNSPath, protocol, at(a.Gateway, port), "a", a.Gateway)
			wantAnswer(t, b.NetNSPath, protocol, at(a.IPv4, a.Bindings[i].ContainerPort), "a", b.IPv4)
			wantAnswer(t, a.NetNSPath, protocol, at(localhost, a.Bindings[i].ContainerPort), "a", localhost)
		})
	}
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantNoAnswer(t, l.host, "tcp", at(localhost, a.Bindings[0].HostPort))
}

// A sandbox reaches the world, which sees the host.
func TestOutbound(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a")
	l.serveTCP(t, l.outside, ":8000", "world")
	l.serveUDP(t, l.outside, ":8000", "world")
	wantAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000), "world", hostAddr)
	wantAnswer(t, a.NetNSPath, "udp", at(outsideAddr, 8000), "world", hostAddr)
}
