package linux

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/roadstead/roadstead/agent/network"
	"golang.org/x/sys/unix"
)

// ruleset is the instance's nftables table. Everything in it is fixed while
// the instance runs except the elements of ports, and what members add.
type ruleset struct {
	table     *nftables.Table
	ports     *nftables.Set // (protocol, host port) -> (address, container port)
	hostPorts *nftables.Set // (protocol, port) of the host that sandboxes may reach
	links     *nftables.Set // (link, address) of the interfaces of awsvpc
	addresses *nftables.Set // their addresses
	ingress   *nftables.Set // their addresses -> the chain of what may come in
	egress    *nftables.Set // their addresses -> the chain of what may go out
	bridge    string
	tasks     string // begins the names of the links of awsvpc
	subnet    netip.Prefix
	gateway   netip.Addr
	options   Options
}

// The addresses that mean something to a container on AWS.
var (
	linkLocal       = netip.MustParsePrefix("169.254.0.0/16")
	metadataAddress = netip.MustParseAddr("169.254.170.2")
	instanceAddress = netip.MustParseAddr("169.254.169.254")
	loopback        = netip.MustParsePrefix("127.0.0.0/8")
)

const (
	metadataPort = 80
	resolverPort = 53
)

// newRuleset describes the table. Sets have fixed ids, which nftables needs
// only within one transaction: the library's own counter is not safe for
// several connections at once.
func newRuleset(options Options, b bridge) ruleset {
	table := &nftables.Table{Name: options.table(), Family: nftables.TableFamilyIPv4}
	key := nftables.MustConcatSetType(nftables.TypeInetProto, nftables.TypeInetService)
	return ruleset{
		table: table,
		ports: &nftables.Set{Table: table, ID: 1, Name: "ports", IsMap: true, KeyType: key,
			DataType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService)},
		hostPorts: &nftables.Set{Table: table, ID: 2, Name: "host_ports", KeyType: key},
		links: &nftables.Set{Table: table, ID: 4, Name: "links",
			KeyType: nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeIPAddr)},
		addresses: &nftables.Set{Table: table, ID: 5, Name: "addresses", KeyType: nftables.TypeIPAddr},
		ingress:   &nftables.Set{Table: table, ID: 6, Name: "ingress", IsMap: true, KeyType: nftables.TypeIPAddr, DataType: nftables.TypeVerdict},
		egress:    &nftables.Set{Table: table, ID: 7, Name: "egress", IsMap: true, KeyType: nftables.TypeIPAddr, DataType: nftables.TypeVerdict},
		bridge:    b.name, tasks: options.taskPrefix(), subnet: b.subnet, gateway: b.gateway(), options: options,
	}
}

// replace queues the whole table, with the given port map and members, in
// place of what there is: one transaction, so no packet sees half of it.
func (r ruleset) replace(conn *nftables.Conn, elements []nftables.SetElement, members func(*nftables.Conn) error) error {
	conn.AddTable(r.table) // so that the deletion finds one
	conn.DelTable(r.table)
	conn.AddTable(r.table)
	if err := conn.AddSet(r.ports, nil); err != nil {
		return err
	}
	if err := conn.AddSet(r.hostPorts, r.hostPortElements()); err != nil {
		return err
	}
	if err := eachMessage(elements, func(part []nftables.SetElement) error { return conn.SetAddElements(r.ports, part) }); err != nil {
		return err
	}
	for _, set := range []*nftables.Set{r.links, r.addresses, r.ingress, r.egress} {
		if err := conn.AddSet(set, nil); err != nil {
			return err
		}
	}
	if err := members(conn); err != nil {
		return err
	}
	// Chains that are jumped to come first.
	r.chain(conn, "from_task", r.fromTask())
	r.chain(conn, "to_task", r.toTask())
	r.chain(conn, "task_to_host", r.taskToHost())
	r.chain(conn, "to_sandbox", r.toSandbox())
	r.chain(conn, "from_sandbox", r.fromSandbox())
	r.chain(conn, "sandbox_to_host", r.sandboxToHost())
	filter, nat := nftables.ChainTypeFilter, nftables.ChainTypeNAT
	r.hook(conn, "raw_prerouting", filter, nftables.ChainHookPrerouting, nftables.ChainPriorityRaw, r.rawPrerouting())
	r.hook(conn, "prerouting", nat, nftables.ChainHookPrerouting, nftables.ChainPriorityNATDest, r.prerouting())
	r.hook(conn, "output", nat, nftables.ChainHookOutput, nftables.ChainPriorityNATDest, r.output())
	r.hook(conn, "input", filter, nftables.ChainHookInput, nftables.ChainPriorityFilter, []clause{
		rule(iifname(r.bridge), jump("sandbox_to_host")),
		rule(iifnamePrefix(r.tasks), jump("task_to_host"))})
	r.hook(conn, "forward", filter, nftables.ChainHookForward, nftables.ChainPriorityFilter, []clause{
		rule(iifnamePrefix(r.tasks), jump("from_task")),
		// Before anything is let through that stays on the bridge: a route of
		// ours may lead there.
		rule(iifname(r.bridge), daddr(linkLocal), established(), accept()),
		rule(iifname(r.bridge), daddr(linkLocal), rejectTCP()),
		rule(iifname(r.bridge), daddr(linkLocal), reject()),
		rule(oifname(r.bridge), jump("to_sandbox")),
		rule(iifname(r.bridge), jump("from_sandbox")),
		rule(oifnamePrefix(r.tasks), jump("to_task"))})
	r.hook(conn, "postrouting", nat, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource, r.postrouting())
	return nil
}

