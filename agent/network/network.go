// Package network is the seam between the agent and the network of the
// sandboxes that its containers live in.
//
// It decides what a sandbox is (a network namespace with an address, a
// gateway and published ports), how its resolver and hosts files read, and
// which errors the agent can tell apart. It touches no kernel object itself:
// package linux does that with netlink and nftables, package fake pretends
// to, and package networktest holds the contract that both keep. Whether a
// task may run, and on which ports, is not decided here.
package network

import (
	"context"
	"net/netip"
)

// Network gives sandboxes their network. All methods may be called
// concurrently.
type Network interface {
	// Attach makes the sandbox named by the request and returns it when its
	// published ports work. It is idempotent by ID: the same request again
	// returns the same Attachment, also after a restart of the agent; a
	// different request under a known ID is ErrMismatch, unless only the groups
	// of its interface differ: they replace those that it had. On any other
	// error nothing of a sandbox that was not there remains. Errors: ErrInvalid,
	// ErrPortInUse (as a *PortError), ErrNoPorts, ErrNoAddress, ErrAddressInUse,
	// ErrMismatch, ErrClosed.
	Attach(ctx context.Context, req Request) (Attachment, error)
	// Detach removes the sandbox: its published ports, interface, namespace
	// and address. An id that is not attached is no error. After an error the
	// sandbox is still listed and Detach may be repeated.
	Detach(ctx context.Context, id string) error
	// List returns every sandbox that exists, ordered by ID, including those
	// that an earlier process left behind: the agent adopts or detaches them.
	List(ctx context.Context) ([]Attachment, error)
	// Destroy removes every sandbox and everything else that the network has
	// made on the host. The Network is closed afterwards.
	Destroy(ctx context.Context) error
}

// Mode is the kind of network a sandbox has. Host networking needs no sandbox
// and so no call.
type Mode string

// The modes, in the words of a task definition's networkMode.
const (
	// Bridge is an address on the instance's bridge, NAT and published ports.
	Bridge Mode = "bridge"
	// None is a namespace with nothing but its loopback interface.
	None Mode = "none"
	// AWSVPC is an interface of its own with an address that the request names,
	// guarded by security groups.
	AWSVPC Mode = "awsvpc"
)

// Protocol is a transport protocol in the words of a port mapping.
type Protocol string

// The protocols whose ports can be published.
const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// Request asks for a sandbox.
type Request struct {
	// ID names the sandbox: one per container in bridge mode, one per task
	// where a task's containers share a network. 1 to MaxIDLength characters
	// of [a-zA-Z0-9_.-], not beginning with a dot.
	ID string
	// Mode is Bridge, None or AWSVPC.
	Mode Mode
	// Ports are the ports to publish, at most MaxPorts; only with Bridge.
	Ports []PortRequest `json:",omitempty"`
	// Interface is set with AWSVPC, and only then.
	Interface *Interface `json:",omitempty"`
}

// PortRequest asks for one container port to be published on the host.
type PortRequest struct {
	// ContainerPort is the port inside the sandbox, 1 to 65535.
	ContainerPort uint16
	// HostPort is the port on the host; 0 asks for a dynamic one.
	HostPort uint16
	// Protocol is TCP or UDP; empty means TCP.
	Protocol Protocol
	// Length is how many ports, one after another on both sides, are published;
	// 0 means 1.
	Length uint16 `json:",omitempty"`
}

// Attachment is a sandbox that exists.
type Attachment struct {
	// ID and Mode are the request's.
	ID   string
	Mode Mode
	// NetNSPath is the file that holds the network namespace.
	NetNSPath string
	// IPv4 and Gateway are the sandbox's address and its default route; both
	// are invalid (the zero Addr) with None.
	IPv4    netip.Addr
	Gateway netip.Addr
	// Bindings are the published ports, in the request's order; each port of a
	// range is one.
	Bindings []Binding
}

// Binding is one published port, as DescribeTasks shows it.
type Binding struct {
	// BindIP is the host address that is bound; 0.0.0.0 is every address.
	BindIP        netip.Addr
	ContainerPort uint16
	HostPort      uint16
	Protocol      Protocol
}
