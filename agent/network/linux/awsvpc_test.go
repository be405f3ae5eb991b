package linux

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

var (
	everywhere = netip.MustParsePrefix("0.0.0.0/0")
	allOut     = []network.SecurityRule{{Protocol: network.AllProtocols, CIDR: everywhere}}
)

// defaultGroup is what a VPC's default security group says.
func defaultGroup() network.SecurityGroup {
	return network.SecurityGroup{ID: "sg-default", Egress: allOut,
		Ingress: []network.SecurityRule{{Protocol: network.AllProtocols, Group: "sg-default"}}}
}

func taskRequest(id string, last byte, groups ...network.SecurityGroup) network.Request {
	return network.Request{ID: id, Mode: network.AWSVPC, Interface: &network.Interface{
		MAC: fmt.Sprintf("0a:58:ac:1f:00:%02x", last), Address: netip.AddrFrom4([4]byte{172, 31, 0, last}),
		Gateway: netip.MustParsePrefix("172.31.0.1/20"), Groups: groups}}
}

func attachTask(t testing.TB, n network.Network, id string, last byte, groups ...network.SecurityGroup) network.Attachment {
	t.Helper()
	a, err := n.Attach(t.Context(), taskRequest(id, last, groups...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Two tasks of the default group reach each other on one container port, the
// world, their metadata, and nothing of the host; the host reaches them; nobody
// else does.
func TestTaskInterface(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{MetadataPort: 51679, HostPorts: []HostPort{{network.TCP, 4566}}})
	a, b := attachTask(t, n, "a", 5, defaultGroup()), attachTask(t, n, "b", 6, defaultGroup())
	for name, task := range map[string]network.Attachment{"a": a, "b": b} {
		l.serveTCP(t, task.NetNSPath, ":80", name)
		l.serveUDP(t, task.NetNSPath, ":81", name)
	}
	wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80), "b", a.IPv4)
	wantAnswer(t, b.NetNSPath, "udp", at(a.IPv4, 81), "a", b.IPv4)
	wantAnswer(t, a.NetNSPath, "tcp", "127.0.0.1:80", "a", localhost)
	wantAnswer(t, a.NetNSPath, "tcp", at(a.IPv4, 80), "a", a.IPv4)

	l.serveTCP(t, l.outside, ":8000", "world")
	wantAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000), "world", hostAddr)
	if name, _, err := ask(l.host, "tcp", at(a.IPv4, 80)); err != nil || name != "a" {
		t.Errorf("the host asked and %q answered, %v", name, err)
	}
	l.in(t, l.outside, func() error { return routeVia("172.31.0.0/16", hostAddr) })
	wantNoAnswer(t, l.outside, "tcp", at(a.IPv4, 80))

	l.serveTCP(t, l.host, at(n.Gateway(), 51679), "metadata")
	l.serveTCP(t, l.host, ":22", "secret")
	l.serveTCP(t, l.host, ":4566", "allowed")
	wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", a.IPv4)
	wantAnswer(t, b.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", b.IPv4)
	wantAnswer(t, b.NetNSPath, "tcp", at(hostAddr, 4566), "allowed", b.IPv4)
	wantRefused(t, a.NetNSPath, "tcp", at(hostAddr, 22))
	wantRefused(t, a.NetNSPath, "tcp", at(n.Gateway(), 22))
	l.in(t, l.host, func() error { return routeVia("169.254.169.254/32", outsideAddr) })
	wantRefused(t, a.NetNSPath, "tcp", "169.254.169.254:80")
	l.in(t, a.NetNSPath, func() error { return wantInterface(t, "0a:58:ac:1f:00:05", "172.31.0.5/20") })
}

func wantInterface(t *testing.T, mac, addr string) error {
	t.Helper()
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	addrs, err := netlink.AddrList(eth0, netlink.FAMILY_V4)
	if err == nil && (eth0.Attrs().HardwareAddr.String() != mac || len(addrs) != 1 || addrs[0].IPNet.String() != addr) {
		t.Errorf("eth0 is %v with %v, want %s with %s", eth0.Attrs().HardwareAddr, addrs, mac, addr)
	}
	return err
}

