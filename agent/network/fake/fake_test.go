package fake_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/fake"
	"github.com/roadstead/roadstead/agent/network/networktest"
)

type host struct{ *fake.Host }

func (h host) Open(testing.TB) network.Network { return h.Host.Open() }
func (h host) Crash(testing.TB)                {}
func (h host) Occupy(_ testing.TB, protocol network.Protocol, port uint16) {
	h.Host.Occupy(protocol, port, true)
}

func newHost(t testing.TB, options fake.Options) host {
	t.Helper()
	h, err := fake.NewHost(options)
	if err != nil {
		t.Fatal(err)
	}
	return host{h}
}

func TestContract(t *testing.T) {
	networktest.Run(t, func(t testing.TB) networktest.Host { return newHost(t, fake.Options{}) })
}

func TestFail(t *testing.T) {
	broken := errors.New("broken")
	n := newHost(t, fake.Options{Fail: func(operation, id string) error {
		if operation == "attach" && id == "a" {
			return broken
		}
		return nil
	}}).Open(t)
	request := network.Request{ID: "a", Mode: network.Bridge}
	if _, err := n.Attach(t.Context(), request); !errors.Is(err, broken) {
		t.Errorf("attach: %v, want broken", err)
	}
	request.ID = "b"
	if _, err := n.Attach(t.Context(), request); err != nil {
		t.Error(err)
	}
}

func TestExhausted(t *testing.T) {
	n := newHost(t, fake.Options{Subnet: netip.MustParsePrefix("10.0.0.0/29"), FirstPort: 40000, LastPort: 40001}).Open(t)
	web := network.PortRequest{ContainerPort: 80}
	_, err := n.Attach(t.Context(), network.Request{ID: "a", Mode: network.Bridge, Ports: []network.PortRequest{web, web, web}})
	if !errors.Is(err, network.ErrNoPorts) {
		t.Errorf("third port of two: %v, want ErrNoPorts", err)
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		if _, err := n.Attach(t.Context(), network.Request{ID: id, Mode: network.Bridge}); err != nil {
			t.Error(err)
		}
	}
	if _, err := n.Attach(t.Context(), network.Request{ID: "f", Mode: network.Bridge, Ports: []network.PortRequest{web, web}}); !errors.Is(err, network.ErrNoAddress) {
		t.Errorf("sixth address of five: %v, want ErrNoAddress", err)
	}
	if _, err := n.Attach(t.Context(), network.Request{ID: "f", Mode: network.None}); err != nil {
		t.Error(err)
	}
}
