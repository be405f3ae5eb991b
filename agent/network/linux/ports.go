package linux

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
)

// hostPorts gives out host ports and holds the sockets that keep them.
type hostPorts struct {
	host *hostNS

	mu      sync.Mutex
	ports   *allocate.Ports
	sockets map[HostPort]portSocket
}

// openHostPorts begins somewhere else for each instance on a machine: while one
// is down its mappings stay, and nothing else keeps the others from its ports.
func openHostPorts(h *hostNS, instance string, first, last uint16) (*hostPorts, error) {
	var reserved string
	err := h.do(func() (err error) {
		reserved, err = sysctl("ipv4/ip_local_reserved_ports")
		return err
	})
	if err != nil {
		return nil, err
	}
	excluded, err := parsePortRanges(reserved)
	if err != nil {
		return nil, fmt.Errorf("read net.ipv4.ip_local_reserved_ports: %w", err)
	}
	ports, err := allocate.NewPorts(first, last, excluded)
	if err != nil {
		return nil, err
	}
	place := fnv.New32a()
	_, _ = place.Write([]byte(instance)) // never fails
	ports.Begin(place.Sum32())
	return &hostPorts{host: h, ports: ports, sockets: make(map[HostPort]portSocket)}, nil
}

// parsePortRanges reads a list like "8080,9000-9010".
func parsePortRanges(list string) (func(uint16) bool, error) {
	type portRange struct{ first, last uint16 }
	var ranges []portRange
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		low, high, isRange := strings.Cut(item, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 16)
		last, err2 := strconv.ParseUint(high, 10, 16)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		ranges = append(ranges, portRange{uint16(first), uint16(last)})
	}
	return func(port uint16) bool {
		for _, r := range ranges {
			if r.first <= port && port <= r.last {
				return true
			}
		}
		return false
	}, nil
}

// everyAddress is what a published port is bound to.
var everyAddress = netip.IPv4Unspecified()

// take reserves all requested ports, or none.
func (p *hostPorts) take(requests []network.PortRequest) ([]network.Binding, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	var bindings []network.Binding
	err := p.host.do(func() error {
		for _, r := range requests {
			take := p.takeOne
			if r.Length > 1 {
				take = p.takeRange
			}
			port, err := take(r)
			if err != nil {
				return err
			}
			for i := range max(1, r.Length) {
				bindings = append(bindings, network.Binding{BindIP: everyAddress, ContainerPort: r.ContainerPort + i, HostPort: port + i, Protocol: r.Protocol})
			}
		}
		return nil
	})
	if err != nil {
		p.release(bindings)
		return nil, err
	}
	return bindings, nil
}

// takeOne runs on a thread in the host's namespace.
func (p *hostPorts) takeOne(r network.PortRequest) (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.HostPort != 0 {
		if !p.ports.Reserve(r.Protocol, r.HostPort) {
			return 0, &network.PortError{Port: r.HostPort, Protocol: r.Protocol}
		}
		return r.HostPort, p.hold(r.Protocol, r.HostPort, true)
	}
	for range p.ports.Size() {
		port, ok := p.ports.Take(r.Protocol)
		if !ok {
			break
		}
		err := p.hold(r.Protocol, port, false)
		if !errors.Is(err, network.ErrPortInUse) {
			return port, err
		}
	}
	return 0, network.ErrNoPorts
}

// rangeAttempts is how often a range of ports is looked for of which others on
// the machine use one.
const rangeAttempts = 64

// takeRange is takeOne for ports that follow one another.
func (p *hostPorts) takeRange(r network.PortRequest) (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.HostPort != 0 {
		for i := range r.Length {
			if !p.ports.Reserve(r.Protocol, r.HostPort+i) {
				p.releaseRange(r.Protocol, r.HostPort, i)
				return 0, &network.PortError{Port: r.HostPort + i, Protocol: r.Protocol}
			}
		}
		return r.HostPort, p.holdRange(r.Protocol, r.HostPort, r.Length, true)
	}
	for range rangeAttempts {
		first, ok := p.ports.TakeRange(r.Protocol, r.Length)
		if !ok {
			break
		}
		err := p.holdRange(r.Protocol, first, r.Length, false)
		if !errors.Is(err, network.ErrPortInUse) {
			return first, err
		}
	}
	return 0, network.ErrNoPorts
}

// holdRange binds ports that are marked as taken; if that fails all marks go.
func (p *hostPorts) holdRange(protocol network.Protocol, first, length uint16, pastTimeWait bool) error {
	for i := range length {
		if err := p.hold(protocol, first+i, pastTimeWait); err != nil { // its own mark is gone
			p.releaseRange(protocol, first, i)
			p.releaseRange(protocol, first+i+1, length-i-1)
			return err
		}
	}
	return nil
}

func (p *hostPorts) releaseRange(protocol network.Protocol, first, length uint16) {
	for i := range length {
		p.releaseOne(protocol, first+i)
	}
}

func (p *hostPorts) releaseOne(protocol network.Protocol, port uint16) {
	key := HostPort{protocol, port}
	if s, ok := p.sockets[key]; ok {
		s.close()
		delete(p.sockets, key)
	}
	p.ports.Release(protocol, port)
}

// hold binds a port that is marked as taken; if that fails the mark goes.
func (p *hostPorts) hold(protocol network.Protocol, port uint16, pastTimeWait bool) error {
	s, err := bindPort(protocol, port, pastTimeWait)
	if err != nil {
		p.ports.Release(protocol, port)
		return err
	}
	p.sockets[HostPort{protocol, port}] = s
	return nil
}

// adopt takes the ports of a sandbox that an earlier process published. The
// error says which could not be bound; they are taken nevertheless.
func (p *hostPorts) adopt(bindings []network.Binding) error {
	return p.host.do(func() (lost error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, b := range bindings {
			if !p.ports.Reserve(b.Protocol, b.HostPort) {
				lost = errors.Join(lost, fmt.Errorf("%s port %d is published twice", b.Protocol, b.HostPort))
				continue
			}
			s, err := bindPort(b.Protocol, b.HostPort, true)
			if err != nil {
				lost = errors.Join(lost, err)
				continue
			}
			p.sockets[HostPort{b.Protocol, b.HostPort}] = s
		}
		return lost
	})
}

// release gives ports back.
func (p *hostPorts) release(bindings []network.Binding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range bindings {
		p.releaseOne(b.Protocol, b.HostPort)
	}
}

// close lets go of every port without giving it back: the mappings remain.
func (p *hostPorts) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sockets {
		s.close()
	}
	clear(p.sockets)
}
