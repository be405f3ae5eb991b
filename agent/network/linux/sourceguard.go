package linux

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// sourceGuard is a table of the bridge family. It lets a sandbox speak only
// with its own interface, hardware address and IPv4 address, in IP and in ARP,
// so that a source address tells whose metadata and credentials to give out,
// also where containers may open raw sockets.
type sourceGuard struct {
	table   *nftables.Table
	sources *nftables.Set // (interface, hardware address, address)
	veths   string        // begins the names of the interfaces that are guarded
}

func newSourceGuard(rules ruleset) sourceGuard {
	table := &nftables.Table{Name: rules.table.Name, Family: nftables.TableFamilyBridge}
	return sourceGuard{table: table, veths: rules.options.vethPrefix(), sources: &nftables.Set{
		Table: table, ID: 3, Name: "sources",
		KeyType: nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeEtherAddr, nftables.TypeIPAddr),
	}}
}

// replace queues the table in place of what there is.
func (g sourceGuard) replace(conn *nftables.Conn, elements []nftables.SetElement) error {
	conn.AddTable(g.table)
	conn.DelTable(g.table)
	conn.AddTable(g.table)
	if err := conn.AddSet(g.sources, nil); err != nil {
		return err
	}
	if err := eachMessage(elements, func(part []nftables.SetElement) error { return conn.SetAddElements(g.sources, part) }); err != nil {
		return err
	}
	chain := conn.AddChain(&nftables.Chain{Name: "prerouting", Table: g.table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityRaw})
	const arpSenderOffset = 14 // of the sender's IPv4 address in an ARP packet
	for _, exprs := range []clause{
		rule(g.ours(), etherType(unix.ETH_P_IP), loadSource(sourceOffset), inSet(g.sources), accept()),
		rule(g.ours(), etherType(unix.ETH_P_ARP), loadSource(arpSenderOffset), inSet(g.sources), accept()),
		rule(g.ours(), drop()),
	} {
		conn.AddRule(&nftables.Rule{Table: g.table, Chain: chain, Exprs: exprs})
	}
	return nil
}

func (g sourceGuard) ours() clause {
	return meta(expr.MetaKeyIIFNAME, expr.CmpOpEq, []byte(g.veths))
}

func etherType(value uint16) clause {
	return meta(expr.MetaKeyPROTOCOL, expr.CmpOpEq, binaryutil.BigEndian.PutUint16(value))
}

// loadSource puts the key of sources into reg: the interface's name takes four
// quarters, the hardware address two, the address one.
func loadSource(addressOffset uint32) clause {
	const etherSourceOffset = 6
	return clause{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg},
		&expr.Payload{DestRegister: unix.NFT_REG32_04, Base: expr.PayloadBaseLLHeader, Offset: etherSourceOffset, Len: 6},
		&expr.Payload{DestRegister: unix.NFT_REG32_06, Base: expr.PayloadBaseNetworkHeader, Offset: addressOffset, Len: 4},
	}
}

func sourceElement(veth string, addr netip.Addr) nftables.SetElement {
	key := append(ifname(veth), macOf(addr)...)
	key = append(key, 0, 0) // to whole quarters
	return nftables.SetElement{Key: append(key, addr.AsSlice()...)}
}
