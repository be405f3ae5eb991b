package linux

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
)

func TestOptionsRefused(t *testing.T) {
	for _, options := range []Options{
		{Name: "Main"}, {Name: "a-b"}, {Name: "../x"}, {Name: strings.Repeat("a", MaxNameLength+1)},
		{Dir: "relative"}, {Prepared: -1}, {Prepared: MaxPrepared + 1}, {MTU: -1}, {MTU: 65536},
		{HostPorts: []HostPort{{network.TCP, 0}}}, {HostPorts: []HostPort{{"sctp", 1}}},
		{HostPorts: make([]HostPort, MaxHostPorts+1)},
	} {
		if _, err := options.withDefaults(); err == nil {
			t.Errorf("options %+v accepted", options)
		}
	}
}

// The names of kernel objects fit, and an address survives its name.
func TestNames(t *testing.T) {
	options, err := Options{Name: strings.Repeat("z", MaxNameLength)}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for prefix, addrs := range map[string][]string{
		"10.1.0.0/16":     {"10.1.0.2", "10.1.255.254"},
		"10.120.16.0/20":  {"10.120.16.2", "10.120.31.254"},
		"192.168.7.8/29":  {"192.168.7.10"},
		"172.16.128.0/17": {"172.16.200.1"},
	} {
		b := bridge{subnet: netip.MustParsePrefix(prefix), veth: options.vethPrefix()}
		for _, addr := range addrs {
			name := b.vethOf(netip.MustParseAddr(addr))
			if len(name) > 15 {
				t.Errorf("name %q is too long", name)
			}
			if back, ok := b.addressOf(name); !ok || back.String() != addr {
				t.Errorf("%s in %s is %q and back %v", addr, prefix, name, back)
			}
		}
		for _, name := range []string{"eth0", "rvother-0002", options.vethPrefix(), options.vethPrefix() + "xyz", options.vethPrefix() + "12345"} {
			if addr, ok := b.addressOf(name); ok {
				t.Errorf("%q is taken for %v", name, addr)
			}
		}
	}
}

func TestChooseSubnet(t *testing.T) {
	taken := func(list ...string) (prefixes []netip.Prefix) {
		for _, s := range list {
			prefixes = append(prefixes, netip.MustParsePrefix(s))
		}
		return prefixes
	}
	for _, test := range []struct {
		taken []netip.Prefix
		start int
		want  string
	}{
		{nil, 0, "10.120.0.0/20"},
		{taken("10.120.0.0/20", "10.120.17.0/24"), 0, "10.120.32.0/20"},
		{taken("192.168.0.0/16"), 63, "10.123.240.0/20"},
		{taken("10.123.240.0/20"), 63, "10.120.0.0/20"},
		{taken("10.0.0.0/8"), 0, ""},
	} {
		got, err := chooseSubnet(test.taken, test.start)
		if test.want == "" {
			if err == nil {
				t.Errorf("chose %v with %v taken", got, test.taken)
			}
		} else if err != nil || got.String() != test.want {
			t.Errorf("chose %v, %v with %v taken, want %s", got, err, test.taken, test.want)
		}
	}
}

func TestParsePortRanges(t *testing.T) {
	excluded, err := parsePortRanges("32768,40000-40002, 65535")
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]bool{32768: true, 32769: false, 40000: true, 40002: true, 40003: false, 65535: true} {
		if excluded(port) != want {
			t.Errorf("port %d excluded: %v", port, !want)
		}
	}
	if excluded, err := parsePortRanges(""); err != nil || excluded(0) {
		t.Errorf("empty list: %v", err)
	}
	for _, list := range []string{"a", "1-b", "70000"} {
		if _, err := parsePortRanges(list); err == nil {
			t.Errorf("list %q accepted", list)
		}
	}
}

func TestReservedPortsAreNotChosen(t *testing.T) {
	l := newLab(t)
	l.in(t, l.host, func() error { return setSysctl("ipv4/ip_local_reserved_ports", "32768-40000,40002-60999") })
	n := l.open(t, Options{})
	if port := attach(t, n, "a", web).Bindings[0].HostPort; port != 40001 {
		t.Errorf("dynamic port %d, want the one that is not reserved", port)
	}
}

