package linux

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// Destroy leaves nothing: no link, table, mount or file, and the sysctl as it
// was. Nor does the process keep a goroutine or a file.
func TestDestroyLeavesNothing(t *testing.T) {
	l := newLab(t)
	ignore := goleak.IgnoreCurrent()
	links, rules, files := l.links(t), l.ruleset(t), l.openFiles(t)
	l.in(t, l.host, func() error { return setSysctl("ipv4/ip_forward", "0") })
	n := l.open(t, Options{Prepared: 4})
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- n.Run(ctx) }()
	for i := range 8 {
		attach(t, n, fmt.Sprint(i), web, echo)
	}
	if _, err := n.Attach(t.Context(), network.Request{ID: "none", Mode: network.None}); err != nil {
		t.Fatal(err)
	}
	attachTask(t, n, "task", 5, defaultGroup())
	if err := n.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("run: %v", err)
	}
	cancel()
	// The kernel takes namespaces apart in its own time: a link whose peer was in
	// one may outlive it for a moment, on a busy machine a long one.
	untilSame(t, "links", links, l.links)
	if diff := cmp.Diff(rules, l.ruleset(t)); diff != "" {
		t.Errorf("ruleset (-before +after):\n%s", diff)
	}
	if _, err := os.Stat(l.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("directory: %v, want it gone", err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, l.dir) {
			t.Errorf("a mount remains: %s", line)
		}
	}
	l.in(t, l.host, func() error {
		if value, err := sysctl("ipv4/ip_forward"); err != nil || value != "0" {
			t.Errorf("ip_forward %s, %v; want 0 as before", value, err)
		}
		return nil
	})
	untilSame(t, "open files", files, l.openFiles)
	goleak.VerifyNone(t, ignore)
}

func (l *lab) links(t testing.TB) []string {
	t.Helper()
	var names []string
	l.in(t, l.host, func() error {
		links, err := complete(netlink.LinkList) // namespaces may be vanishing meanwhile
		for _, link := range links {
			names = append(names, link.Attrs().Name)
		}
		return err
	})
	return names
}

// openFiles lists what the process holds open of the kinds that a network
// opens: sockets, namespaces, and files of its directory. What the runtime and
// the test's own framework open for themselves is not among them.
func (l *lab) openFiles(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if err != nil {
			continue // it was the one that the directory was read by, or is closed already
		}
		if strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "net:") || strings.HasPrefix(target, l.dir) {
			files = append(files, e.Name()+" "+target)
		}
	}
	slices.Sort(files)
	return files
}

// vanishPatience is how long the kernel may take to finish what was asked for.
const vanishPatience = 20 * time.Second

// untilSame waits until what look sees is as it was before, and says what
// differs if that does not come about.
func untilSame(t testing.TB, what string, before []string, look func(testing.TB) []string) {
	t.Helper()
	deadline := time.After(vanishPatience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		diff := cmp.Diff(before, look(t))
		if diff == "" {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Errorf("%s after %v (-before +after):\n%s", what, vanishPatience, diff)
			return
		}
	}
}

// A published port is kept from other programs, also across a restart, and
// given back.
func TestPortsAreKept(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a", web, echo)
	bind := func() (tcp, udp error) {
		_ = inNamespace(l.host, func() error {
			listener, err := net.Listen("tcp4", fmt.Sprintf(":%d", a.Bindings[0].HostPort))
			if tcp = err; err == nil {
				_ = listener.Close()
			}
			conn, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", a.Bindings[1].HostPort))
			if udp = err; err == nil {
				_ = conn.Close()
			}
			return nil
		})
		return tcp, udp
	}
	for range 2 {
		if tcp, udp := bind(); !errors.Is(tcp, unix.EADDRINUSE) || !errors.Is(udp, unix.EADDRINUSE) {
			t.Errorf("bind published ports: %v and %v, want both in use", tcp, udp)
		}
		crash(n)
		n = l.open(t, Options{})
	}
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if tcp, udp := bind(); tcp != nil || udp != nil {
		t.Errorf("bind ports given back: %v and %v", tcp, udp)
	}
}

// While the agent is away another program takes a published port: the mapping
// stays in force and somebody hears of it.
func TestPortLostWhileAway(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a", web)
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	crash(n)
	l.serveTCP(t, l.host, fmt.Sprintf(":%d", a.Bindings[0].HostPort), "thief")
	var events []Event
	n = l.open(t, Options{Observe: func(e Event) { events = append(events, e) }})
	if len(events) != 1 || !errors.Is(events[0].Err, network.ErrPortInUse) {
		t.Errorf("observed %v, want the port", events)
	}
	wantAnswer(t, l.outside, "tcp", at(hostAddr, a.Bindings[0].HostPort), "a", outsideAddr)
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
}

// A port whose listener has just ended may be asked for by number.
func TestPortPastTimeWait(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	var listener net.Listener
	l.in(t, l.host, func() (err error) {
		listener, err = net.Listen("tcp4", ":8080")
		return err
	})
	accepted := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_ = conn.Close() // first, so that this end lingers
		}
		close(accepted)
	}()
	if _, _, err := ask(l.outside, "tcp", at(hostAddr, 8080)); err == nil {
		t.Error("expected the end of the connection")
	}
	<-accepted
	_ = listener.Close()
	a := attach(t, n, "a", network.PortRequest{ContainerPort: 80, HostPort: 8080})
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	wantAnswer(t, l.outside, "tcp", at(hostAddr, 8080), "a", outsideAddr)
	err := inNamespace(l.host, func() error {
		listener, err := net.Listen("tcp4", ":8080")
		if err == nil {
			_ = listener.Close()
		}
		return err
	})
	if !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("listen on the published port: %v, want in use", err)
	}
}

