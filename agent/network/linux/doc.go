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
//	link  rtmain-0001     the host's end of the veth of an awsvpc task; the other is its eth0
//	table ip roadstead-main       port map, NAT, what sandboxes may reach, security groups
//	table bridge roadstead-main   the source addresses that sandboxes may use
//
// and below Options.Dir, which ought to be on a tmpfs so that it vanishes with
// the kernel's objects when the machine restarts:
//
//	instance.json         the subnet and the sysctls as they were found
//	netns/10.120.0.2      a network namespace, bind-mounted; netns/awsvpc-172.31.0.5 of a task
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
// # Network mode awsvpc
//
// A task's namespace has one eth0 with the address and the hardware address
// that the control plane gave it. No bridge is in between: the host routes the
// address (a /32 route) to its end of the veth, the namespace sends everything
// to the subnet's gateway, whose hardware address is a fixed neighbour entry and
// stands for the host. So the gateway's address is nowhere configured and the
// subnet need not exist on the host.
//
// Security groups are sets and chains of the table: group_ID holds the
// addresses of the interfaces on this host that are in the group, those of other
// instances of the same process included (Options.Neighbours), a chain
// in_HASH or out_HASH what the groups of an interface allow it together, shared
// by all interfaces with the same rules. The maps ingress and egress lead from an
// address to its chains. A change is one transaction. Rules only allow, answers
// are always let through, what no rule allows is dropped without an answer.
// Exceptions, as on AWS or stated here: 169.254.170.2 is reachable whatever the
// groups say, 169.254.169.254 is never; and the host itself reaches its tasks
// always, because load balancers, health checks and people on it must. Tasks in
// bridge mode are judged by their own addresses, which are in no group. To the
// world a task has the host's address.
//
// # Sysctls
//
// Open sets net.ipv4.ip_forward and the bridge's route_localnet (connections
// of the host to 127.0.0.1:PORT leave through the bridge), and nothing else.
// Destroy sets ip_forward back if Open changed it and no other bridge is left
// that might rely on it.
package linux
