// Package networktest is the contract of network.Network: one suite of tests
// that every implementation passes, so that what the agent learns against the
// fake holds on Linux.
//
// It decides nothing and looks at a Network through its interface alone.
package networktest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/roadstead/roadstead/agent/network"
)

// Host is one host of an implementation, with nothing on it yet.
type Host interface {
	// Open opens the host's one instance, again after Crash. The test's end
	// destroys what is left.
	Open(t testing.TB) network.Network
	// Crash ends the process that holds the instance, without any warning.
	Crash(t testing.TB)
	// Occupy makes another program of the host use a port until the test ends.
	Occupy(t testing.TB, protocol network.Protocol, port uint16)
}

// Run runs the contract. newHost makes a host for each of its tests.
func Run(t *testing.T, newHost func(t testing.TB) Host) {
	for name, test := range map[string]func(*testing.T, Host){
		"Attach":       testAttach,
		"Idempotent":   testIdempotent,
		"None":         testNone,
		"AWSVPC":       testAWSVPC,
		"Invalid":      testInvalid,
		"PortInUse":    testPortInUse,
		"DynamicPorts": testDynamicPorts,
		"PortRanges":   testPortRanges,
		"Detach":       testDetach,
		"Crash":        testCrash,
		"Concurrent":   testConcurrent,
		"Cancelled":    testCancelled,
		"Destroy":      testDestroy,
	} {
		t.Run(name, func(t *testing.T) { test(t, newHost(t)) })
	}
}

func bridge(id string, ports ...network.PortRequest) network.Request {
	return network.Request{ID: id, Mode: network.Bridge, Ports: ports}
}