// Tasks in bridge mode and interfaces meet where the groups and the published
// ports say so.
func TestTaskAndBridge(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	open := network.SecurityGroup{ID: "sg-open", Egress: allOut, Ingress: []network.SecurityRule{
		{Protocol: "tcp", FromPort: 80, ToPort: 80, CIDR: everywhere}}}
	guarded, opened := attachTask(t, n, "guarded", 5, defaultGroup()), attachTask(t, n, "open", 6, open)
	bridged := attach(t, n, "bridged", web)
	for name, path := range map[string]string{"guarded": guarded.NetNSPath, "open": opened.NetNSPath, "bridged": bridged.NetNSPath} {
		l.serveTCP(t, path, ":80", name)
	}
	wantNoAnswer(t, bridged.NetNSPath, "tcp", at(guarded.IPv4, 80))
	wantAnswer(t, bridged.NetNSPath, "tcp", at(opened.IPv4, 80), "open", bridged.IPv4)
	wantAnswer(t, guarded.NetNSPath, "tcp", at(hostAddr, bridged.Bindings[0].HostPort), "bridged", guarded.IPv4)
	wantRefused(t, guarded.NetNSPath, "tcp", at(bridged.IPv4, 80))
}

// A rule allows its protocol, its ports and its peers, in its direction, and
// answers; nothing else passes. A change takes effect at once and for
// connections that are new.
func TestSecurityGroups(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	client := network.SecurityGroup{ID: "sg-client", Egress: []network.SecurityRule{
		{Protocol: "tcp", FromPort: 80, ToPort: 81, CIDR: netip.MustParsePrefix("172.31.0.6/32")},
		{Protocol: "udp", FromPort: 53, ToPort: 53, Group: "sg-server"}}}
	server := network.SecurityGroup{ID: "sg-server", Ingress: []network.SecurityRule{
		{Protocol: "tcp", FromPort: 81, ToPort: 90, Group: "sg-client"},
		{Protocol: "17", FromPort: 0, ToPort: 65535, CIDR: netip.MustParsePrefix("172.31.0.0/16")},
		{Protocol: "tcp", FromPort: 80, ToPort: 80, CIDR: netip.MustParsePrefix("198.51.100.0/24")},
		{Protocol: "tcp", FromPort: 80, ToPort: 80, CIDR: netip.MustParsePrefix("2001:db8::/32")}}}
	a, b := attachTask(t, n, "a", 5, client), attachTask(t, n, "b", 6, server)
	for _, port := range []string{":80", ":81", ":82"} {
		l.serveTCP(t, b.NetNSPath, port, "b")
	}
	l.serveUDP(t, b.NetNSPath, ":53", "b")
	l.serveUDP(t, b.NetNSPath, ":54", "b")
	l.serveTCP(t, a.NetNSPath, ":81", "a")
	l.serveTCP(t, l.outside, ":81", "world")
	l.in(t, l.outside, func() error { return routeVia("172.31.0.0/16", hostAddr) })

	wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 81), "b", a.IPv4)
	wantAnswer(t, a.NetNSPath, "udp", at(b.IPv4, 53), "b", a.IPv4)
	wantAnswer(t, l.outside, "tcp", at(b.IPv4, 80), "b", outsideAddr)
	wantNoAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80))      // not let in
	wantNoAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 82))      // not let out
	wantNoAnswer(t, a.NetNSPath, "udp", at(b.IPv4, 54))      // not let out
	wantNoAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 81)) // not let out
	wantNoAnswer(t, b.NetNSPath, "tcp", at(a.IPv4, 81))      // not let out, as it has no egress rule
	wantNoAnswer(t, l.outside, "tcp", at(b.IPv4, 81))        // not of the group

	// b's port 82 joins, and a leaves the group that b lets in.
	client.Egress[0].ToPort = 82
	attachTask(t, n, "a", 5, client)
	wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 82), "b", a.IPv4)
	client.ID = "sg-stranger"
	attachTask(t, n, "a", 5, client)
	wantNoAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 82))
	wantAnswer(t, a.NetNSPath, "udp", at(b.IPv4, 53), "b", a.IPv4)
	if got := l.sets(t); !slices.Equal(got, []string{"group_sg-client", "group_sg-server", "group_sg-stranger"}) {
		t.Errorf("sets of groups: %v", got)
	}
}

// ICMP rules know types and codes.
func TestSecurityGroupICMP(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	quiet := network.SecurityGroup{ID: "sg-quiet", Ingress: []network.SecurityRule{{Protocol: "icmp", FromPort: 13, ToPort: -1, CIDR: everywhere}}}
	pinged := network.SecurityGroup{ID: "sg-pinged", Ingress: []network.SecurityRule{{Protocol: "icmp", FromPort: 8, ToPort: -1, CIDR: everywhere}}}
	a, b, c := attachTask(t, n, "a", 5, defaultGroup()), attachTask(t, n, "b", 6, quiet), attachTask(t, n, "c", 7, pinged)
	if err := ping(a.NetNSPath, c.IPv4, dialTimeout); err != nil {
		t.Errorf("ping: %v", err)
	}
	if err := ping(a.NetNSPath, b.IPv4, silentTimeout); err == nil {
		t.Error("an echo request passed a rule for another type")
	}
}

