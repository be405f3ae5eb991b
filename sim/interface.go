package sim

import (
	"net/netip"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// taskSandbox names the sandbox that the containers of an awsvpc task share.
func taskSandbox(t acs.Task) string { return taskID(t.ARN) + ".task" }

// plugIn makes the network that the containers of a task share. What its
// groups allow is no part of the simulation.
func (a *agent) plugIn(l *live) {
	a.soon(a.moment(), func() {
		f := step.Failure("ResourceInitializationError: failed to configure ENI: the task has none")
		for _, i := range l.payload.Interfaces {
			_, err := a.network.Attach(a.w.ctx, network.Request{ID: taskSandbox(l.payload), Mode: network.AWSVPC, Interface: interfaceOf(i)})
			f = failure("ResourceInitializationError: failed to configure ENI", err)
		}
		l.task.Connected(a.node.now(), f)
		a.act(l)
	})
}

// interfaceOf returns an interface as the network wants it, which refuses what
// cannot be read.
func interfaceOf(in acs.NetworkInterface) *network.Interface {
	out := &network.Interface{MAC: in.MACAddress}
	for _, addr := range in.IPv4Addresses {
		out.Address, _ = netip.ParseAddr(addr.PrivateAddress)
	}
	out.Gateway, _ = netip.ParsePrefix(in.Gateway)
	return out
}
