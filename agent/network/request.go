package network

import (
	"fmt"
	"slices"
)

// The limits of a request.
const (
	// MaxIDLength keeps an ID usable as a file name with a suffix.
	MaxIDLength = 200
	// MaxPorts is AWS's limit of 100 port mappings for a container.
	MaxPorts = 100
	// MaxPublished bounds the ports that one sandbox publishes, those of ranges
	// one by one: each of them is kept with a socket.
	MaxPublished = 4096
)

// Normalize returns the request with its defaults filled in, or ErrInvalid
// with what is wrong. The result shares nothing with r.
func (r Request) Normalize() (Request, error) {
	if err := checkID(r.ID); err != nil {
		return Request{}, err
	}
	switch {
	case r.Mode != Bridge && r.Mode != None && r.Mode != AWSVPC:
		return Request{}, fmt.Errorf("%w: network mode %q", ErrInvalid, r.Mode)
	case r.Mode != Bridge && len(r.Ports) > 0:
		return Request{}, fmt.Errorf("%w: ports cannot be published in network mode %s", ErrInvalid, r.Mode)
	case (r.Mode == AWSVPC) != (r.Interface != nil):
		return Request{}, fmt.Errorf("%w: network mode %s with or without an interface", ErrInvalid, r.Mode)
	case len(r.Ports) > MaxPorts:
		return Request{}, fmt.Errorf("%w: %d ports, at most %d", ErrInvalid, len(r.Ports), MaxPorts)
	}
	r.Ports = slices.Clone(r.Ports)
	published := 0
	for i := range r.Ports {
		port := &r.Ports[i]
		if port.Protocol == "" {
			port.Protocol = TCP
		}
		if port.Protocol != TCP && port.Protocol != UDP {
			return Request{}, fmt.Errorf("%w: protocol %q", ErrInvalid, port.Protocol)
		}
		if port.ContainerPort == 0 {
			return Request{}, fmt.Errorf("%w: container port 0", ErrInvalid)
		}
		if port.Length == 1 {
			port.Length = 0
		}
		length := max(1, int(port.Length))
		if last := max(int(port.ContainerPort), int(port.HostPort)) + length - 1; last > 65535 {
			return Request{}, fmt.Errorf("%w: %d ports from %d on", ErrInvalid, port.Length, port.ContainerPort)
		}
		if published += length; published > MaxPublished {
			return Request{}, fmt.Errorf("%w: more than %d ports", ErrInvalid, MaxPublished)
		}
	}
	if r.Interface != nil {
		i, err := r.Interface.normalize()
		if err != nil {
			return Request{}, err
		}
		r.Interface = i
	}
	return r, nil
}

// Equal says whether two normalized requests ask for the same sandbox: all that
// may differ is the groups of its interface.
func (r Request) Equal(other Request) bool {
	return r.ID == other.ID && r.Mode == other.Mode && slices.Equal(r.Ports, other.Ports) && r.Interface.sameLink(other.Interface)
}

func checkID(id string) error {
	if id == "" || len(id) > MaxIDLength || id[0] == '.' {
		return fmt.Errorf("%w: id %q", ErrInvalid, id)
	}
	for i := range len(id) {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '_' && c != '-' && c != '.' {
			return fmt.Errorf("%w: id %q", ErrInvalid, id)
		}
	}
	return nil
}