func attach(t *testing.T, n network.Network, request network.Request) network.Attachment {
	t.Helper()
	a, err := n.Attach(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func list(t *testing.T, n network.Network) []network.Attachment {
	t.Helper()
	all, err := n.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func testAttach(t *testing.T, host Host) {
	n := host.Open(t)
	wantEqual(t, "new instance", len(list(t, n)), 0)
	a := attach(t, n, bridge("task-1.web",
		network.PortRequest{ContainerPort: 80, HostPort: 8080},
		network.PortRequest{ContainerPort: 53, HostPort: 5353, Protocol: network.UDP},
		network.PortRequest{ContainerPort: 53}))
	if a.NetNSPath == "" || !a.IPv4.Is4() || !a.Gateway.Is4() || a.IPv4 == a.Gateway {
		t.Errorf("attachment %+v", a)
	}
	dynamic := a.Bindings[2].HostPort
	everywhere := netip.IPv4Unspecified()
	wantEqual(t, "attachment", a, network.Attachment{
		ID: "task-1.web", Mode: network.Bridge, NetNSPath: a.NetNSPath, IPv4: a.IPv4, Gateway: a.Gateway,
		Bindings: []network.Binding{
			{BindIP: everywhere, ContainerPort: 80, HostPort: 8080, Protocol: network.TCP},
			{BindIP: everywhere, ContainerPort: 53, HostPort: 5353, Protocol: network.UDP},
			{BindIP: everywhere, ContainerPort: 53, HostPort: dynamic, Protocol: network.TCP},
		}})
	b := attach(t, n, bridge("task-0.web"))
	if b.IPv4 == a.IPv4 || b.NetNSPath == a.NetNSPath || b.Gateway != a.Gateway {
		t.Errorf("attachments %+v and %+v", a, b)
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{b, a})
}

func testIdempotent(t *testing.T, host Host) {
	n := host.Open(t)
	request := bridge("a", network.PortRequest{ContainerPort: 80})
	first := attach(t, n, request)
	wantEqual(t, "second attach", attach(t, n, request), first)
	request.Ports[0].Protocol = network.TCP // what "" means
	wantEqual(t, "third attach", attach(t, n, request), first)
	for _, other := range []network.Request{bridge("a"), {ID: "a", Mode: network.None},
		bridge("a", network.PortRequest{ContainerPort: 81})} {
		if _, err := n.Attach(t.Context(), other); !errors.Is(err, network.ErrMismatch) {
			t.Errorf("attach %+v: %v, want ErrMismatch", other, err)
		}
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{first})
}

func testNone(t *testing.T, host Host) {
	n := host.Open(t)
	a := attach(t, n, network.Request{ID: "a", Mode: network.None})
	b := attach(t, n, network.Request{ID: "b", Mode: network.None})
	wantEqual(t, "attachment", a, network.Attachment{ID: "a", Mode: network.None, NetNSPath: a.NetNSPath})
	if a.NetNSPath == "" || a.NetNSPath == b.NetNSPath {
		t.Errorf("namespaces %q and %q", a.NetNSPath, b.NetNSPath)
	}
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{b})
}

func testInvalid(t *testing.T, host Host) {
	n := host.Open(t)
	long := make([]byte, network.MaxIDLength+1)
	for i := range long {
		long[i] = 'a'
	}
	web := network.PortRequest{ContainerPort: 80}
	for _, request := range []network.Request{
		bridge(""), bridge("../a"), bridge(".a"), bridge("a/b"), bridge("a b"), bridge(string(long)),
		{ID: "a"}, {ID: "a", Mode: "awsvpc"}, {ID: "a", Mode: network.Bridge, Interface: awsvpc("a", 5).Interface}, {ID: "a", Mode: network.None, Ports: []network.PortRequest{web}},
		bridge("a", network.PortRequest{HostPort: 80}),
		bridge("a", network.PortRequest{ContainerPort: 80, Protocol: "sctp"}),
		bridge("a", slices.Repeat([]network.PortRequest{web}, network.MaxPorts+1)...),
	} {
		if _, err := n.Attach(t.Context(), request); !errors.Is(err, network.ErrInvalid) {
			t.Errorf("attach %+v: %v, want ErrInvalid", request, err)
		}
	}
	attach(t, n, bridge(string(long[1:]), slices.Repeat([]network.PortRequest{web}, network.MaxPorts)...))
}

func testPortInUse(t *testing.T, host Host) {
	n := host.Open(t)
	host.Occupy(t, network.TCP, 9001)
	host.Occupy(t, network.UDP, 9002)
	web := network.PortRequest{ContainerPort: 80, HostPort: 8080}
	attach(t, n, bridge("a", web))
	refused := func(want network.PortError, ports ...network.PortRequest) {
		t.Helper()
		_, err := n.Attach(t.Context(), bridge("b", ports...))
		got := new(network.PortError)
		if !errors.Is(err, network.ErrPortInUse) || !errors.As(err, &got) || *got != want {
			t.Errorf("attach %+v: %v, want %+v", ports, err, want)
		}
	}
	spare := network.PortRequest{ContainerPort: 80, HostPort: 8081}
	refused(network.PortError{Port: 8080, Protocol: network.TCP}, spare, web)
	refused(network.PortError{Port: 8081, Protocol: network.TCP}, spare, spare)
	refused(network.PortError{Port: 9001, Protocol: network.TCP}, spare, network.PortRequest{ContainerPort: 80, HostPort: 9001})
	refused(network.PortError{Port: 9002, Protocol: network.UDP}, spare, network.PortRequest{ContainerPort: 80, HostPort: 9002, Protocol: network.UDP})
	wantEqual(t, "sandboxes", len(list(t, n)), 1)
	// Nothing of the refused ones remains, and TCP and UDP are apart.
	attach(t, n, bridge("b", spare, network.PortRequest{ContainerPort: 80, HostPort: 8080, Protocol: network.UDP},
		network.PortRequest{ContainerPort: 80, HostPort: 9002}))
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	attach(t, n, bridge("c", web))
}

func testDynamicPorts(t *testing.T, host Host) {
	n := host.Open(t)
	first := attach(t, n, bridge("a", network.PortRequest{ContainerPort: 80})).Bindings[0].HostPort
	if first < 32768 || first > 60999 {
		t.Errorf("dynamic port %d", first)
	}
	// A port that another program has, or a sandbox by number, is passed over.
	host.Occupy(t, network.TCP, first+1)
	attach(t, n, bridge("b", network.PortRequest{ContainerPort: 80, HostPort: first + 2}))
	var got []uint16
	for _, b := range attach(t, n, bridge("c", slices.Repeat([]network.PortRequest{{ContainerPort: 80}}, 3)...)).Bindings {
		got = append(got, b.HostPort)
	}
	wantEqual(t, "ports", got, []uint16{first + 3, first + 4, first + 5})
}

func testPortRanges(t *testing.T, host Host) {
	n := host.Open(t)
	before := attach(t, n, bridge("before", network.PortRequest{ContainerPort: 80})).Bindings[0].HostPort
	host.Occupy(t, network.TCP, before+3) // in the middle of where the range would be
	a := attach(t, n, bridge("a", network.PortRequest{ContainerPort: 9000, Length: 4}, network.PortRequest{ContainerPort: 80})).Bindings
	first := a[0].HostPort
	if len(a) != 5 || first <= before || first <= before+3 && before+3 < first+4 {
		t.Fatalf("a range beside %d, without %d: %+v", before, before+3, a)
	}
	for i := range uint16(4) {
		if b := a[i]; b.HostPort != first+i || b.ContainerPort != 9000+i || b.Protocol != network.TCP {
			t.Errorf("port %d of the range: %+v", i, b)
		}
	}
	wantEqual(t, "sandboxes", list(t, n), []network.Attachment{attach(t, n, bridge("a", network.PortRequest{ContainerPort: 9000, Length: 4}, network.PortRequest{ContainerPort: 80})), attach(t, n, bridge("before", network.PortRequest{ContainerPort: 80}))})
	if _, err := n.Attach(t.Context(), bridge("b", network.PortRequest{ContainerPort: 80, HostPort: first - 1, Length: 3})); !errors.Is(err, network.ErrPortInUse) {
		t.Errorf("a fixed range over another: %v", err)
	}
	if _, err := n.Attach(t.Context(), bridge("b", network.PortRequest{ContainerPort: 65530, Length: 7})); !errors.Is(err, network.ErrInvalid) {
		t.Errorf("a range beyond the last port: %v", err)
	}
	if _, err := n.Attach(t.Context(), bridge("b", network.PortRequest{ContainerPort: 1, Length: network.MaxPublished + 1})); !errors.Is(err, network.ErrInvalid) {
		t.Errorf("too many ports: %v", err)
	}
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	attach(t, n, bridge("b", network.PortRequest{ContainerPort: 80, HostPort: first, Length: 4}))
}

func testDetach(t *testing.T, host Host) {
	n := host.Open(t)
	a := attach(t, n, bridge("a", network.PortRequest{ContainerPort: 80}))
	b := attach(t, n, bridge("b"))
	for range 2 {
		if err := n.Detach(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Detach(t.Context(), "never attached"); err != nil {
		t.Errorf("detach of an unknown id: %v", err)
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{b})
	again := attach(t, n, bridge("a"))
	if again.IPv4 == a.IPv4 {
		t.Errorf("address %v was handed out again at once", a.IPv4)
	}
}

// What exists survives, and what is in use is not handed out again.
func testCrash(t *testing.T, host Host) {
	n := host.Open(t)
	port := network.PortRequest{ContainerPort: 80}
	fixed := network.PortRequest{ContainerPort: 81, HostPort: 8081}
	requests := []network.Request{bridge("a", port, fixed), bridge("b", port), {ID: "c", Mode: network.None}, awsvpc("c.task", 5)}
	var before []network.Attachment
	for _, request := range requests {
		before = append(before, attach(t, n, request))
	}
	gone := attach(t, n, bridge("gone"))
	if err := n.Detach(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	host.Crash(t)
	n = host.Open(t)
	wantEqual(t, "list", list(t, n), before)
	for i, request := range requests {
		wantEqual(t, "attach again", attach(t, n, request), before[i])
	}
	if _, err := n.Attach(t.Context(), bridge("d", fixed)); !errors.Is(err, network.ErrPortInUse) {
		t.Errorf("port of a sandbox from before: %v, want ErrPortInUse", err)
	}
	d := attach(t, n, bridge("d", port))
	for _, other := range append(before[:2:2], gone) {
		if other.IPv4 == d.IPv4 {
			t.Errorf("address %v of %q was handed out again", d.IPv4, other.ID)
		}
	}
	for _, b := range append(before[0].Bindings, before[1].Bindings...) {
		if b.HostPort == d.Bindings[0].HostPort {
			t.Errorf("port %d was handed out again", b.HostPort)
		}
	}
	for _, a := range before {
		if err := n.Detach(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	host.Crash(t)
	wantEqual(t, "list", list(t, host.Open(t)), []network.Attachment{d})
}

func testConcurrent(t *testing.T, host Host) {
	const sandboxes = 200
	n := host.Open(t)
	got := make([]network.Attachment, sandboxes)
	each(sandboxes, func(i int) {
		var err error
		// Half of them twice at the same time.
		if got[i], err = n.Attach(t.Context(), bridge(fmt.Sprintf("s%03d", i), network.PortRequest{ContainerPort: 80},
			network.PortRequest{ContainerPort: 81})); err != nil {
			t.Error(err)
		}
		if i%2 == 0 {
			_, _ = n.Attach(t.Context(), bridge(fmt.Sprintf("s%03d", i+1), network.PortRequest{ContainerPort: 80}, network.PortRequest{ContainerPort: 81}))
		}
	})
	wantEqual(t, "list", list(t, n), got)
	addresses, ports := make(map[netip.Addr]string), make(map[uint16]string)
	for _, a := range got {
		if other, taken := addresses[a.IPv4]; taken {
			t.Errorf("%s and %s have %v", a.ID, other, a.IPv4)
		}
		addresses[a.IPv4] = a.ID
		for _, b := range a.Bindings {
			if other, taken := ports[b.HostPort]; taken {
				t.Errorf("%s and %s have port %d", a.ID, other, b.HostPort)
			}
			ports[b.HostPort] = a.ID
		}
	}
	each(sandboxes, func(i int) {
		if err := n.Detach(t.Context(), got[i].ID); err != nil {
			t.Error(err)
		}
	})
	wantEqual(t, "list", len(list(t, n)), 0)
}

func each(count int, f func(int)) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

func testCancelled(t *testing.T, host Host) {
	n := host.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Attach(ctx, bridge("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("attach: %v, want Canceled", err)
	}
	if err := n.Detach(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("detach: %v, want Canceled", err)
	}
	wantEqual(t, "list", len(list(t, n)), 0)
}

func testDestroy(t *testing.T, host Host) {
	n := host.Open(t)
	port := network.PortRequest{ContainerPort: 80, HostPort: 8080}
	attach(t, n, bridge("a", port))
	attach(t, n, network.Request{ID: "b", Mode: network.None})
	attach(t, n, awsvpc("c", 5))
	if err := n.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Attach(t.Context(), bridge("a")); !errors.Is(err, network.ErrClosed) {
		t.Errorf("attach: %v, want ErrClosed", err)
	}
	if _, err := n.List(t.Context()); !errors.Is(err, network.ErrClosed) {
		t.Errorf("list: %v, want ErrClosed", err)
	}
	if err := n.Detach(t.Context(), "a"); !errors.Is(err, network.ErrClosed) {
		t.Errorf("detach: %v, want ErrClosed", err)
	}
	if err := n.Destroy(t.Context()); err != nil {
		t.Errorf("second destroy: %v", err)
	}
	n = host.Open(t)
	wantEqual(t, "list", len(list(t, n)), 0)
	attach(t, n, bridge("a", port))
	attach(t, n, awsvpc("c", 5))
}