// A subnet that the host routes elsewhere is refused, and one that is
// configured is had.
func TestSubnet(t *testing.T) {
	l := newLab(t)
	if _, err := Open(Options{Dir: l.dir, HostNS: l.host, Subnet: netip.MustParsePrefix("198.51.100.128/25")}); err == nil {
		t.Error("the host's own subnet was accepted")
	}
	l.in(t, l.host, func() error { return routeVia("10.120.0.0/16", outsideAddr) })
	n := l.open(t, Options{})
	if n.Subnet().String() != "10.121.0.0/20" {
		t.Errorf("chose %v", n.Subnet())
	}
	a := attach(t, n, "a")
	crash(n)
	if _, err := Open(Options{Dir: l.dir, HostNS: l.host, Subnet: netip.MustParsePrefix("10.200.0.0/16")}); err == nil {
		t.Error("another subnet was accepted for a bridge with sandboxes")
	}
	n = l.open(t, Options{Subnet: n.Subnet()})
	if again := attach(t, n, "a"); cmp.Diff(a, again, cmp.Comparer(func(x, y netip.Addr) bool { return x == y })) != "" {
		t.Errorf("attachment %+v, before %+v", again, a)
	}
}

func TestSandboxLimit(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	n.attaching = MaxSandboxes
	if _, err := n.Attach(t.Context(), network.Request{ID: "a", Mode: network.Bridge}); !errors.Is(err, network.ErrNoAddress) {
		t.Errorf("attach beyond the limit: %v, want ErrNoAddress", err)
	}
	n.attaching = 0
	attach(t, n, "a")
}

// A full subnet is an error and harms nobody.
func TestSubnetFull(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{Subnet: netip.MustParsePrefix("10.9.8.0/29")})
	for i := range 5 {
		attach(t, n, fmt.Sprint(i))
	}
	full := network.Request{ID: "full", Mode: network.Bridge, Ports: []network.PortRequest{{ContainerPort: 80, HostPort: 8080}}}
	if _, err := n.Attach(t.Context(), full); !errors.Is(err, network.ErrNoAddress) {
		t.Errorf("sixth of five: %v, want ErrNoAddress", err)
	}
	if err := n.Detach(t.Context(), "3"); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Attach(t.Context(), full); err != nil {
		t.Error(err)
	}
}

// Prepared namespaces are handed out, made anew, and gone when Run ends.
func TestPrepared(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{Prepared: 3})
	l.serveTCP(t, l.outside, ":8000", "world")
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- n.Run(ctx) }()
	for i := range 12 {
		s := <-n.ready // waits until there is one
		n.ready <- s
		a := attach(t, n, fmt.Sprint(i), web)
		wantAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000), "world", hostAddr)
	}
	cancel()
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v", err)
	}
	if len(n.ready) != 0 {
		t.Errorf("%d namespaces are still prepared", len(n.ready))
	}
	members, err := n.members()
	all, _ := n.List(t.Context())
	if err != nil || len(all) != 12 || len(members) < 12 {
		t.Errorf("%d sandboxes, %d members of the bridge, %v", len(all), len(members), err)
	}
}

// The most ports that there can be, 28,232 dynamic ones for each protocol, fit
// into the one transaction that makes the table.
func TestEveryPortPublished(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	all := elementChange{set: n.firewall.rules.ports}
	for _, protocol := range []network.Protocol{network.TCP, network.UDP} {
		for port := allocate.FirstDynamicPort; port <= allocate.LastDynamicPort; port++ {
			all.elements = append(all.elements, portElement(n.Gateway(), network.Binding{HostPort: port, ContainerPort: 80, Protocol: protocol}))
		}
	}
	n.firewall.expect(all)
	if _, err := n.firewall.replace(); err != nil {
		t.Fatal(err)
	}
	l.nft(t, func(conn *nftables.Conn) error {
		elements, err := conn.GetSetElements(n.firewall.rules.ports)
		if len(elements) != len(all.elements) {
			t.Errorf("the kernel has %d elements, want %d", len(elements), len(all.elements))
		}
		return err
	})
	n.firewall.expect(elementChange{set: all.set, remove: true, elements: all.elements})
}
