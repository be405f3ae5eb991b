package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// slot is one network namespace, with an address and a veth pair unless it is
// for mode none. A slot belongs to a sandbox, or is prepared for one.
type slot struct {
	path string     // the file that the namespace is mounted on
	addr netip.Addr // invalid for mode none
}

// build makes the slot's namespace. After an error nothing of it remains,
// except that the kernel may remove links a moment later.
func (s slot) build(host *hostNS, b bridge) error {
	err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make network namespace: %w", err)
		}
		if err := mountNamespace(s.path); err != nil {
			return err
		}
		return s.configure(host, b)
	})
	if err != nil {
		return errors.Join(fmt.Errorf("build sandbox network %s: %w", s.path, err), s.remove())
	}
	return nil
}

// configure runs on a thread inside the new namespace.
func (s slot) configure(host *hostNS, b bridge) error {
	inside, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer inside.Close()
	if err := sandboxSysctls(); err != nil {
		return err
	}
	lo, err := inside.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if err := inside.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	if !s.addr.IsValid() {
		return nil
	}
	return s.connect(host, inside, b)
}

// connect makes the veth pair.
func (s slot) connect(host *hostNS, inside *netlink.Handle, b bridge) error {
	here, err := unix.Open(threadNS, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	defer unix.Close(here)
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: b.vethOf(s.addr), MasterIndex: b.index, MTU: b.mtu, TxQLen: -1},
		PeerName:         "eth0",
		PeerHardwareAddr: macOf(s.addr),
		PeerNamespace:    netlink.NsFd(here),
		PeerTxQLen:       -1,
	}
	if err := host.route.LinkAdd(veth); err != nil {
		return fmt.Errorf("make veth %s: %w", veth.Name, err)
	}
	eth0, err := inside.LinkByName("eth0")
	if err != nil {
		return fmt.Errorf("find eth0: %w", err)
	}
	addr := &netlink.Addr{IPNet: toIPNet(s.addr, b.subnet.Bits())}
	if err := inside.AddrAdd(eth0, addr); err != nil {
		return fmt.Errorf("add address %v: %w", addr.IPNet, err)
	}
	if err := inside.LinkSetUp(eth0); err != nil {
		return fmt.Errorf("set eth0 up: %w", err)
	}
	route := &netlink.Route{LinkIndex: eth0.Attrs().Index, Gw: b.gateway().AsSlice()}
	if err := inside.RouteAdd(route); err != nil {
		return fmt.Errorf("add default route: %w", err)
	}
	if err := host.join(veth); err != nil {
		return err
	}
	return errors.Join(awaitUp(inside, eth0.Attrs().Index), awaitUp(host.route, veth.Index), awaitUp(host.route, b.index))
}

// awaitUp waits until the kernel passes packets through a link that was set
// up. It does so a moment after, in the background; the first packet of a
// sandbox would be lost and come again only after a second. Asking for the link
// makes newer kernels (6.8) do it at once.
func awaitUp(handle *netlink.Handle, index int) error {
	const (
		tries = 1000
		pause = time.Millisecond
	)
	for range tries {
		now, err := handle.LinkByIndex(index)
		if err != nil {
			return fmt.Errorf("await link %d: %w", index, err)
		}
		if state := now.Attrs().OperState; state == netlink.OperUp || state == netlink.OperUnknown {
			return nil
		}
		time.Sleep(pause)
	}
	return fmt.Errorf("await link %d: %w", index, errNotUp)
}

var errNotUp = errors.New("the kernel has not set it up within a second")

// join sets up the host's end of a veth, a member of the bridge already. Where
// netfilter sees bridged packets, one that a sandbox sends to a port that it
// publishes itself comes back on the interface that it came from: hairpin.
func (h *hostNS) join(veth netlink.Link) error {
	_ = h.route.LinkSetIP6AddrGenMode(veth, addrGenNone) // as for the bridge
	if err := h.route.LinkSetHairpin(veth, true); err != nil {
		return fmt.Errorf("set hairpin of %s: %w", veth.Attrs().Name, err)
	}
	if err := h.route.LinkSetUp(veth); err != nil {
		return fmt.Errorf("set %s up: %w", veth.Attrs().Name, err)
	}
	return nil
}

// sandboxSysctls gives a namespace what containers expect: any user may bind
// ports below 1024 and ping; interfaces have no IPv6, which the instance does
// not carry (a kernel without IPv6 has no such setting); and a redirect of the
// host, which sees that two sandboxes could talk directly, does not lead past
// the port map. It comes before eth0, which inherits the defaults.
func sandboxSysctls() error {
	for _, s := range []struct{ name, value string }{
		{"ipv4/ip_unprivileged_port_start", "0"},
		{"ipv4/ping_group_range", "0 2147483647"},
		{"ipv4/conf/all/accept_redirects", "0"},
		{"ipv4/conf/default/accept_redirects", "0"},
		{"ipv6/conf/default/disable_ipv6", "1"},
	} {
		err := setSysctl(s.name, s.value)
		if err != nil && !(strings.HasPrefix(s.name, "ipv6/") && errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return nil
}

// mountNamespace keeps the calling thread's namespace alive at path.
func mountNamespace(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDONLY, 0o444)
	if err != nil {
		return fmt.Errorf("make namespace file: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make namespace file: %w", err)
	}
	if err := unix.Mount(threadNS, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount network namespace on %s: %w", path, err)
	}
	return nil
}

// mounted says whether a namespace is mounted at the slot's path.
func (s slot) mounted() bool {
	var stat unix.Statfs_t
	return unix.Statfs(s.path, &stat) == nil && stat.Type == unix.NSFS_MAGIC
}

// remove unmounts the namespace. The kernel then takes it apart, with both ends
// of its veth, as soon as no process is left in it: in the background and many
// at once, where removing the link itself would hold the kernel's one link
// lock for 20 to 50 ms.
func (s slot) remove() error {
	err := unix.Unmount(s.path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", s.path, err)
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove namespace file: %w", err)
	}
	return nil
}
