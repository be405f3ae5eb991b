package linux

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	// maxBuilding is how many namespaces are made at once. The kernel makes
	// most of one under a global lock, so more would only wait.
	maxBuilding = 4
	// repairInterval is how soon Run notices that somebody has flushed the
	// host's firewall or started another one.
	repairInterval = 30 * time.Second
)

// Run keeps Options.Prepared namespaces ready, and every half minute repairs
// what others may have broken, until ctx ends or the Network is closed. Without
// it everything works, slower. What is ready then is removed.
func (n *Network) Run(ctx context.Context) error {
	ticker := time.NewTicker(repairInterval)
	defer ticker.Stop()
	defer n.drain()
	for {
		n.fill(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.done:
			return nil
		case <-n.taken:
		case <-ticker.C:
			n.observe("repair", n.Repair(ctx))
		}
	}
}

// fill makes namespaces until enough are ready. A failure is observed and
// tried again with the next one taken, or the next repair.
func (n *Network) fill(ctx context.Context) {
	for len(n.ready) < cap(n.ready) {
		leave, err := n.enter(ctx)
		if err != nil {
			return
		}
		s, err := n.makeSlot(ctx, network.Bridge)
		if err == nil {
			n.ready <- s // has room: nobody else puts any in
		}
		leave()
		if err != nil {
			n.observe("prepare namespace", err)
			return
		}
	}
}

// drain removes what is ready, unless Close or Destroy came first.
func (n *Network) drain() {
	leave, err := n.enter(context.Background())
	if err != nil {
		return
	}
	defer leave()
	for {
		select {
		case s := <-n.ready:
			n.observe("remove prepared namespace", n.discard(s))
		default:
			return
		}
	}
}

// takeSlot returns a prepared namespace if there is one, or makes one.
func (n *Network) takeSlot(ctx context.Context, mode network.Mode) (slot, error) {
	if mode == network.Bridge {
		select {
		case s := <-n.ready:
			select {
			case n.taken <- struct{}{}:
			default: // Run knows already
			}
			return s, nil
		default:
		}
	}
	return n.makeSlot(ctx, mode)
}

func (n *Network) makeSlot(ctx context.Context, mode network.Mode) (slot, error) {
	select {
	case n.building <- struct{}{}:
		defer func() { <-n.building }()
	case <-ctx.Done():
		return slot{}, ctx.Err()
	}
	if mode == network.None {
		n.mu.Lock()
		n.bare++
		s := slot{path: n.state.netns(fmt.Sprintf("%s%d", barePrefix, n.bare))}
		n.mu.Unlock()
		return s, s.build(n.host, n.bridge)
	}
	return n.makeConnected()
}

// barePrefix begins the file name of a namespace without an address.
const barePrefix = "none-"

// makeConnected makes a namespace with the next address. If the kernel still
// has the link that last had the address, because a process lives on in its
// namespace, that link goes first.
func (n *Network) makeConnected() (slot, error) {
	n.mu.Lock()
	addr, ok := n.addresses.Take()
	n.mu.Unlock()
	if !ok {
		return slot{}, network.ErrNoAddress
	}
	s := slot{path: n.state.netns(addr.String()), addr: addr}
	err := s.build(n.host, n.bridge)
	if errors.Is(err, unix.EEXIST) {
		if err = n.host.removeLink(n.bridge.vethOf(addr)); err == nil {
			err = s.build(n.host, n.bridge)
		}
	}
	if err == nil {
		if err = n.firewall.change(n.sources(s, false)); err != nil {
			err = errors.Join(err, s.remove())
		}
	}
	if err == nil {
		return s, nil
	}
	n.releaseAddress(addr)
	return slot{}, err
}

// sources is the change that lets a namespace speak, or no longer.
func (n *Network) sources(s slot, remove bool) elementChange {
	c := elementChange{set: n.firewall.source.sources, remove: remove}
	if s.addr.IsValid() {
		c.elements = append(c.elements, sourceElement(n.bridge.vethOf(s.addr), s.addr))
	}
	return c
}

// discard removes a namespace that no sandbox has.
func (n *Network) discard(s slot) error {
	if err := n.firewall.change(n.sources(s, true)); err != nil {
		return err
	}
	if err := s.remove(); err != nil {
		return err
	}
	n.releaseAddress(s.addr)
	return nil
}

func (n *Network) releaseAddress(addr netip.Addr) {
	if !addr.IsValid() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses.Release(addr)
	n.releases++
	offset, _ := n.addresses.Offset(addr)
	// A lost entry only costs the order of addresses after a restart.
	n.observe("remember address", n.state.noteRelease(offset, n.releases))
}

func (h *hostNS) removeLink(name string) error {
	link, err := h.route.LinkByName(name)
	if err == nil {
		err = h.route.LinkDel(link)
	}
	if errors.As(err, new(netlink.LinkNotFoundError)) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove link %s: %w", name, err)
	}
	return nil
}
