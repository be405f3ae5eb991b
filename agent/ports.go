package agent

import (
	"fmt"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// portRequest asks for what a port mapping says.
func portRequest(m acs.PortMapping) network.PortRequest {
	out := network.PortRequest{ContainerPort: uint16(m.ContainerPort), HostPort: uint16(m.HostPort), Protocol: network.Protocol(m.Protocol)}
	if first, length := m.PortRange(); length > 0 {
		out.ContainerPort, out.HostPort, out.Length = uint16(first), 0, uint16(length)
	}
	return out
}

// bindings returns the published ports of a container: those of a range as one.
// The network lists them one by one in the order of the port mappings.
func bindings(c acs.Container, a network.Attachment) (out []step.Binding) {
	at := 0
	for _, m := range c.PortMappings {
		_, length := m.PortRange()
		some := a.Bindings[min(at, len(a.Bindings)):min(at+max(1, length), len(a.Bindings))]
		at += len(some)
		if len(some) == 0 {
			break
		}
		b, last := some[0], some[len(some)-1]
		if length == 0 {
			out = append(out, step.Binding{BindIP: b.BindIP.String(), ContainerPort: int(b.ContainerPort), HostPort: int(b.HostPort), Protocol: string(b.Protocol)})
			continue
		}
		out = append(out, step.Binding{BindIP: b.BindIP.String(), Protocol: string(b.Protocol),
			ContainerPortRange: fmt.Sprintf("%d-%d", b.ContainerPort, last.ContainerPort),
			HostPortRange:      fmt.Sprintf("%d-%d", b.HostPort, last.HostPort)})
	}
	return out
}
