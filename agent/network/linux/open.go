package linux

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
	"github.com/vishvananda/netlink"
)

// Open makes the instance's network on the host, or takes over the one that an
// earlier process left, with all its sandboxes. It needs CAP_NET_ADMIN and
// CAP_SYS_ADMIN. It is ErrLocked if another process has the instance.
func Open(options Options) (*Network, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open network: %w", err)
	}
	n := &Network{
		options: options, ids: newIDLocks(), sandboxes: make(map[string]record), tasks: newTasks(),
		building: make(chan struct{}, maxBuilding), ready: make(chan slot, options.Prepared),
		taken: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := n.open(); err != nil {
		n.release()
		return nil, fmt.Errorf("open network %s: %w", options.Name, err)
	}
	return n, nil
}

func (n *Network) open() (err error) {
	if n.state, err = openStateDir(n.options.Dir); err != nil {
		return err
	}
	if n.host, err = openHostNS(n.options.HostNS); err != nil {
		return err
	}
	if n.ports, err = openHostPorts(n.host, n.options.Name, n.options.FirstPort, n.options.LastPort); err != nil {
		return err
	}
	known, err := n.state.loadInstance()
	if err != nil {
		return err
	}
	records, err := n.state.records()
	if err != nil {
		return err
	}
	wanted := n.options.Subnet.Masked()
	if !wanted.IsValid() && len(records) > 0 {
		wanted = known.Subnet // sandboxes may still be there, though the bridge is not
	}
	if n.bridge, err = n.host.ensureBridge(n.options, wanted); err != nil {
		return err
	}
	enabled, err := n.host.ensureForwarding(n.bridge.name)
	if err != nil {
		return err
	}
	known = instance{Subnet: n.bridge.subnet, EnabledForwarding: known.EnabledForwarding || enabled}
	if err := n.state.saveInstance(known); err != nil {
		return err
	}
	n.firewall = newFirewall(newRuleset(n.options, n.bridge), n.host.fd)
	n.firewall.neighbours = n.options.Neighbours
	n.foreign = foreign{netns: n.host.fd, bridge: n.bridge.name, tasks: n.options.taskPrefix(), mark: n.options.table()}
	if err := n.recover(records); err != nil {
		return err
	}
	unguarded, err := n.firewall.replace()
	if err != nil {
		return err
	}
	n.observe("open network", unguarded)
	n.options.Neighbours.join(n.firewall)
	n.observe("open network", errors.Join(n.foreign.admit(), n.ensureMetadataRoutes()))
	return nil
}

// recover takes over the sandboxes of an earlier process. A record whose
// namespace is gone is forgotten, a namespace without a record is removed.
func (n *Network) recover(records []record) error {
	claimed := make(map[string]bool)
	var used []netip.Addr
	for _, r := range records {
		if !n.intact(r) {
			if err := errors.Join(r.slot().remove(), n.state.forget(r.Request.ID)); err != nil {
				return fmt.Errorf("clear sandbox %q: %w", r.Request.ID, err)
			}
			continue
		}
		claimed[r.Attachment.NetNSPath] = true
		n.sandboxes[r.Request.ID] = r
		if r.Request.Mode == network.AWSVPC {
			n.tasks.adopt(n.options.taskPrefix(), r)
			n.firewall.expectMember(newMember(r.Link, *r.Request.Interface))
			continue
		}
		if r.Attachment.IPv4.IsValid() {
			used = append(used, r.Attachment.IPv4)
		}
		n.observe("reserve ports again", n.ports.adopt(r.Attachment.Bindings))
		n.firewall.expect(n.published(r, false), n.sources(r.slot(), false))
	}
	history, latest, err := n.state.history()
	if err != nil {
		return err
	}
	n.releases = latest
	if n.addresses, err = allocate.NewAddresses(n.bridge.subnet, history, used); err != nil {
		return err
	}
	// The links go at once, and not when the kernel comes to it: their addresses
	// may be wanted again.
	return errors.Join(n.removeUnclaimed(claimed), n.removeStrayTasks(""))
}

// intact says whether a recorded sandbox's namespace and link exist; a link
// whose bridge was deleted is put back.
func (n *Network) intact(r record) bool {
	if !r.slot().mounted() {
		return false
	}
	switch r.Request.Mode {
	case network.None:
		return true
	case network.AWSVPC:
		return r.routed().restore(n.host)
	}
	if !n.bridge.subnet.Contains(r.Attachment.IPv4) {
		return false
	}
	link, err := n.host.route.LinkByName(n.bridge.vethOf(r.Attachment.IPv4))
	if err != nil {
		return false
	}
	if link.Attrs().MasterIndex != n.bridge.index {
		return n.host.route.LinkSetMasterByIndex(link, n.bridge.index) == nil
	}
	return true
}

func (n *Network) removeUnclaimed(claimed map[string]bool) error {
	entries, err := os.ReadDir(n.state.netns(""))
	if err != nil {
		return fmt.Errorf("list namespaces: %w", err)
	}
	for _, entry := range entries {
		s := slot{path: n.state.netns(entry.Name())}
		var serial uint64
		if _, err := fmt.Sscanf(entry.Name(), barePrefix+"%d", &serial); err == nil {
			n.bare = max(n.bare, serial)
		}
		if !claimed[s.path] {
			if err := s.remove(); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensureForwarding sets the sysctls that the bridge needs and says whether it
// was the one to turn forwarding on.
func (h *hostNS) ensureForwarding(bridge string) (enabled bool, err error) {
	err = h.do(func() error {
		if err := setSysctl("ipv4/conf/"+bridge+"/route_localnet", "1"); err != nil {
			return err
		}
		value, err := sysctl("ipv4/ip_forward")
		if err != nil || value != "0" {
			return err
		}
		enabled = true
		return setSysctl("ipv4/ip_forward", "1")
	})
	return enabled, err
}

// members returns the host's ends of veths that belong to the bridge.
func (n *Network) members() (map[netip.Addr]netlink.Link, error) {
	links, err := complete(n.host.route.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	members := make(map[netip.Addr]netlink.Link)
	for _, link := range links {
		if addr, ok := n.bridge.addressOf(link.Attrs().Name); ok {
			members[addr] = link
		}
	}
	return members, nil
}
