// Package linux is the network of a container instance in the Linux kernel:
// a bridge, a namespace and a veth pair for each sandbox, and one nftables
// table, made with netlink alone and with no program of the host.
//
// It decides how a request of package network becomes kernel objects, and what
// a sandbox may reach. It may not decide which task runs or which sandbox is
// no longer wanted: the agent says so.
//
// # What exists
//
// For an instance named "main" with the subnet 10.120.0.0/20, in the host's
// network namespace (Options.HostNS):
//
//	link  rs-main         the bridge, 10.120.0.1/20, the sandboxes' gateway
//	link  rvmain-0002     the host's end of the veth of 10.120.0.2; the other is its eth0
//	table ip roadstead-main       port map, NAT, what sandboxes may reach
//	table bridge roadstead-main   the source addresses that sandboxes may use
//
// and below Options.Dir, which ought to be on a tmpfs so that it vanishes with
// the kernel's objects when the machine restarts:
//
//	instance.json         the subnet and the sysctls as they were found
//	netns/10.120.0.2      a network namespace, bind-mounted
//	sandboxes/ID.json     the sandbox ID: its request, namespace, address, ports
//	released              when each address was last released (8 bytes each)
//	lock                  held by the one process that uses the directory
//
// A record is written after its namespace is complete and removed after the
// namespace is gone, and Open replaces the table as a whole from the records,
// so a kill at any point leaves either a sandbox that List shows or a
// namespace without a record, which Open removes.
//
// # Ports
//
// A published port is an element of one nftables map, (protocol, host port) to
// (address, container port), consulted in prerouting (traffic from outside and
// from sandboxes) and output (traffic of the host itself, also to 127.0.0.1).
// A socket bound to the port, which never listens, keeps it from other
// programs of the host, so that a conflict is found in both directions, and
// keeps the host's own outgoing connections from using it as their source
// port. The sockets vanish with the process; Open binds them again. If another
// program was quicker the mapping stays in force, for it acts before any
// socket is looked up, and Observe hears of it. Connections of the host that
// happened to use the port as their source before it was published are not
// disturbed either: NAT maps are only consulted for the first packet of a
// connection.
//
// # What a sandbox may reach
//
// Other sandboxes of the same bridge, and the world through NAT. On the host
// only 169.254.170.2 (Options.MetadataPort and ResolverPort), published ports,
// and Options.HostPorts; never a loopback address. Not 169.254.169.254 or any
// other link-local address, and not the sandboxes of another instance except
// through their published ports. Nobody outside reaches a sandbox except
// through its published ports. Packets with another source address than the
// sandbox's own are dropped where the kernel can filter bridges, so the source
// address tells which task is speaking.
//
// # Sysctls
//
// Open sets net.ipv4.ip_forward and the bridge's route_localnet (connections
// of the host to 127.0.0.1:PORT leave through the bridge), and nothing else.
// Destroy sets ip_forward back if Open changed it and no other bridge is left
// that might rely on it.
package linux
