package linux

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
)

// Network is one instance's network.Network. Open makes it.
type Network struct {
	options  Options
	host     *hostNS
	state    *stateDir
	bridge   bridge
	firewall *firewall
	foreign  foreign
	ports    *hostPorts
	ids      idLocks
	building chan struct{} // holds one token for each namespace being made
	ready    chan slot     // made ahead
	taken    chan struct{} // tells Run that one of ready was taken

	gate   sync.RWMutex // held to read by every call, to write by the last one
	closed bool         // under gate
	done   chan struct{}

	mu        sync.Mutex
	sandboxes map[string]record
	attaching int // sandboxes being made, which count against MaxSandboxes
	addresses *allocate.Addresses
	releases  uint64 // serial of the latest release of an address
	bare      uint64 // serial of the latest namespace for mode none
	tasks     tasks
}

var _ network.Network = (*Network)(nil)

// enter begins a call; leave ends it.
func (n *Network) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.gate.RLock()
	if n.closed {
		n.gate.RUnlock()
		return nil, network.ErrClosed
	}
	return n.gate.RUnlock, nil
}

// Attach implements network.Network.
func (n *Network) Attach(ctx context.Context, request network.Request) (network.Attachment, error) {
	a, err := n.attach(ctx, request)
	if err != nil {
		return network.Attachment{}, fmt.Errorf("attach sandbox %q: %w", request.ID, err)
	}
	return a, nil
}

func (n *Network) attach(ctx context.Context, request network.Request) (a network.Attachment, err error) {
	if request, err = request.Normalize(); err != nil {
		return a, err
	}
	leave, err := n.enter(ctx)
	if err != nil {
		return a, err
	}
	defer leave()
	unlock, err := n.ids.lock(ctx, request.ID)
	if err != nil {
		return a, err
	}
	defer unlock()
	if r, ok := n.lookup(request.ID); ok {
		if !r.Request.Equal(request) {
			return a, network.ErrMismatch
		}
		if !r.Request.Interface.SameGroups(request.Interface) {
			r, err = n.regroup(r, request)
		}
		return copyOf(r.Attachment), err
	}
	if err := n.startAttaching(); err != nil {
		return a, err
	}
	create := n.create
	if request.Mode == network.AWSVPC {
		create = n.createTask
	}
	r, err := create(ctx, request)
	n.endAttaching(r, err)
	return copyOf(r.Attachment), err
}

// create makes a sandbox that is not there. What can be refused comes first.
func (n *Network) create(ctx context.Context, request network.Request) (_ record, err error) {
	bindings, err := n.ports.take(request.Ports)
	if err != nil {
		return record{}, err
	}
	defer func() {
		if err != nil {
			n.ports.release(bindings)
		}
	}()
	s, err := n.takeSlot(ctx, request.Mode)
	if err != nil {
		return record{}, err
	}
	r := record{Request: request, Attachment: network.Attachment{
		ID: request.ID, Mode: request.Mode, NetNSPath: s.path, IPv4: s.addr, Bindings: bindings}}
	if s.addr.IsValid() {
		r.Attachment.Gateway = n.bridge.gateway()
	}
	err = n.state.save(r)
	if err == nil {
		if err = n.firewall.change(n.published(r, false)); err == nil {
			n.observe("publish UDP ports", n.host.forgetUDP(s.addr, bindings))
			return r, nil
		}
		n.observe("undo attach", n.state.forget(request.ID))
	}
	n.observe("undo attach", n.discard(s))
	return record{}, err
}

// published is the change that adds or removes a sandbox's published ports.
func (n *Network) published(r record, remove bool) elementChange {
	c := elementChange{set: n.firewall.rules.ports, remove: remove}
	for _, b := range r.Attachment.Bindings {
		c.elements = append(c.elements, portElement(r.Attachment.IPv4, b))
	}
	return c
}

// Detach implements network.Network. The veth pair goes a moment later, when
// the kernel has taken the namespace apart; its address rests meanwhile.
func (n *Network) Detach(ctx context.Context, id string) error {
	leave, err := n.enter(ctx)
	if err != nil {
		return fmt.Errorf("detach sandbox %q: %w", id, err)
	}
	defer leave()
	unlock, err := n.ids.lock(ctx, id)
	if err != nil {
		return fmt.Errorf("detach sandbox %q: %w", id, err)
	}
	defer unlock()
	r, ok := n.lookup(id)
	if !ok {
		return nil
	}
	if err := n.dissolve(r); err != nil {
		return fmt.Errorf("detach sandbox %q: %w", id, err)
	}
	return nil
}

// dissolve removes a sandbox. Each step may be repeated, and the last ones,
// which may not, cannot fail.
func (n *Network) dissolve(r record) error {
	if r.Request.Mode == network.AWSVPC {
		if err := n.dissolveTask(r); err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.sandboxes, r.Request.ID)
		return nil
	}
	if err := n.firewall.change(n.published(r, true), n.sources(r.slot(), true)); err != nil {
		return err
	}
	n.observe("withdraw UDP ports", n.host.forgetUDP(r.Attachment.IPv4, r.Attachment.Bindings))
	if err := r.slot().remove(); err != nil {
		return err
	}
	if err := n.state.forget(r.Request.ID); err != nil {
		return err
	}
	n.ports.release(r.Attachment.Bindings)
	n.releaseAddress(r.Attachment.IPv4)
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sandboxes, r.Request.ID)
	return nil
}

// List implements network.Network.
func (n *Network) List(ctx context.Context) ([]network.Attachment, error) {
	leave, err := n.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sandboxes: %w", err)
	}
	defer leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	attachments := make([]network.Attachment, 0, len(n.sandboxes))
	for _, r := range n.sandboxes {
		attachments = append(attachments, copyOf(r.Attachment))
	}
	slices.SortFunc(attachments, func(a, b network.Attachment) int { return cmp.Compare(a.ID, b.ID) })
	return attachments, nil
}

// Subnet is the sandboxes' network and Gateway the host's address in it: where
// the process listens that answers MetadataPort and ResolverPort.
func (n *Network) Subnet() netip.Prefix { return n.bridge.subnet }

// Gateway is the host's address on the bridge.
func (n *Network) Gateway() netip.Addr { return n.bridge.gateway() }

func (n *Network) lookup(id string) (record, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.sandboxes[id]
	return r, ok
}

func (n *Network) startAttaching() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.sandboxes)+n.attaching >= MaxSandboxes {
		return fmt.Errorf("%w: %d sandboxes exist", network.ErrNoAddress, MaxSandboxes)
	}
	n.attaching++
	return nil
}

func (n *Network) endAttaching(r record, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attaching--
	if err == nil {
		n.sandboxes[r.Request.ID] = r
	}
}

// records returns the sandboxes that exist now, in order.
func (n *Network) records() []record {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.SortedFunc(maps.Values(n.sandboxes), func(a, b record) int { return cmp.Compare(a.Request.ID, b.Request.ID) })
}

func (n *Network) observe(operation string, err error) {
	if err != nil {
		n.options.Observe(Event{Operation: operation, Err: err})
	}
}

func copyOf(a network.Attachment) network.Attachment {
	a.Bindings = slices.Clone(a.Bindings)
	return a
}
