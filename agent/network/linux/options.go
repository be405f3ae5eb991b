package linux

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
)

// The limits of one instance.
const (
	// MaxNameLength keeps "rv", the name, "-" and four digits within the
	// kernel's 15 characters for the name of a link.
	MaxNameLength = 8
	// MaxSandboxes stays, with MaxPrepared, below the kernel's 1,023 ports of
	// one bridge.
	MaxSandboxes = 960
	// MaxPrepared is the most namespaces that are made ahead.
	MaxPrepared = 60
	// MaxHostPorts is the most host ports that sandboxes may be allowed.
	MaxHostPorts = 256
)

// Options say how an instance's network is made. The zero value works.
type Options struct {
	// Name tells instances on one host apart: 1 to MaxNameLength characters of
	// [a-z0-9]; "" is "main".
	Name string
	// Dir is where namespaces and records are kept; "" is /run/roadstead/NAME.
	Dir string
	// HostNS is the file of the network namespace that is the instance's host;
	// "" is that of the thread that calls Open.
	HostNS string
	// Subnet is the sandboxes' IPv4 network, /16 to /29; the zero Prefix lets
	// Open choose a /20 of 10.120.0.0/14 that no route of the host touches. An
	// instance that exists keeps the subnet it has.
	Subnet netip.Prefix
	// FirstPort and LastPort bound the dynamic host ports; 0 is 32768 and 60999.
	// Ports of net.ipv4.ip_local_reserved_ports are never chosen.
	FirstPort, LastPort uint16
	// Prepared is how many namespaces Run keeps ready, at most MaxPrepared; 0
	// is none.
	Prepared int
	// MetadataPort is the port on the gateway's address where the process
	// listens that answers 169.254.170.2:80; 0 is nobody.
	MetadataPort uint16
	// InstancePort is the port on the gateway's address where the process listens
	// that answers 169.254.169.254:80 for the host alone; 0 is nobody, and
	// leaves that address to the cloud that the host may be in.
	InstancePort uint16
	// ResolverPort is the port on the gateway's address, UDP and TCP, that
	// answers 169.254.170.2:53; 0 is nobody, and ResolvConf names the host's own
	// nameservers.
	ResolverPort uint16
	// HostPorts are further ports of the host that sandboxes may reach.
	HostPorts []HostPort
	// Neighbours are the other instances of this process on the host; nil is
	// none. Instances of different processes do not know each other's groups.
	Neighbours *Neighbours
	// MTU is that of the sandboxes' interfaces in bytes; 0 is that of the link
	// of the host's default route.
	MTU int
	// Observe hears what goes wrong outside any call; nil is nobody. It may be
	// called concurrently and must not block.
	Observe func(Event)
}

// HostPort is a port of the host that sandboxes may reach.
type HostPort struct {
	Protocol network.Protocol
	Port     uint16
}

// Event is something that went wrong, or had to be repaired, outside any call.
type Event struct {
	// Operation is what was being done, in the words of an error.
	Operation string
	Err       error
}

func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = "main"
	}
	for _, c := range o.Name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') || len(o.Name) > MaxNameLength {
			return o, fmt.Errorf("instance name %q: want 1 to %d of [a-z0-9]", o.Name, MaxNameLength)
		}
	}
	if o.Dir == "" {
		o.Dir = filepath.Join("/run/roadstead", o.Name)
	}
	if !filepath.IsAbs(o.Dir) {
		return o, fmt.Errorf("directory %q: want an absolute path", o.Dir)
	}
	if o.FirstPort == 0 {
		o.FirstPort = allocate.FirstDynamicPort
	}
	if o.LastPort == 0 {
		o.LastPort = allocate.LastDynamicPort
	}
	if o.Prepared < 0 || o.Prepared > MaxPrepared {
		return o, fmt.Errorf("%d prepared namespaces: want 0 to %d", o.Prepared, MaxPrepared)
	}
	if len(o.HostPorts) > MaxHostPorts {
		return o, fmt.Errorf("%d host ports: want at most %d", len(o.HostPorts), MaxHostPorts)
	}
	for _, p := range o.HostPorts {
		if p.Port == 0 || p.Protocol != network.TCP && p.Protocol != network.UDP {
			return o, fmt.Errorf("host port %v/%d: want tcp or udp and a port above 0", p.Protocol, p.Port)
		}
	}
	if o.MTU < 0 || o.MTU > 65535 {
		return o, fmt.Errorf("MTU %d: want 0 to 65535", o.MTU)
	}
	o.HostPorts = slices.Clone(o.HostPorts)
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return o, nil
}

// The names of an instance's kernel objects.
const (
	bridgePrefix = "rs-"
	tablePrefix  = "roadstead-"
	taskPrefix   = "rt" // of every instance's links of awsvpc
)

func (o Options) bridge() string { return bridgePrefix + o.Name }
func (o Options) table() string  { return tablePrefix + o.Name }

// vethPrefix begins the names of the host's ends of the instance's veths, and
// of no other's, because a name has no hyphen.
func (o Options) vethPrefix() string { return "rv" + o.Name + "-" }

// taskPrefix begins the names of the host's ends of the veths of awsvpc.
func (o Options) taskPrefix() string { return taskPrefix + o.Name + "-" }
