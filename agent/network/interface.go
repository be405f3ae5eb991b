package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// The limits of an interface, generous beside AWS's quotas (5 groups of 60
// rules each, at most 1,000 together).
const (
	MaxGroups = 16
	MaxRules  = 1000
)

// Interface is what a sandbox with AWSVPC is on its network.
type Interface struct {
	// MAC is the hardware address, lower case with colons.
	MAC string
	// Address is the private IPv4 address. No two sandboxes have the same.
	Address netip.Addr
	// Gateway is the address of the subnet's gateway with the length of the
	// subnet's prefix, such as 172.31.0.1/20.
	Gateway netip.Prefix
	// Groups say what may flow: what no rule allows is dropped, answers to what
	// is allowed are allowed. Without any group nothing is.
	Groups []SecurityGroup
}

// SecurityGroup is one of the groups that an interface is in.
type SecurityGroup struct {
	ID              string // 1 to 64 of [a-zA-Z0-9-]
	Ingress, Egress []SecurityRule
}

// SecurityRule allows traffic with one peer: a block of addresses, or the
// interfaces on this host that are in a group.
type SecurityRule struct {
	// Protocol is tcp, udp, icmp, the number of another protocol, or -1 for all.
	Protocol string
	// FromPort and ToPort are inclusive for tcp and udp; for icmp they are the
	// type and the code, where -1 is all.
	FromPort, ToPort int
	// One of CIDR and Group is set.
	CIDR  netip.Prefix
	Group string
}

// AllProtocols is the Protocol of a rule for every protocol.
const AllProtocols = "-1"

// normalize returns the interface with its rules' protocols in one form. The
// result shares nothing with i.
func (i Interface) normalize() (*Interface, error) {
	mac, err := net.ParseMAC(i.MAC)
	if err != nil || len(mac) != 6 || mac[0]&1 != 0 || mac.String() != i.MAC {
		return nil, fmt.Errorf("%w: hardware address %q", ErrInvalid, i.MAC)
	}
	if !i.Address.Is4() || !i.Gateway.IsValid() || !i.Gateway.Contains(i.Address) || i.Gateway.Addr() == i.Address {
		return nil, fmt.Errorf("%w: address %v with gateway %v", ErrInvalid, i.Address, i.Gateway)
	}
	if len(i.Groups) > MaxGroups {
		return nil, fmt.Errorf("%w: %d security groups, at most %d", ErrInvalid, len(i.Groups), MaxGroups)
	}
	i.Groups = slices.Clone(i.Groups)
	rules := 0
	for n := range i.Groups {
		g := &i.Groups[n]
		if !validGroup(g.ID) {
			return nil, fmt.Errorf("%w: security group %q", ErrInvalid, g.ID)
		}
		g.Ingress, g.Egress = slices.Clone(g.Ingress), slices.Clone(g.Egress)
		if rules += len(g.Ingress) + len(g.Egress); rules > MaxRules {
			return nil, fmt.Errorf("%w: more than %d security group rules", ErrInvalid, MaxRules)
		}
		for _, list := range [][]SecurityRule{g.Ingress, g.Egress} {
			for r := range list {
				if list[r], err = list[r].normalize(); err != nil {
					return nil, fmt.Errorf("security group %s: %w", g.ID, err)
				}
			}
		}
	}
	return &i, nil
}

func (r SecurityRule) normalize() (SecurityRule, error) {
	invalid := func() (SecurityRule, error) {
		return SecurityRule{}, fmt.Errorf("%w: rule %+v", ErrInvalid, r)
	}
	switch r.Protocol {
	case "all", AllProtocols:
		r.Protocol = AllProtocols
	case "6":
		r.Protocol = "tcp"
	case "17":
		r.Protocol = "udp"
	case "1":
		r.Protocol = "icmp"
	}
	limit := 65535
	switch r.Protocol {
	case "tcp", "udp":
		if r.FromPort < 0 || r.FromPort > r.ToPort || r.ToPort > limit {
			return invalid()
		}
	case "icmp":
		limit = 255
		if r.FromPort < -1 || r.FromPort > limit || r.ToPort < -1 || r.ToPort > limit {
			return invalid()
		}
	case AllProtocols:
		r.FromPort, r.ToPort = 0, 0
	default:
		if number, err := strconv.Atoi(r.Protocol); err != nil || number < 0 || number > 255 || strconv.Itoa(number) != r.Protocol {
			return invalid()
		}
		r.FromPort, r.ToPort = 0, 0
	}
	if (r.Group != "") == r.CIDR.IsValid() || r.Group != "" && !validGroup(r.Group) {
		return invalid()
	}
	r.CIDR = r.CIDR.Masked()
	return r, nil
}

func validGroup(id string) bool {
	const longest = 64
	if id == "" || len(id) > longest {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// sameLink says whether two interfaces differ in their groups at most.
func (i *Interface) sameLink(other *Interface) bool {
	if i == nil || other == nil {
		return i == other
	}
	return i.MAC == other.MAC && i.Address == other.Address && i.Gateway == other.Gateway
}

// SameGroups says whether two normalized interfaces are in the same groups with
// the same rules.
func (i *Interface) SameGroups(other *Interface) bool {
	if i == nil || other == nil {
		return i == other
	}
	return slices.EqualFunc(i.Groups, other.Groups, func(a, b SecurityGroup) bool {
		return a.ID == b.ID && slices.Equal(a.Ingress, b.Ingress) && slices.Equal(a.Egress, b.Egress)
	})
}
