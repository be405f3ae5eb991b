package linux

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A rule is written as a sequence of clauses, each a few nftables expressions,
// in the order and with the names that nft itself prints.
type clause = []expr.Any

// reg is the register of every comparison; reg0 and reg1 are its first two
// 32-bit quarters, where a concatenation's fields go.
const (
	reg  = unix.NFT_REG_1
	reg0 = unix.NFT_REG_1
	reg1 = unix.NFT_REG32_01
)

func rule(clauses ...clause) clause {
	var all clause
	for _, c := range clauses {
		all = append(all, c...)
	}
	return all
}

func meta(key expr.MetaKey, op expr.CmpOp, data []byte) clause {
	return clause{&expr.Meta{Key: key, Register: reg}, &expr.Cmp{Op: op, Register: reg, Data: data}}
}

func iifname(name string) clause    { return meta(expr.MetaKeyIIFNAME, expr.CmpOpEq, ifname(name)) }
func oifname(name string) clause    { return meta(expr.MetaKeyOIFNAME, expr.CmpOpEq, ifname(name)) }
func oifnameNot(name string) clause { return meta(expr.MetaKeyOIFNAME, expr.CmpOpNeq, ifname(name)) }

// oifnamePrefix matches every interface whose name begins so.
func oifnamePrefix(prefix string) clause {
	return meta(expr.MetaKeyOIFNAME, expr.CmpOpEq, []byte(prefix))
}

func oifnameNotPrefix(prefix string) clause {
	return meta(expr.MetaKeyOIFNAME, expr.CmpOpNeq, []byte(prefix))
}

func iifnamePrefix(prefix string) clause {
	return meta(expr.MetaKeyIIFNAME, expr.CmpOpEq, []byte(prefix))
}

// loadLinkAndSource puts the name of the link that a packet came by and its
// source address into reg: the name takes four quarters.
func loadLinkAndSource() clause {
	return clause{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg}, loadAddress(unix.NFT_REG32_04, sourceOffset)}
}

// ifname pads a name to the 16 bytes that the kernel compares.
func ifname(name string) []byte {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return padded
}

func l4proto(protocol byte) clause {
	return meta(expr.MetaKeyL4PROTO, expr.CmpOpEq, []byte{protocol})
}

// dport matches the destination port of a TCP or UDP packet.
func dport(protocol byte, port uint16) clause {
	return rule(l4proto(protocol), clause{loadDport(reg),
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg, Data: binaryutil.BigEndian.PutUint16(port)}})
}

func loadDport(register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
}

// loadProtocolAndPort puts the key of the maps by protocol and port into reg.
func loadProtocolAndPort() clause {
	return clause{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: reg0}, loadDport(reg1)}
}

func echoRequest() clause {
	const icmpEchoRequest = 8
	return rule(l4proto(unix.IPPROTO_ICMP), clause{
		&expr.Payload{DestRegister: reg, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg, Data: []byte{icmpEchoRequest}}})
}

// The offsets of the addresses in an IPv4 header.
const (
	sourceOffset      = 12
	destinationOffset = 16
)

func saddr(p netip.Prefix) clause    { return address(sourceOffset, expr.CmpOpEq, p) }
func saddrNot(p netip.Prefix) clause { return address(sourceOffset, expr.CmpOpNeq, p) }
func daddr(p netip.Prefix) clause    { return address(destinationOffset, expr.CmpOpEq, p) }

func address(offset uint32, op expr.CmpOp, p netip.Prefix) clause {
	masked := p.Masked().Addr().As4()
	return clause{
		&expr.Payload{DestRegister: reg, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4},
		&expr.Bitwise{SourceRegister: reg, DestRegister: reg, Len: 4, Mask: toIPNet(p.Addr(), p.Bits()).Mask, Xor: make([]byte, 4)},
		&expr.Cmp{Op: op, Register: reg, Data: masked[:]},
	}
}

func host(addr netip.Addr) netip.Prefix { return netip.PrefixFrom(addr, addr.BitLen()) }

// toThisHost matches packets to any address that the host has.
func toThisHost() clause {
	return clause{&expr.Fib{Register: reg, FlagDADDR: true, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpEq, Register: reg, Data: binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)}}
}

// ctAny matches when any of the bits is set.
func ctAny(key expr.CtKey, bits uint32) clause { return ct(key, bits, expr.CmpOpNeq) }

// ctNone matches when none of the bits is set.
func ctNone(key expr.CtKey, bits uint32) clause { return ct(key, bits, expr.CmpOpEq) }

func ct(key expr.CtKey, bits uint32, op expr.CmpOp) clause {
	return clause{
		&expr.Ct{Key: key, Register: reg},
		&expr.Bitwise{SourceRegister: reg, DestRegister: reg, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: make([]byte, 4)},
		&expr.Cmp{Op: op, Register: reg, Data: make([]byte, 4)},
	}
}

// ctStatusDNAT is IPS_DST_NAT: the connection went through a port map.
const ctStatusDNAT = 1 << 5

func established() clause {
	return ctAny(expr.CtKeySTATE, expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED)
}
func published() clause    { return ctAny(expr.CtKeySTATUS, ctStatusDNAT) }
func notPublished() clause { return ctNone(expr.CtKeySTATUS, ctStatusDNAT) }

func inSet(set *nftables.Set) clause {
	return clause{&expr.Lookup{SourceRegister: reg, SetName: set.Name, SetID: set.ID}}
}

func notInSet(set *nftables.Set) clause {
	return clause{&expr.Lookup{SourceRegister: reg, SetName: set.Name, SetID: set.ID, Invert: true}}
}

func verdict(kind expr.VerdictKind) clause { return clause{&expr.Verdict{Kind: kind}} }
func accept() clause                       { return verdict(expr.VerdictAccept) }
func drop() clause                         { return verdict(expr.VerdictDrop) }
func jump(chain string) clause {
	return clause{&expr.Verdict{Kind: expr.VerdictJump, Chain: chain}}
}

// jumpByMap goes to the chain that the map says, if it says any.
func jumpByMap(m *nftables.Set) clause {
	return clause{&expr.Lookup{SourceRegister: reg, DestRegister: unix.NFT_REG_VERDICT, IsDestRegSet: true, SetName: m.Name, SetID: m.ID}}
}

// rejectTCP and reject refuse at once, so that a client need not time out.
func rejectTCP() clause {
	return rule(l4proto(unix.IPPROTO_TCP), clause{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}})
}
func reject() clause {
	const portUnreachable = 3
	return clause{&expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: portUnreachable}}
}

func masquerade() clause { return clause{&expr.Masq{FullyRandom: true}} }

// dnatTo sends the connection to a fixed address and port.
func dnatTo(addr netip.Addr, port uint16) clause {
	return clause{
		&expr.Immediate{Register: reg0, Data: addr.AsSlice()},
		&expr.Immediate{Register: reg1, Data: binaryutil.BigEndian.PutUint16(port)},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: reg0, RegProtoMin: reg1},
	}
}

// dnatByMap sends the connection where the map says, if it says anything.
func dnatByMap(m *nftables.Set) clause {
	return rule(loadProtocolAndPort(), clause{
		&expr.Lookup{SourceRegister: reg, DestRegister: reg, IsDestRegSet: true, SetName: m.Name, SetID: m.ID},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: reg0, RegProtoMin: reg1},
	})
}
