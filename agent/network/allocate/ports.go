package allocate

import (
	"fmt"

	"github.com/roadstead/roadstead/agent/network"
)

// The dynamic host ports of a container instance, both inclusive; the range
// that the ECS documentation names for Linux.
const (
	FirstDynamicPort uint16 = 32768
	LastDynamicPort  uint16 = 60999
)

// Ports keeps the published host ports of one container instance.
type Ports struct {
	first, last uint16
	excluded    func(uint16) bool
	used        map[hostPort]struct{}
	next        map[network.Protocol]uint16
}

type hostPort struct {
	protocol network.Protocol
	port     uint16
}

// NewPorts returns the bookkeeping of dynamic ports first to last, both
// inclusive. Ports that excluded says yes to are never chosen, only given when
// asked for; nil excludes none.
func NewPorts(first, last uint16, excluded func(uint16) bool) (*Ports, error) {
	if first == 0 || last < first {
		return nil, fmt.Errorf("dynamic ports %d to %d: want a range above 0", first, last)
	}
	if excluded == nil {
		excluded = func(uint16) bool { return false }
	}
	return &Ports{first: first, last: last, excluded: excluded,
		used: make(map[hostPort]struct{}), next: make(map[network.Protocol]uint16)}, nil
}

// Begin has Take go on from a port of the range that place, any number, stands
// for.
func (p *Ports) Begin(place uint32) {
	port := p.first + uint16(place%uint32(p.Size()))
	for _, protocol := range []network.Protocol{network.TCP, network.UDP} {
		p.next[protocol] = port
	}
}

// Size is how many dynamic ports there are: nobody need call Take more often.
func (p *Ports) Size() int { return int(p.last) - int(p.first) + 1 }

// Take hands out a dynamic port, going round the range so that a port that
// was just released rests for longest; ok is false when none is free.
func (p *Ports) Take(protocol network.Protocol) (port uint16, ok bool) {
	candidate := max(p.next[protocol], p.first)
	if candidate > p.last {
		candidate = p.first
	}
	for range p.Size() {
		port := candidate
		if candidate++; candidate > p.last || candidate == 0 {
			candidate = p.first
		}
		if p.excluded(port) || !p.Reserve(protocol, port) {
			continue
		}
		p.next[protocol] = candidate
		return port, true
	}
	return 0, false
}

// TakeRange hands out so many dynamic ports, one after another, going round as
// Take does; ok is false when nowhere so many are free.
func (p *Ports) TakeRange(protocol network.Protocol, length uint16) (first uint16, ok bool) {
	if int(length) > p.Size() || length == 0 {
		return 0, false
	}
	candidate := max(p.next[protocol], p.first)
	for range p.Size() {
		if int(candidate)+int(length)-1 > int(p.last) {
			candidate = p.first
		}
		if p.reserveRange(protocol, candidate, length) {
			p.next[protocol] = candidate + length // Take begins anew above the last
			return candidate, true
		}
		candidate++
	}
	return 0, false
}

// reserveRange takes all of the ports or none.
func (p *Ports) reserveRange(protocol network.Protocol, first, length uint16) bool {
	for i := range length {
		if _, taken := p.used[hostPort{protocol, first + i}]; taken || p.excluded(first+i) {
			return false
		}
	}
	for i := range length {
		p.used[hostPort{protocol, first + i}] = struct{}{}
	}
	return true
}

// Reserve takes one port, dynamic or not; false when it is taken already.
func (p *Ports) Reserve(protocol network.Protocol, port uint16) bool {
	key := hostPort{protocol, port}
	if _, taken := p.used[key]; taken {
		return false
	}
	p.used[key] = struct{}{}
	return true
}

// Release gives a port back. Releasing one that is not taken is an error of
// the caller and panics: the port could be given out twice.
func (p *Ports) Release(protocol network.Protocol, port uint16) {
	key := hostPort{protocol, port}
	if _, taken := p.used[key]; !taken {
		panic(fmt.Sprintf("allocate: release of %s port %d, which is not taken", protocol, port))
	}
	delete(p.used, key)
}
