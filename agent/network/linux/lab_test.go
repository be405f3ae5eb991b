package linux

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// lab is a host of the test's own, a network namespace, and a second one
// outside, joined by a veth pair. The machine's own network is not touched.
type lab struct {
	host, outside string // namespace files
	dir           string
}

var (
	hostAddr    = netip.MustParseAddr("198.51.100.1")
	outsideAddr = netip.MustParseAddr("198.51.100.2")
)

func newLab(t testing.TB) *lab {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces, bridges and firewall tables")
	}
	l := &lab{host: newNamespace(t), outside: newNamespace(t), dir: filepath.Join(t.TempDir(), "instance")}
	outside, err := netns.GetFromPath(l.outside)
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	l.in(t, l.host, func() error {
		err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "uplink", TxQLen: -1}, PeerName: "uplink", PeerNamespace: netlink.NsFd(outside)})
		return errors.Join(err, setUp("lo", netip.Addr{}), setUp("uplink", hostAddr),
			netlink.RouteAdd(&netlink.Route{Gw: outsideAddr.AsSlice()}))
	})
	l.in(t, l.outside, func() error {
		return errors.Join(setUp("lo", netip.Addr{}), setUp("uplink", outsideAddr))
	})
	return l
}

// newNamespace makes a network namespace that lives as long as the test.
func newNamespace(t testing.TB) string {
	t.Helper()
	var fd int
	err := onOwnThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			fd, err = unix.Open(threadNS, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fmt.Sprintf("/proc/self/fd/%d", fd)
}

func setUp(name string, addr netip.Addr) error {
	link, err := netlink.LinkByName(name)
	if err == nil && addr.IsValid() {
		err = netlink.AddrAdd(link, &netlink.Addr{IPNet: toIPNet(addr, 24)})
	}
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	return err
}

// in runs f on a thread in a namespace.
func (l *lab) in(t testing.TB, path string, f func() error) {
	t.Helper()
	if err := inNamespace(path, f); err != nil {
		t.Fatal(err)
	}
}

func inNamespace(path string, f func() error) error {
	return onOwnThread(func() error {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// open opens the instance on the lab's host and destroys it with the test.
func (l *lab) open(t testing.TB, options Options) *Network {
	t.Helper()
	options.HostNS = l.host
	if options.Dir == "" {
		options.Dir = l.dir
	}
	if options.Observe == nil {
		options.Observe = func(e Event) { t.Errorf("observed %s: %v", e.Operation, e.Err) }
	}
	n, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Destroy(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n
}

func attach(t testing.TB, n network.Network, id string, ports ...network.PortRequest) network.Attachment {
	t.Helper()
	a, err := n.Attach(t.Context(), network.Request{ID: id, Mode: network.Bridge, Ports: ports})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// serveTCP answers every connection in a namespace with the name and the
// address that it came from.
func (l *lab) serveTCP(t testing.TB, path, address, name string) {
	t.Helper()
	var listener net.Listener
	l.in(t, path, func() (err error) {
		listener, err = net.Listen("tcp4", address)
		return err
	})
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprintf(conn, "%s %s\n", name, conn.RemoteAddr().(*net.TCPAddr).IP)
			_ = conn.Close()
		}
	}()
}

// serveUDP answers every datagram likewise.
func (l *lab) serveUDP(t testing.TB, path, address, name string) {
	t.Helper()
	var conn net.PacketConn
	l.in(t, path, func() (err error) {
		conn, err = net.ListenPacket("udp4", address)
		return err
	})
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 64)
		for {
			_, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(fmt.Appendf(nil, "%s %s\n", name, from.(*net.UDPAddr).IP), from)
		}
	}()
}

// The longest that a good answer may take, and how long to wait to be sure that
// there is none: on one machine a good one takes well under a millisecond.
const (
	dialTimeout   = 5 * time.Second
	silentTimeout = 300 * time.Millisecond
)

// ask connects from a namespace and returns the answer's name and address.
func ask(path, protocol, address string) (name, from string, err error) {
	return askWithin(dialTimeout, path, protocol, address)
}

func askWithin(timeout time.Duration, path, protocol, address string) (name, from string, err error) {
	var conn net.Conn
	err = inNamespace(path, func() (err error) {
		conn, err = net.DialTimeout(protocol+"4", address, timeout)
		return err
	})
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", "", err
	}
	if protocol == "udp" {
		if _, err := conn.Write([]byte("?")); err != nil {
			return "", "", err
		}
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", "", err
	}
	_, err = fmt.Sscan(line, &name, &from)
	return name, from, err
}

func wantAnswer(t *testing.T, path, protocol, address, name string, from netip.Addr) {
	t.Helper()
	gotName, gotFrom, err := ask(path, protocol, address)
	if err != nil || gotName != name || gotFrom != from.String() {
		t.Errorf("%s %s answered %q to %q, %v; want %q to %q", protocol, address, gotName, gotFrom, err, name, from)
	}
}

func wantNoAnswer(t *testing.T, path, protocol, address string) {
	t.Helper()
	if name, _, err := askWithin(silentTimeout, path, protocol, address); err == nil {
		t.Errorf("%s %s answered %q, want nobody to", protocol, address, name)
	}
}

func at(addr netip.Addr, port uint16) string { return netip.AddrPortFrom(addr, port).String() }
