package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// MaxNameservers is how many nameservers a C library asks (MAXNS of resolv.h);
// more are not written.
const MaxNameservers = 3

// ErrNoNameserver means that the host has no nameserver that a sandbox could
// reach: only loopback or IPv6 addresses, or none.
var ErrNoNameserver = errors.New("the host has no nameserver that a sandbox can reach")

// Resolver is what a resolv.conf file says.
type Resolver struct {
	Nameservers []netip.Addr
	Search      []string
	Options     []string
}

// HostResolvers are the files that say which nameservers the host uses: its
// own, and the one where systemd-resolved names those that it asks itself,
// while the first one names only a loopback address.
func HostResolvers() []string {
	return []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"}
}

// ReadResolver returns the first of the files that names a nameserver a sandbox
// can reach, with only such nameservers. Files that do not exist count as
// empty. With ErrNoNameserver the search list and options of the first file are
// returned, for a caller that has a nameserver of its own.
func ReadResolver(paths ...string) (Resolver, error) {
	var first Resolver
	for i, path := range paths {
		conf, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return Resolver{}, fmt.Errorf("read resolver configuration: %w", err)
		}
		r := ParseResolver(string(conf))
		r.Nameservers = slices.DeleteFunc(r.Nameservers, func(a netip.Addr) bool { return !a.Is4() || a.IsLoopback() })
		if len(r.Nameservers) > 0 {
			return r, nil
		}
		if i == 0 {
			first = r
		}
	}
	return first, ErrNoNameserver
}

// ParseResolver reads resolv.conf(5): what it does not know it leaves out, as
// every reader of that file does; of several search or domain lines the last
// one counts.
func ParseResolver(conf string) Resolver {
	var r Resolver
	for line := range strings.Lines(conf) {
		line, _, _ = strings.Cut(line, "#")
		line, _, _ = strings.Cut(line, ";")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if addr, err := netip.ParseAddr(fields[1]); err == nil {
				r.Nameservers = append(r.Nameservers, addr.Unmap())
			}
		case "search", "domain":
			r.Search = fields[1:]
		case "options":
			r.Options = append(r.Options, fields[1:]...)
		}
	}
	return r
}

// File returns the content of a resolv.conf file.
func (r Resolver) File() []byte {
	var b strings.Builder
	for _, addr := range r.Nameservers[:min(len(r.Nameservers), MaxNameservers)] {
		fmt.Fprintf(&b, "nameserver %v\n", addr)
	}
	if len(r.Search) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(r.Search, " "))
	}
	if len(r.Options) > 0 {
		fmt.Fprintf(&b, "options %s\n", strings.Join(r.Options, " "))
	}
	return []byte(b.String())
}
