package linux

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
)

// Repair puts back what others may have removed from the host's firewall, admits
// the bridge in firewalls that have started since, and removes interfaces of
// sandboxes that are gone but whose namespaces some process keeps alive.
func (n *Network) Repair(ctx context.Context) error {
	leave, err := n.enter(ctx)
	if err != nil {
		return fmt.Errorf("repair network: %w", err)
	}
	defer leave()
	present, err := n.firewall.present()
	if err == nil && !present {
		_, err = n.firewall.replace()
	}
	if err = errors.Join(err, n.foreign.admit(), n.ensureMetadataRoutes(), n.removeStrays(), n.removeStrayTasks("")); err != nil {
		return fmt.Errorf("repair network: %w", err)
	}
	return nil
}

// removeStrays removes members of the bridge whose address nobody has.
func (n *Network) removeStrays() error {
	members, err := n.members()
	if err != nil {
		return err
	}
	var failed error
	for addr, link := range members {
		n.mu.Lock()
		used := n.addresses.InUse(addr)
		n.mu.Unlock()
		if !used {
			failed = errors.Join(failed, n.host.removeLink(link.Attrs().Name))
		}
	}
	return failed
}

// Close lets go of the instance and leaves all of it working: published ports,
// sandboxes, and what was prepared, which the next Open removes. It waits for
// calls that are under way.
func (n *Network) Close() error {
	n.gate.Lock()
	defer n.gate.Unlock()
	if n.closed {
		return nil
	}
	n.shut()
	n.release()
	return nil
}

func (n *Network) shut() {
	n.closed = true
	close(n.done)
}

// release closes what open has opened, as far as it came.
func (n *Network) release() {
	if n.firewall != nil {
		n.options.Neighbours.leave(n.firewall)
		n.firewall.close()
	}
	if n.ports != nil {
		n.ports.close()
	}
	if n.host != nil {
		n.host.close()
	}
	if n.state != nil {
		n.state.close()
	}
}

// Destroy implements network.Network. What it could not remove, a later Open
// and Destroy can.
func (n *Network) Destroy(ctx context.Context) error {
	n.gate.Lock()
	defer n.gate.Unlock()
	if n.closed {
		return nil
	}
	n.shut()
	defer n.release()
	var failed error
	for _, r := range n.records() {
		failed = errors.Join(failed, n.dissolve(r))
	}
	failed = errors.Join(failed, n.removeUnclaimed(nil), n.removeMembers(ctx), n.firewall.remove(), n.foreign.withdraw(),
		n.host.removeLink(n.bridge.name), n.restoreForwarding())
	if failed == nil {
		failed = n.state.remove()
	}
	if failed != nil {
		return fmt.Errorf("destroy network %s: %w", n.options.Name, failed)
	}
	return nil
}

// vanishTimeout is how long Destroy leaves the kernel to take the namespaces
// apart, which it does many at once, before it removes the links one by one.
const vanishTimeout = time.Second

func (n *Network) removeMembers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, vanishTimeout)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		members, err := n.members()
		tasks, err2 := n.taskLinks()
		if err = errors.Join(err, err2); err != nil || len(members)+len(tasks) == 0 {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			var failed error
			for _, link := range members {
				failed = errors.Join(failed, n.host.removeLink(link.Attrs().Name))
			}
			for name := range tasks {
				failed = errors.Join(failed, n.host.removeLink(name))
			}
			return failed
		}
	}
}

// restoreForwarding turns forwarding off if Open has turned it on and no
// bridge is left: another instance's, or another program's, may need it.
func (n *Network) restoreForwarding() error {
	known, err := n.state.loadInstance()
	if err != nil || !known.EnabledForwarding {
		return err
	}
	links, err := complete(n.host.route.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	for _, link := range links {
		if _, ok := link.(*netlink.Bridge); ok {
			return nil
		}
	}
	return n.host.do(func() error { return setSysctl("ipv4/ip_forward", "0") })
}
