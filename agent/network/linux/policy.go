package linux

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/roadstead/roadstead/agent/network"
	"golang.org/x/sys/unix"
)

// policy is what the rules of an interface's groups allow in one direction, as
// a chain of the table. Interfaces with equal rules share the chain, which is
// named by its content: rules only allow, so neither their order nor the group
// that a rule comes from matters.
type policy struct {
	chain string
	rules []network.SecurityRule // sorted, none twice
	out   bool                   // egress: the peer is the destination
}

func newPolicy(groups []network.SecurityGroup, out bool) policy {
	p := policy{chain: "in_", out: out}
	for _, g := range groups {
		if out {
			p.rules = append(p.rules, g.Egress...)
		} else {
			p.rules = append(p.rules, g.Ingress...)
		}
	}
	slices.SortFunc(p.rules, compareRules)
	p.rules = slices.Compact(p.rules)
	digest := sha256.New()
	for _, r := range p.rules {
		fmt.Fprintf(digest, "%s %d %d %v %s\n", r.Protocol, r.FromPort, r.ToPort, r.CIDR, r.Group)
	}
	if out {
		p.chain = "out_"
	}
	const length = 12 // bytes: far more than there are chains to tell apart
	p.chain += hex.EncodeToString(digest.Sum(nil)[:length])
	return p
}

func compareRules(a, b network.SecurityRule) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.FromPort, b.FromPort), cmp.Compare(a.ToPort, b.ToPort),
		cmp.Compare(a.Group, b.Group), a.CIDR.Addr().Compare(b.CIDR.Addr()), cmp.Compare(a.CIDR.Bits(), b.CIDR.Bits()))
}

// peers returns the groups that the rules name, in order.
func (p policy) peers() []string {
	var groups []string
	for _, r := range p.rules {
		if r.Group != "" && !slices.Contains(groups, r.Group) {
			groups = append(groups, r.Group)
		}
	}
	return groups
}

// compile returns the chain's rules. What is allowed in is accepted; what is
// allowed out returns, because the other end still has a say. The sets are those
// of the groups that the rules name.
func (p policy) compile(sets map[string]*nftables.Set) []clause {
	var out []clause
	for _, r := range p.rules {
		if r.CIDR.IsValid() && !r.CIDR.Addr().Is4() {
			continue // interfaces carry no IPv6
		}
		out = append(out, rule(p.traffic(r), p.peer(r, sets), p.allow()))
	}
	return append(out, rule(drop()))
}

func (p policy) allow() clause {
	if p.out {
		return verdict(expr.VerdictReturn)
	}
	return accept()
}

// traffic matches the protocol of a rule, and its ports or type and code.
func (p policy) traffic(r network.SecurityRule) clause {
	switch r.Protocol {
	case network.AllProtocols:
		return nil
	case "tcp":
		return rule(l4proto(unix.IPPROTO_TCP), portRange(r.FromPort, r.ToPort))
	case "udp":
		return rule(l4proto(unix.IPPROTO_UDP), portRange(r.FromPort, r.ToPort))
	case "icmp":
		return rule(l4proto(unix.IPPROTO_ICMP), icmpByte(0, r.FromPort), icmpByte(1, r.ToPort))
	}
	number, _ := strconv.ParseUint(r.Protocol, 10, 8) // a normalized request has nothing else
	return l4proto(byte(number))
}

func portRange(from, to int) clause {
	const all = 65535
	if from == 0 && to == all {
		return nil
	}
	return clause{loadDport(reg),
		&expr.Cmp{Op: expr.CmpOpGte, Register: reg, Data: binaryutil.BigEndian.PutUint16(uint16(from))},
		&expr.Cmp{Op: expr.CmpOpLte, Register: reg, Data: binaryutil.BigEndian.PutUint16(uint16(to))}}
}

// icmpByte matches the type (offset 0) or the code (offset 1) of an ICMP
// packet; any if it is -1.
func icmpByte(offset uint32, value int) clause {
	if value < 0 {
		return nil
	}
	return clause{&expr.Payload{DestRegister: reg, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg, Data: []byte{byte(value)}}}
}

func (p policy) peer(r network.SecurityRule, sets map[string]*nftables.Set) clause {
	offset := uint32(sourceOffset)
	if p.out {
		offset = destinationOffset
	}
	if r.Group != "" {
		return rule(clause{loadAddress(reg, offset)}, inSet(sets[r.Group]))
	}
	if r.CIDR.Bits() == 0 {
		return nil
	}
	return address(offset, expr.CmpOpEq, r.CIDR)
}

// loadAddress puts the source or the destination of a packet into a register.
func loadAddress(register, offset uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4}
}

// member is an interface as the firewall knows it.
type member struct {
	link            string // the host's end of its veth
	addr            netip.Addr
	groups          []string
	ingress, egress policy
}

func newMember(link string, i network.Interface) *member {
	m := &member{link: link, addr: i.Address, ingress: newPolicy(i.Groups, false), egress: newPolicy(i.Groups, true)}
	for _, g := range i.Groups {
		if !slices.Contains(m.groups, g.ID) {
			m.groups = append(m.groups, g.ID)
		}
	}
	return m
}

func (m *member) policies() []policy {
	if m == nil {
		return nil
	}
	return []policy{m.ingress, m.egress}
}

// sets returns the groups whose sets the member needs: those that it is in, and
// those that its rules name.
func (m *member) sets() []string {
	if m == nil {
		return nil
	}
	all := slices.Concat(m.groups, m.ingress.peers(), m.egress.peers())
	slices.Sort(all)
	return slices.Compact(all)
}
