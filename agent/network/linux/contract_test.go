package linux

import (
	"net"
	"strconv"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/networktest"
)

// contractHost is a lab as the contract wants it.
type contractHost struct {
	lab  *lab
	open *Network
}

func (h *contractHost) Open(t testing.TB) network.Network {
	h.open = h.lab.open(t, Options{})
	return h.open
}

func (h *contractHost) Crash(t testing.TB) { crash(h.open) }

func (h *contractHost) Occupy(t testing.TB, protocol network.Protocol, port uint16) {
	h.lab.in(t, h.lab.host, func() error {
		address := ":" + strconv.Itoa(int(port))
		if protocol == network.UDP {
			conn, err := net.ListenPacket("udp4", address)
			if err == nil {
				t.Cleanup(func() { _ = conn.Close() })
			}
			return err
		}
		listener, err := net.Listen("tcp4", address)
		if err == nil {
			t.Cleanup(func() { _ = listener.Close() })
		}
		return err
	})
}

// crash does to a Network what the kernel does when its process is killed: it
// closes its files and sockets and nothing else.
func crash(n *Network) {
	n.gate.Lock()
	defer n.gate.Unlock()
	if !n.closed {
		n.shut()
		n.release()
	}
}

func TestContract(t *testing.T) {
	networktest.Run(t, func(t testing.TB) networktest.Host { return &contractHost{lab: newLab(t)} })
}