// ping sends an echo request by a socket that any user may open.
func ping(path string, to netip.Addr, timeout time.Duration) error {
	return inNamespace(path, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		tv := unix.NsecToTimeval(timeout.Nanoseconds())
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
			return err
		}
		echo := []byte{8, 0, 0, 0, 0, 1, 0, 1}
		if err := unix.Sendto(fd, echo, 0, &unix.SockaddrInet4{Addr: to.As4()}); err != nil {
			return err
		}
		_, _, err = unix.Recvfrom(fd, make([]byte, 64), 0)
		return err
	})
}

// A task that takes another's address is not heard with it.
func TestTaskSpoofedSource(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{MetadataPort: 51679})
	a, victim := attachTask(t, n, "a", 5, defaultGroup()), attachTask(t, n, "victim", 6, defaultGroup())
	l.serveTCP(t, l.host, at(n.Gateway(), 51679), "metadata")
	l.serveUDP(t, victim.NetNSPath, ":81", "victim")
	wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", a.IPv4)
	l.in(t, a.NetNSPath, func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		mine, _ := netlink.ParseAddr("172.31.0.5/20")
		stolen := &netlink.Addr{IPNet: toIPNet(victim.IPv4, 32)}
		return errors.Join(netlink.AddrAdd(eth0, stolen), netlink.AddrDel(eth0, mine))
	})
	wantNoAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80))
	wantAnswer(t, victim.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", victim.IPv4)
}

// What a task leaves behind is nothing: no chain, set, route or link; and its
// address serves the next one, whoever else keeps its namespace alive.
func TestTaskLeavesNothing(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	links, rules, routes := l.links(t), l.ruleset(t), l.routes(t)
	for round := range 3 {
		a := attachTask(t, n, "a", 5, defaultGroup())
		fd, err := unix.Open(a.NetNSPath, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		held := fmt.Sprintf("/proc/self/fd/%d", fd)
		b := attachTask(t, n, "b", 6, network.SecurityGroup{ID: "sg-b", Egress: allOut, Ingress: []network.SecurityRule{
			{Protocol: "tcp", FromPort: 80, ToPort: 80, Group: "sg-default"}}})
		l.serveTCP(t, b.NetNSPath, ":80", "b")
		wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80), "b", a.IPv4)
		if err := n.Detach(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		wantNoAnswer(t, held, "tcp", at(b.IPv4, 80))
		again := attachTask(t, n, "again", 5, defaultGroup())
		wantAnswer(t, again.NetNSPath, "tcp", at(b.IPv4, 80), "b", again.IPv4)
		for _, id := range []string{"again", "b"} {
			if err := n.Detach(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.Repair(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(fd)
		untilSame(t, fmt.Sprintf("round %d: links", round), links, l.links)
		if diff := cmp.Diff(rules, l.ruleset(t)); diff != "" {
			t.Errorf("ruleset (-before +after):\n%s", diff)
		}
		if got := l.sets(t); got != nil {
			t.Errorf("sets of groups: %v", got)
		}
		untilSame(t, "routes", routes, l.routes)
	}
}

func (l *lab) routes(t testing.TB) []string {
	t.Helper()
	var all []string
	l.in(t, l.host, func() error {
		routes, err := complete(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_V4) })
		for _, r := range routes {
			all = append(all, fmt.Sprint(r.Dst))
		}
		return err
	})
	return all
}

// sets returns the names of the groups' sets.
func (l *lab) sets(t testing.TB) []string {
	t.Helper()
	var names []string
	l.nft(t, func(conn *nftables.Conn) error {
		sets, err := conn.GetSets(&nftables.Table{Name: "roadstead-main", Family: nftables.TableFamilyIPv4})
		for _, s := range sets {
			if len(s.Name) > 6 && s.Name[:6] == "group_" {
				names = append(names, s.Name)
			}
		}
		return err
	})
	slices.Sort(names)
	return names
}

// After a kill, and after somebody flushed the firewall, everything is as it
// was.
func TestTaskSurvives(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a, b := attachTask(t, n, "a", 5, defaultGroup()), attachTask(t, n, "b", 6, defaultGroup())
	l.serveTCP(t, b.NetNSPath, ":80", "b")
	l.in(t, l.outside, func() error { return routeVia("172.31.0.0/16", hostAddr) })
	check := func() {
		t.Helper()
		wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80), "b", a.IPv4)
		wantNoAnswer(t, l.outside, "tcp", at(b.IPv4, 80))
	}
	check()
	rules := slices.Sorted(slices.Values(l.ruleset(t)))
	crash(n)
	l.in(t, l.host, func() error {
		_, prefix, _ := net.ParseCIDR("172.31.0.6/32")
		return netlink.RouteDel(&netlink.Route{Dst: prefix, Scope: netlink.SCOPE_LINK})
	})
	n = l.open(t, Options{})
	check()
	if diff := cmp.Diff(rules, slices.Sorted(slices.Values(l.ruleset(t)))); diff != "" {
		t.Errorf("ruleset (-before +after):\n%s", diff)
	}
	l.nft(t, func(conn *nftables.Conn) error {
		conn.FlushRuleset()
		return conn.Flush()
	})
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
	l.nft(t, func(conn *nftables.Conn) error {
		conn.FlushRuleset()
		return conn.Flush()
	})
	c := attachTask(t, n, "c", 7, defaultGroup())
	wantAnswer(t, c.NetNSPath, "tcp", at(b.IPv4, 80), "b", c.IPv4)
	if err := n.Detach(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	wantNoAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80))
}