func (r ruleset) chain(conn *nftables.Conn, name string, rules []clause) {
	r.fill(conn, &nftables.Chain{Name: name, Table: r.table}, rules)
}

func (r ruleset) hook(conn *nftables.Conn, name string, kind nftables.ChainType, hook *nftables.ChainHook, priority *nftables.ChainPriority, rules []clause) {
	r.fill(conn, &nftables.Chain{Name: name, Table: r.table, Type: kind, Hooknum: hook, Priority: priority}, rules)
}

func (r ruleset) fill(conn *nftables.Conn, chain *nftables.Chain, rules []clause) {
	conn.AddChain(chain)
	for _, exprs := range rules {
		conn.AddRule(&nftables.Rule{Table: r.table, Chain: chain, Exprs: exprs})
	}
}

// rawPrerouting sees packets before any address is translated back: route_localnet
// lets a loopback destination through, which is for replies only.
func (r ruleset) rawPrerouting() []clause {
	return []clause{
		rule(iifname(r.bridge), daddr(loopback), drop()),
		rule(iifname(r.bridge), saddrNot(r.subnet), drop()),
		rule(iifnamePrefix(r.tasks), daddr(loopback), drop()),
		rule(iifnamePrefix(r.tasks), loadLinkAndSource(), notInSet(r.links), drop()),
	}
}

func (r ruleset) prerouting() []clause {
	var rules []clause
	answer := func(protocol byte, port, by uint16) {
		if by == 0 {
			return
		}
		for _, from := range []clause{iifname(r.bridge), iifnamePrefix(r.tasks)} {
			rules = append(rules, rule(from, daddr(host(metadataAddress)), dport(protocol, port), dnatTo(r.gateway, by)))
		}
	}
	answer(unix.IPPROTO_TCP, metadataPort, r.options.MetadataPort)
	answer(unix.IPPROTO_UDP, resolverPort, r.options.ResolverPort)
	answer(unix.IPPROTO_TCP, resolverPort, r.options.ResolverPort)
	return append(rules, rule(toThisHost(), dnatByMap(r.ports)))
}

// output is what the host itself sends, and so do the tasks in its network: they
// ask at 169.254.170.2, too, and keep the host's address.
func (r ruleset) output() []clause {
	rules := []clause{rule(toThisHost(), dnatByMap(r.ports))}
	for _, a := range r.options.answers() {
		rules = append(rules, rule(daddr(host(a.asked)), dport(unix.IPPROTO_TCP, metadataPort), dnatTo(r.gateway, a.by)))
	}
	return rules
}

// answer is an address at which the host may ask, and the port on the gateway's
// address that answers it.
type answer struct {
	asked netip.Addr
	by    uint16
}

func (o Options) answers() (all []answer) {
	for _, a := range []answer{{metadataAddress, o.MetadataPort}, {instanceAddress, o.InstancePort}} {
		if a.by != 0 {
			all = append(all, a)
		}
	}
	return all
}

// postrouting lets replies find their way: from the world, from a sandbox that
// called a published port of its own bridge, and to the host's loopback. On
// this host everybody finds the interfaces of awsvpc, which so learn the true
// addresses of their peers.
func (r ruleset) postrouting() []clause {
	return []clause{
		rule(oifnamePrefix(taskPrefix), accept()),
		rule(oifnameNotPrefix(bridgePrefix), clause{loadAddress(reg, sourceOffset)}, inSet(r.addresses), masquerade()),
		rule(oifnameNot(r.bridge), saddr(r.subnet), masquerade()),
		rule(oifname(r.bridge), saddr(r.subnet), published(), masquerade()),
		rule(oifname(r.bridge), saddr(loopback), masquerade()),
	}
}

