package linux

import (
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// 169.254.170.2 answers, and learns who is asking.
func TestMetadataAndResolver(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{MetadataPort: 51679, ResolverPort: 5300})
	l.serveTCP(t, l.host, at(n.Gateway(), 51679), "metadata")
	l.serveTCP(t, l.host, at(n.Gateway(), 5300), "resolver")
	l.serveUDP(t, l.host, at(n.Gateway(), 5300), "resolver")
	for _, id := range []string{"a", "b"} {
		a := attach(t, n, id)
		wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", a.IPv4)
		wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 53), "resolver", a.IPv4)
		wantAnswer(t, a.NetNSPath, "udp", at(metadataAddress, 53), "resolver", a.IPv4)
	}
}

// What a sandbox may not reach it is refused, where possible at once.
func TestRefused(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{HostPorts: []HostPort{{network.TCP, 4566}, {network.UDP, 4567}}})
	a := attach(t, n, "a")
	l.serveTCP(t, l.host, ":22", "host")
	l.serveUDP(t, l.host, ":23", "host")
	l.serveTCP(t, l.host, ":4566", "allowed")
	for _, addr := range []netip.Addr{n.Gateway(), hostAddr} {
		wantAnswer(t, a.NetNSPath, "tcp", at(addr, 4566), "allowed", a.IPv4)
		l.serveUDP(t, l.host, at(addr, 4567), "allowed")
		wantAnswer(t, a.NetNSPath, "udp", at(addr, 4567), "allowed", a.IPv4)
		wantRefused(t, a.NetNSPath, "tcp", at(addr, 22))
		wantRefused(t, a.NetNSPath, "udp", at(addr, 23))
	}
	l.in(t, l.outside, func() error { return setUpAlso("uplink", "169.254.169.254/16") })
	l.serveTCP(t, l.outside, "169.254.169.254:80", "instance")
	l.in(t, l.host, func() error { return routeVia("169.254.169.254/32", outsideAddr) })
	wantAnswer(t, l.host, "tcp", "169.254.169.254:80", "instance", hostAddr)
	wantRefused(t, a.NetNSPath, "tcp", "169.254.169.254:80")
	wantRefused(t, a.NetNSPath, "tcp", at(metadataAddress, 80))
}

func wantRefused(t *testing.T, path, protocol, address string) {
	t.Helper()
	_, _, err := ask(path, protocol, address)
	if !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("%s %s: %v, want refused", protocol, address, err)
	}
}

func setUpAlso(name, addr string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	parsed, err := netlink.ParseAddr(addr)
	if err != nil {
		return err
	}
	return netlink.AddrAdd(link, parsed)
}

func routeVia(destination string, gateway netip.Addr) error {
	_, prefix, err := net.ParseCIDR(destination)
	if err != nil {
		return err
	}
	return netlink.RouteReplace(&netlink.Route{Dst: prefix, Gw: gateway.AsSlice()})
}

// The bridge lets loopback addresses through for replies; a sandbox that sends
// to them, as one with NET_ADMIN can, does not reach the host's own services,
// not even on a port that it may reach at the host's other addresses.
func TestHostLoopback(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{HostPorts: []HostPort{{network.TCP, 2379}}})
	a := attach(t, n, "a", web)
	l.serveTCP(t, l.host, "127.0.0.1:2379", "secret")
	wantAnswer(t, l.host, "tcp", "127.0.0.1:2379", "secret", localhost)
	l.in(t, a.NetNSPath, func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		addr, _ := netlink.ParseAddr("127.0.0.1/8")
		return errors.Join(netlink.AddrDel(lo, addr), setSysctl("ipv4/conf/eth0/route_localnet", "1"), routeVia("127.0.0.0/8", n.Gateway()))
	})
	wantNoAnswer(t, a.NetNSPath, "tcp", "127.0.0.1:2379")
	wantNoAnswer(t, a.NetNSPath, "tcp", at(localhost, a.Bindings[0].HostPort))
}

// A sandbox that takes another's address, as one with NET_ADMIN can and one
// with raw sockets likewise, is not heard: nobody gets another's credentials.
func TestSpoofedSource(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{ResolverPort: 5300})
	a, victim := attach(t, n, "a"), attach(t, n, "victim")
	var server net.PacketConn
	l.in(t, l.host, func() (err error) {
		server, err = net.ListenPacket("udp4", at(n.Gateway(), 5300))
		return err
	})
	defer server.Close()
	_ = server.SetDeadline(time.Now().Add(dialTimeout))
	send := func(from network.Attachment, word string) {
		t.Helper()
		l.in(t, from.NetNSPath, func() error {
			conn, err := net.Dial("udp4", at(metadataAddress, 53))
			if err == nil {
				_, err = conn.Write([]byte(word))
				_ = conn.Close()
			}
			return err
		})
	}
	receive := func(word string, from netip.Addr) {
		t.Helper()
		buffer := make([]byte, 16)
		size, addr, err := server.ReadFrom(buffer)
		if err != nil || string(buffer[:size]) != word || addr.(*net.UDPAddr).AddrPort().Addr() != from {
			t.Errorf("received %q from %v, %v; want %q from %v", buffer[:size], addr, err, word, from)
		}
	}
	send(a, "mine")
	receive("mine", a.IPv4)
	l.in(t, a.NetNSPath, func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		stolen := &netlink.Addr{IPNet: toIPNet(victim.IPv4, 32)}
		return errors.Join(netlink.AddrAdd(eth0, stolen), netlink.RouteReplace(&netlink.Route{
			LinkIndex: eth0.Attrs().Index, Dst: toIPNet(metadataAddress, 32), Gw: n.Gateway().AsSlice(), Src: victim.IPv4.AsSlice()}))
	})
	send(a, "stolen")
	send(victim, "true")
	receive("true", victim.IPv4)
}

