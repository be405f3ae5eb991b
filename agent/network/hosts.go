package network

import (
	"fmt"
	"net/netip"
	"strings"
)

// HostEntry is a line of a hosts file, as a container definition's extraHosts
// asks for.
type HostEntry struct {
	Addr netip.Addr
	Name string
}

// HostsFile returns the content of a sandbox's /etc/hosts: the loopback names
// that C libraries expect, its own name, then extra in order. With an invalid
// own address (mode none) the name stands for the loopback address.
func HostsFile(own netip.Addr, hostname string, extra []HostEntry) []byte {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n" +
		"::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::\tip6-localnet\n" +
		"ff00::\tip6-mcastprefix\n" +
		"ff02::1\tip6-allnodes\n" +
		"ff02::2\tip6-allrouters\n")
	if !own.IsValid() {
		own = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if hostname != "" {
		fmt.Fprintf(&b, "%v\t%s\n", own, hostname)
	}
	for _, entry := range extra {
		fmt.Fprintf(&b, "%v\t%s\n", entry.Addr, entry.Name)
	}
	return []byte(b.String())
}