func (r ruleset) toSandbox() []clause {
	return []clause{
		rule(established(), accept()),
		rule(iifname(r.bridge), accept()), // bridged, where br_netfilter shows it
		rule(published(), accept()),
		rule(rejectTCP()),
		rule(reject()),
	}
}

func (r ruleset) fromSandbox() []clause {
	return []clause{
		rule(established(), accept()),
		rule(oifnamePrefix(bridgePrefix), notPublished(), rejectTCP()),
		rule(oifnamePrefix(bridgePrefix), notPublished(), reject()),
	}
}

func (r ruleset) sandboxToHost() []clause {
	return []clause{
		rule(established(), accept()),
		rule(echoRequest(), accept()),
		rule(loadProtocolAndPort(), inSet(r.hostPorts), accept()),
		rule(rejectTCP()),
		rule(reject()),
	}
}

// fromTask is what awsvpc tasks send to others. Groups judge the destination
// that a published port leads to. What goes out unhindered still has to be let
// in.
func (r ruleset) fromTask() []clause {
	return []clause{
		rule(established(), accept()),
		rule(daddr(linkLocal), rejectTCP()),
		rule(daddr(linkLocal), reject()),
		rule(clause{loadAddress(reg, sourceOffset)}, notInSet(r.addresses), drop()),
		rule(clause{loadAddress(reg, sourceOffset)}, jumpByMap(r.egress)),
		rule(oifnamePrefix(bridgePrefix), notPublished(), rejectTCP()),
		rule(oifnamePrefix(bridgePrefix), notPublished(), reject()),
	}
}

// toTask is what comes to awsvpc tasks from others; the host itself is not
// asked. Who has no policy gets nothing.
func (r ruleset) toTask() []clause {
	return []clause{
		rule(established(), accept()),
		rule(clause{loadAddress(reg, destinationOffset)}, jumpByMap(r.ingress)),
		rule(drop()),
	}
}

// taskToHost is what awsvpc tasks send to the host. As on AWS no group stands
// between a task and 169.254.170.2.
func (r ruleset) taskToHost() []clause {
	return []clause{
		rule(established(), accept()),
		rule(published(), loadProtocolAndPort(), inSet(r.hostPorts), accept()),
		rule(clause{loadAddress(reg, sourceOffset)}, notInSet(r.addresses), drop()),
		rule(clause{loadAddress(reg, sourceOffset)}, jumpByMap(r.egress)),
		rule(echoRequest(), accept()),
		rule(loadProtocolAndPort(), inSet(r.hostPorts), accept()),
		rule(rejectTCP()),
		rule(reject()),
	}
}

// hostPortElements are the ports of the host that sandboxes may reach: those
// that answer 169.254.170.2 and those that the options name.
func (r ruleset) hostPortElements() []nftables.SetElement {
	var elements []nftables.SetElement
	seen := make(map[HostPort]bool)
	allow := func(protocol network.Protocol, port uint16) {
		if p := (HostPort{protocol, port}); port != 0 && !seen[p] {
			seen[p] = true
			elements = append(elements, nftables.SetElement{Key: portKey(protocol, port)})
		}
	}
	allow(network.TCP, r.options.MetadataPort)
	allow(network.TCP, r.options.ResolverPort)
	allow(network.UDP, r.options.ResolverPort)
	for _, p := range r.options.HostPorts {
		allow(p.Protocol, p.Port)
	}
	return elements
}

// portElement is one published port in the map.
func portElement(addr netip.Addr, b network.Binding) nftables.SetElement {
	value := append(addr.AsSlice(), binaryutil.BigEndian.PutUint16(b.ContainerPort)...)
	return nftables.SetElement{Key: portKey(b.Protocol, b.HostPort), Val: append(value, 0, 0)}
}

// portKey is a protocol and a port as a concatenation: each in four bytes.
func portKey(protocol network.Protocol, port uint16) []byte {
	return append([]byte{protocolNumber(protocol), 0, 0, 0, byte(port >> 8), byte(port)}, 0, 0)
}

func protocolNumber(protocol network.Protocol) byte {
	if protocol == network.UDP {
		return unix.IPPROTO_UDP
	}
	return unix.IPPROTO_TCP
}