// Many at once get what each asked for, and leave no chain.
func TestTasksConcurrent(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	rules := l.ruleset(t)
	const count = 60
	work := make(chan error, count)
	for i := range count {
		go func() {
			own := network.SecurityGroup{ID: fmt.Sprintf("sg-%d", i%7), Egress: allOut,
				Ingress: []network.SecurityRule{{Protocol: "tcp", FromPort: i % 5, ToPort: 80, Group: fmt.Sprintf("sg-%d", i%3)}}}
			id := fmt.Sprint(i)
			_, err := n.Attach(context.Background(), taskRequest(id, byte(10+i), own, defaultGroup()))
			if i%2 == 0 {
				err = errors.Join(err, n.Detach(context.Background(), id))
			}
			work <- err
		}()
	}
	for range count {
		if err := <-work; err != nil {
			t.Error(err)
		}
	}
	all, err := n.List(t.Context())
	if err != nil || len(all) != count/2 {
		t.Errorf("%d sandboxes, %v", len(all), err)
	}
	for _, a := range all {
		if err := n.Detach(t.Context(), a.ID); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(rules, l.ruleset(t)); diff != "" {
		t.Errorf("ruleset (-before +after):\n%s", diff)
	}
	if got := l.sets(t); got != nil {
		t.Errorf("sets of groups: %v", got)
	}
}

// Instances of one process know who is in a group on the others, and forget who
// has left.
func TestTasksOfNeighbours(t *testing.T) {
	l := newLab(t)
	var neighbours Neighbours
	one := l.open(t, Options{Name: "one", Neighbours: &neighbours})
	a := attachTask(t, one, "a", 5, defaultGroup())
	two := l.open(t, Options{Name: "two", Dir: filepath.Join(t.TempDir(), "two"), Neighbours: &neighbours})
	b := attachTask(t, two, "b", 6, defaultGroup())
	stranger := defaultGroup()
	stranger.ID = "sg-stranger"
	c := attachTask(t, two, "c", 7, stranger)
	for name, task := range map[string]network.Attachment{"a": a, "b": b} {
		l.serveTCP(t, task.NetNSPath, ":80", name)
	}
	wantAnswer(t, a.NetNSPath, "tcp", at(b.IPv4, 80), "b", a.IPv4)
	wantAnswer(t, b.NetNSPath, "tcp", at(a.IPv4, 80), "a", b.IPv4)
	wantNoAnswer(t, c.NetNSPath, "tcp", at(a.IPv4, 80))
	attachTask(t, two, "c", 7, defaultGroup())
	wantAnswer(t, c.NetNSPath, "tcp", at(a.IPv4, 80), "a", c.IPv4)
	attachTask(t, two, "c", 7, stranger)
	wantNoAnswer(t, c.NetNSPath, "tcp", at(a.IPv4, 80))
	// An address that moves to the other instance is that one's.
	if err := two.Detach(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if err := two.Repair(t.Context()); err != nil { // the server above keeps the namespace
		t.Fatal(err)
	}
	moved := attachTask(t, one, "moved", 6, stranger)
	wantNoAnswer(t, moved.NetNSPath, "tcp", at(a.IPv4, 80))
}

// BenchmarkAttachTask measures an awsvpc sandbox of the default group beside
// fifty others.
func BenchmarkAttachTask(b *testing.B) {
	n := newLab(b).open(b, Options{})
	for i := range 50 {
		attachTask(b, n, fmt.Sprintf("other-%d", i), byte(50+i), defaultGroup())
	}
	var detaching time.Duration
	i := 0
	for b.Loop() {
		id := fmt.Sprint(i)
		i++
		attachTask(b, n, id, byte(100+i%100), defaultGroup())
		b.StopTimer()
		start := time.Now()
		if err := n.Detach(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		detaching += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(detaching.Nanoseconds())/float64(i), "ns/detach")
}
