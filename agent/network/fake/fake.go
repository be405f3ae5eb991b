// Package fake is a network.Network without a kernel, for the agent's tests and
// the simulator.
//
// It decides addresses and ports as the Linux network does, with the same
// bookkeeping and in the same order, so equal calls get equal answers. It does
// no system calls, starts no goroutines and knows no time. What fails, and
// which ports other programs have, its user says.
package fake

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
)

// Host is what outlives the agent: the sandboxes and ports of one instance.
type Host struct {
	options Options

	mu        sync.Mutex
	addresses *allocate.Addresses
	ports     *allocate.Ports
	occupied  map[port]bool
	sandboxes map[string]sandbox
	bare      int
}

type sandbox struct {
	request    network.Request
	attachment network.Attachment
}

type port struct {
	protocol network.Protocol
	number   uint16
}

// Options say what the host is like. The zero value works.
type Options struct {
	// Subnet is the sandboxes' network, /16 to /29; the zero Prefix is
	// 10.120.0.0/20.
	Subnet netip.Prefix
	// Fail is asked at the beginning of every operation, "attach", "detach",
	// "list" or "destroy", for the sandbox with this id; what it returns, if
	// anything, is the operation's error, and nothing has happened. It must not
	// call the Network.
	Fail func(operation, id string) error
	// FirstPort and LastPort bound the dynamic host ports; 0 is 32768 and 60999.
	FirstPort, LastPort uint16
}

// NewHost returns a host with nothing on it.
func NewHost(options Options) (*Host, error) {
	if !options.Subnet.IsValid() {
		options.Subnet = netip.MustParsePrefix("10.120.0.0/20")
	}
	if options.Fail == nil {
		options.Fail = func(string, string) error { return nil }
	}
	if options.FirstPort == 0 {
		options.FirstPort = allocate.FirstDynamicPort
	}
	if options.LastPort == 0 {
		options.LastPort = allocate.LastDynamicPort
	}
	h := &Host{options: options, occupied: make(map[port]bool), sandboxes: make(map[string]sandbox)}
	var err error
	if h.addresses, err = allocate.NewAddresses(options.Subnet, allocate.Never, nil); err != nil {
		return nil, fmt.Errorf("make fake host: %w", err)
	}
	h.ports, err = allocate.NewPorts(options.FirstPort, options.LastPort, nil)
	if err != nil {
		return nil, fmt.Errorf("make fake host: %w", err)
	}
	return h, nil
}

// Occupy makes another program of the host use a port, or stop using it.
func (h *Host) Occupy(protocol network.Protocol, number uint16, occupied bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if occupied {
		h.occupied[port{protocol, number}] = true
	} else {
		delete(h.occupied, port{protocol, number})
	}
}

// Open returns the host's network, as a process that has just started sees it.
func (h *Host) Open() *Network { return &Network{host: h} }

// Network is a network.Network on a Host.
type Network struct {
	host   *Host
	closed bool // under host.mu
}

var _ network.Network = (*Network)(nil)

// enter begins an operation and holds the host's lock; the caller unlocks.
func (n *Network) enter(ctx context.Context, operation, id string) error {
	err := ctx.Err()
	n.host.mu.Lock()
	if err == nil && n.closed {
		err = network.ErrClosed
	}
	if err == nil {
		err = n.host.options.Fail(operation, id)
	}
	if err != nil {
		return fmt.Errorf("%s sandbox %q: %w", operation, id, err)
	}
	return nil
}

// Attach implements network.Network.
func (n *Network) Attach(ctx context.Context, request network.Request) (network.Attachment, error) {
	id := request.ID
	request, err := request.Normalize()
	if err != nil {
		return network.Attachment{}, fmt.Errorf("attach sandbox %q: %w", id, err)
	}
	defer n.host.mu.Unlock()
	if err := n.enter(ctx, "attach", id); err != nil {
		return network.Attachment{}, err
	}
	s, err := n.host.attach(request)
	if err != nil {
		return network.Attachment{}, fmt.Errorf("attach sandbox %q: %w", id, err)
	}
	return copyOf(s.attachment), nil
}

func (h *Host) attach(request network.Request) (sandbox, error) {
	if s, ok := h.sandboxes[request.ID]; ok {
		if !s.request.Equal(request) {
			return sandbox{}, network.ErrMismatch
		}
		s.request = request // with the groups that it has now
		h.sandboxes[request.ID] = s
		return s, nil
	}
	bindings, err := h.takePorts(request.Ports)
	if err != nil {
		return sandbox{}, err
	}
	a := network.Attachment{ID: request.ID, Mode: request.Mode, Bindings: bindings}
	switch request.Mode {
	case network.AWSVPC:
		for _, other := range h.sandboxes {
			if i := other.request.Interface; i != nil && i.Address == request.Interface.Address {
				return sandbox{}, network.ErrAddressInUse
			}
		}
		a.IPv4, a.Gateway = request.Interface.Address, request.Interface.Gateway.Addr()
		a.NetNSPath = "/fake/netns/awsvpc-" + a.IPv4.String()
	case network.Bridge:
		addr, ok := h.addresses.Take()
		if !ok {
			h.releasePorts(bindings)
			return sandbox{}, network.ErrNoAddress
		}
		a.IPv4, a.Gateway, a.NetNSPath = addr, h.addresses.Gateway(), "/fake/netns/"+addr.String()
	default:
		h.bare++
		a.NetNSPath = fmt.Sprintf("/fake/netns/none-%d", h.bare)
	}
	s := sandbox{request: request, attachment: a}
	h.sandboxes[request.ID] = s
	return s, nil
}