// Two instances share a host and not their sandboxes.
func TestTwoInstances(t *testing.T) {
	l := newLab(t)
	one := l.open(t, Options{Name: "one"})
	two := l.open(t, Options{Name: "two", Dir: filepath.Join(t.TempDir(), "two")})
	if one.Subnet().Overlaps(two.Subnet()) {
		t.Fatalf("subnets %v and %v", one.Subnet(), two.Subnet())
	}
	a, b := attach(t, one, "a", web), attach(t, two, "b", web)
	if a.Bindings[0].HostPort == b.Bindings[0].HostPort {
		t.Errorf("both published port %d", a.Bindings[0].HostPort)
	}
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	l.serveTCP(t, b.NetNSPath, ":80", "b")
	wantRefused(t, a.NetNSPath, "tcp", at(b.IPv4, 80))
	wantRefused(t, b.NetNSPath, "tcp", at(a.IPv4, 80))
	wantAnswer(t, a.NetNSPath, "tcp", at(hostAddr, b.Bindings[0].HostPort), "b", b.Gateway)
	wantAnswer(t, l.host, "tcp", at(localhost, b.Bindings[0].HostPort), "b", b.Gateway)
}

// Who knows a sandbox's address outside still needs a published port.
func TestDirectAccess(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a", web)
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	l.in(t, l.outside, func() error { return routeVia(n.Subnet().String(), hostAddr) })
	wantNoAnswer(t, l.outside, "tcp", at(a.IPv4, 80))
	wantAnswer(t, l.outside, "tcp", at(hostAddr, a.Bindings[0].HostPort), "a", outsideAddr)
}

// Whether or not netfilter sees bridged packets, everything works alike.
func TestWithoutBridgeNetfilter(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	l.in(t, l.host, func() error {
		if _, err := sysctl("bridge/bridge-nf-call-iptables"); err != nil {
			t.Skip("netfilter never sees bridged packets in this kernel: the other tests have shown it")
		}
		return setSysctl("bridge/bridge-nf-call-iptables", "0")
	})
	a, b := attach(t, n, "a", web), attach(t, n, "b")
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	port := a.Bindings[0].HostPort
	wantAnswer(t, l.outside, "tcp", at(hostAddr, port), "a", outsideAddr)
	wantAnswer(t, l.host, "tcp", at(localhost, port), "a", a.Gateway)
	wantAnswer(t, a.NetNSPath, "tcp", at(hostAddr, port), "a", a.Gateway)
	for range 4 { // the host's ICMP redirects must not lead b astray
		wantAnswer(t, b.NetNSPath, "tcp", at(hostAddr, port), "a", a.Gateway)
	}
	wantAnswer(t, b.NetNSPath, "tcp", at(a.IPv4, 80), "a", b.IPv4)
}

// A sender that never pauses follows its port from sandbox to sandbox.
func TestUDPFollowsItsPort(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	port := network.PortRequest{ContainerPort: 7, HostPort: 7000, Protocol: network.UDP}
	var conn net.Conn
	l.in(t, l.outside, func() (err error) {
		// A source port of its own, as a DNS or syslog client has.
		conn, err = (&net.Dialer{LocalAddr: &net.UDPAddr{Port: 7001}}).Dial("udp4", at(hostAddr, 7000))
		return err
	})
	defer conn.Close()
	buffer := make([]byte, 64)
	for _, id := range []string{"", "a", "b"} {
		_ = conn.SetDeadline(time.Now().Add(dialTimeout))
		if id == "" {
			// To nobody yet: the flow is tracked, and refused.
			_, _ = conn.Write([]byte("?"))
			if _, err := conn.Read(buffer); !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("nobody answered %q, %v", buffer[:1], err)
			}
			continue
		}
		a := attach(t, n, id, port)
		l.serveUDP(t, a.NetNSPath, ":7", id)
		_, _ = conn.Write([]byte("?"))
		_, err := conn.Read(buffer)
		if err != nil || string(buffer[:1]) != id {
			t.Errorf("%s answered %q, %v", id, buffer[:1], err)
		}
		if err := n.Detach(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}