// A process that lives on in a namespace neither speaks nor keeps its address
// from being used again.
func TestNamespaceHeldByProcess(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{Subnet: netip.MustParsePrefix("10.9.8.0/29")}) // five addresses
	var held []string
	for i := range 7 {
		id := fmt.Sprint(i)
		a := attach(t, n, id)
		fd, err := unix.Open(a.NetNSPath, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		held = append(held, fmt.Sprintf("/proc/self/fd/%d", fd))
		if err := n.Detach(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	l.serveTCP(t, l.outside, ":8000", "world")
	wantNoAnswer(t, held[len(held)-1], "tcp", at(outsideAddr, 8000))
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	if members, err := n.members(); err != nil || len(members) != 0 {
		t.Errorf("members of the bridge after Repair: %v, %v", members, err)
	}
}

// Open takes over a bridge that lost its members and a sandbox that lost its
// namespace is forgotten.
func TestOpenRepairs(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a, lost := attach(t, n, "a", web), attach(t, n, "lost", web)
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	crash(n)
	if err := unix.Unmount(lost.NetNSPath, unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	// What a kill leaves of a sandbox that was being made.
	for _, name := range []string{"netns/10.120.0.9", "sandboxes/b.json.next"} {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l.in(t, l.host, func() error {
		link, err := netlink.LinkByName("rs-main")
		if err == nil {
			err = netlink.LinkDel(link)
		}
		return err
	})
	n = l.open(t, Options{})
	all, err := n.List(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "a" {
		t.Errorf("list: %v, %v; want a", all, err)
	}
	wantAnswer(t, l.outside, "tcp", at(hostAddr, a.Bindings[0].HostPort), "a", outsideAddr)
	attach(t, n, "lost", web)
}

// One process at a time has an instance.
func TestLocked(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	if _, err := Open(Options{Dir: l.dir, HostNS: l.host}); !errors.Is(err, ErrLocked) {
		t.Errorf("second open: %v, want ErrLocked", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.List(t.Context()); !errors.Is(err, network.ErrClosed) {
		t.Errorf("list after close: %v, want ErrClosed", err)
	}
	l.open(t, Options{})
}

const killedChild = "ROADSTEAD_TEST_KILLED"

// A process is killed again and again while it attaches and detaches. What it
// told of is there and works; everything else can be detached.
func TestKilled(t *testing.T) {
	if where := os.Getenv(killedChild); where != "" {
		attachForever(t, where)
		return
	}
	l := newLab(t)
	var fd int
	if _, err := fmt.Sscanf(l.host, "/proc/self/fd/%d", &fd); err != nil {
		t.Fatal(err)
	}
	for round := range 6 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=/proc/%d/fd/%d %s", killedChild, os.Getpid(), fd, l.dir))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		attached := make(map[string]string)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			what, id, _ := strings.Cut(lines.Text(), " ")
			id, ports, _ := strings.Cut(id, " ")
			if what == "+" {
				attached[id] = ports
			} else {
				delete(attached, id) // it is being detached
			}
			if len(attached) == 5+round {
				break
			}
		}
		// Each round a little further into whatever it is doing now.
		for range round * 20 {
			if _, err := os.Stat(l.dir); err != nil {
				t.Error(err)
			}
		}
		_ = child.Process.Kill()
		_ = child.Wait()

		n := l.open(t, Options{})
		wantSurvivors(t, l, n, attached)
		crash(n)
	}
}

func wantSurvivors(t *testing.T, l *lab, n *Network, attached map[string]string) {
	t.Helper()
	all, err := n.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]network.Attachment)
	for _, a := range all {
		found[a.ID] = a
		if ports, ok := attached[a.ID]; ok && ports == fmt.Sprint(a.Bindings[0].HostPort) {
			l.serveTCP(t, a.NetNSPath, ":80", a.ID)
			wantAnswer(t, l.outside, "tcp", at(hostAddr, a.Bindings[0].HostPort), a.ID, outsideAddr)
		}
	}
	missing := 0
	for id := range attached {
		if _, ok := found[id]; !ok {
			missing++ // at most the one that was being detached unheard
		}
	}
	if missing > 1 {
		t.Errorf("%d of %v are gone, found %v", missing, attached, found)
	}
	for id := range found {
		if err := n.Detach(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	namespaces, err := os.ReadDir(filepath.Join(l.dir, netnsDir))
	if err != nil || len(namespaces) != 0 {
		t.Errorf("namespaces after detaching all: %v, %v", namespaces, err)
	}
	if sets := l.sets(t); sets != nil {
		t.Errorf("sets of groups after detaching all: %v", sets)
	}
}

// attachForever tells of every sandbox after it is attached and before it is
// detached.
func attachForever(t *testing.T, where string) {
	hostNS, dir, _ := strings.Cut(where, " ")
	n, err := Open(Options{HostNS: hostNS, Dir: dir, Prepared: 2})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = n.Run(context.Background()) }()
	for i := 0; ; i++ {
		id := fmt.Sprintf("s%d", i)
		a := attach(t, n, id, web, echo)
		fmt.Printf("+ %s %d\n", id, a.Bindings[0].HostPort)
		attachTask(t, n, fmt.Sprintf("t%d", i), byte(10+i%5), defaultGroup())
		if err := n.Detach(context.Background(), fmt.Sprintf("t%d", max(0, i-2))); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			id := fmt.Sprintf("s%d", i-1)
			fmt.Printf("- %s\n", id)
			if err := n.Detach(context.Background(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}