func (h *Host) takePorts(requests []network.PortRequest) (bindings []network.Binding, err error) {
	for _, r := range requests {
		number, err := h.takePort(r)
		if err != nil {
			h.releasePorts(bindings)
			return nil, err
		}
		for i := range max(1, r.Length) {
			bindings = append(bindings, network.Binding{
				BindIP: netip.IPv4Unspecified(), ContainerPort: r.ContainerPort + i, HostPort: number + i, Protocol: r.Protocol})
		}
	}
	return bindings, nil
}

func (h *Host) takePort(r network.PortRequest) (uint16, error) {
	if r.Length > 1 {
		return h.takeRange(r)
	}
	if r.HostPort != 0 {
		if h.occupied[port{r.Protocol, r.HostPort}] || !h.ports.Reserve(r.Protocol, r.HostPort) {
			return 0, &network.PortError{Port: r.HostPort, Protocol: r.Protocol}
		}
		return r.HostPort, nil
	}
	for range h.ports.Size() {
		number, ok := h.ports.Take(r.Protocol)
		if !ok {
			break
		}
		if !h.occupied[port{r.Protocol, number}] {
			return number, nil
		}
		h.ports.Release(r.Protocol, number)
	}
	return 0, network.ErrNoPorts
}

func (h *Host) takeRange(r network.PortRequest) (uint16, error) {
	free := func(first uint16) error {
		for i := range r.Length {
			if h.occupied[port{r.Protocol, first + i}] {
				return &network.PortError{Port: first + i, Protocol: r.Protocol}
			}
		}
		return nil
	}
	release := func(first, length uint16) {
		for i := range length {
			h.ports.Release(r.Protocol, first+i)
		}
	}
	if r.HostPort != 0 {
		for i := range r.Length {
			if !h.ports.Reserve(r.Protocol, r.HostPort+i) {
				release(r.HostPort, i)
				return 0, &network.PortError{Port: r.HostPort + i, Protocol: r.Protocol}
			}
		}
		err := free(r.HostPort)
		if err != nil {
			release(r.HostPort, r.Length)
		}
		return r.HostPort, err
	}
	for range h.ports.Size() {
		first, ok := h.ports.TakeRange(r.Protocol, r.Length)
		if !ok {
			break
		}
		if free(first) == nil {
			return first, nil
		}
		release(first, r.Length)
	}
	return 0, network.ErrNoPorts
}

func (h *Host) releasePorts(bindings []network.Binding) {
	for _, b := range bindings {
		h.ports.Release(b.Protocol, b.HostPort)
	}
}

// Detach implements network.Network.
func (n *Network) Detach(ctx context.Context, id string) error {
	defer n.host.mu.Unlock()
	if err := n.enter(ctx, "detach", id); err != nil {
		return err
	}
	n.host.detach(id)
	return nil
}

func (h *Host) detach(id string) {
	s, ok := h.sandboxes[id]
	if !ok {
		return
	}
	h.releasePorts(s.attachment.Bindings)
	if s.request.Mode == network.Bridge {
		h.addresses.Release(s.attachment.IPv4)
	}
	delete(h.sandboxes, id)
}

// List implements network.Network.
func (n *Network) List(ctx context.Context) ([]network.Attachment, error) {
	defer n.host.mu.Unlock()
	if err := n.enter(ctx, "list", ""); err != nil {
		return nil, err
	}
	attachments := make([]network.Attachment, 0, len(n.host.sandboxes))
	for _, s := range n.host.sandboxes {
		attachments = append(attachments, copyOf(s.attachment))
	}
	slices.SortFunc(attachments, func(a, b network.Attachment) int { return strings.Compare(a.ID, b.ID) })
	return attachments, nil
}

// Destroy implements network.Network. The host forgets every sandbox.
func (n *Network) Destroy(ctx context.Context) error {
	defer n.host.mu.Unlock()
	if err := n.enter(ctx, "destroy", ""); err != nil {
		if errors.Is(err, network.ErrClosed) {
			return nil
		}
		return err
	}
	n.closed = true
	ids := make([]string, 0, len(n.host.sandboxes))
	for id := range n.host.sandboxes {
		ids = append(ids, id)
	}
	slices.Sort(ids) // addresses are reused in the order of their release
	for _, id := range ids {
		n.host.detach(id)
	}
	return nil
}

func copyOf(a network.Attachment) network.Attachment {
	a.Bindings = slices.Clone(a.Bindings)
	return a
}
