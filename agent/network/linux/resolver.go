package linux

import (
	"errors"
	"net/netip"

	"github.com/roadstead/roadstead/agent/network"
)

// Resolver is what a sandbox's resolv.conf should say: 169.254.170.2 if
// somebody answers there (Options.ResolverPort), with the host's search list
// and options; else the host's own nameservers. It is network.ErrNoNameserver
// if the host has none that a sandbox can reach.
func (n *Network) Resolver() (network.Resolver, error) {
	r, err := network.ReadResolver(network.HostResolvers()...)
	if n.options.ResolverPort != 0 && (err == nil || errors.Is(err, network.ErrNoNameserver)) {
		r.Nameservers = []netip.Addr{metadataAddress}
		return r, nil
	}
	return r, err
}

// ResolvConf is the text of a sandbox's /etc/resolv.conf, as Resolver says.
// Without a nameserver that a sandbox can reach, which Observe hears of, names
// are not resolved and everything else works.
func (n *Network) ResolvConf() string {
	r, err := n.Resolver()
	n.observe("read the host's nameservers", err)
	return string(r.File())
}
