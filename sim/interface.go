package sim

import (
	"errors"
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
		var err error
		for _, i := range l.payload.Interfaces {
			_, err = a.network.Attach(a.w.ctx, network.Request{ID: taskSandbox(l.payload), Mode: network.AWSVPC, Interface: interfaceOf(i)})
			f = failure("ResourceInitializationError: failed to configure ENI", err)
		}
		if errors.Is(err, network.ErrAddressInUse) {
			a.occupied(l, f)
		} else {
			l.task.Connected(a.node.now(), f)
		}
		a.act(l)
	})
}

// occupied tells a task that the network of another one has its address still, and
// checks that it waits for that ("address").
func (a *agent) occupied(l *live, f step.Failure) {
	ran := l.task.Payload().DesiredStatus == step.Running
	l.task.Occupied(a.node.now(), f)
	if ran && !l.waited && l.task.Payload().DesiredStatus != step.Running {
		a.w.fail("address", "task %s does not wait until the one that had its address has gone", taskID(l.payload.ARN))
	}
	l.waited = true
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
