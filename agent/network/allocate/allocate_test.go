package allocate_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/network/allocate"
	"pgregory.net/rapid"
)

func TestAddressesOldestFirst(t *testing.T) {
	a, err := allocate.NewAddresses(netip.MustParsePrefix("10.1.0.0/29"), allocate.Never, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	take := func() {
		addr, ok := a.Take()
		if !ok {
			got = append(got, "none")
			return
		}
		got = append(got, addr.String())
	}
	for range 6 {
		take()
	}
	a.Release(netip.MustParseAddr("10.1.0.4"))
	a.Release(netip.MustParseAddr("10.1.0.2"))
	take()
	take()
	want := []string{"10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6", "none", "10.1.0.4", "10.1.0.2"}
	if !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if a.Gateway().String() != "10.1.0.1" {
		t.Errorf("gateway %v", a.Gateway())
	}
}

// A restart keeps the order: never used first, then by the time of release.
func TestAddressesHistory(t *testing.T) {
	history := []uint64{0, 0, 9, 0, 7, 0, 8}
	a, err := allocate.NewAddresses(netip.MustParsePrefix("10.1.0.0/29"),
		func(offset uint32) uint64 { return history[offset] }, []netip.Addr{netip.MustParseAddr("10.1.0.5")})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10.1.0.3", "10.1.0.4", "10.1.0.6", "10.1.0.2"} {
		if addr, ok := a.Take(); !ok || addr.String() != want {
			t.Errorf("took %v %v, want %s", addr, ok, want)
		}
	}
	if addr, ok := a.Take(); ok {
		t.Errorf("took %v from an empty subnet", addr)
	}
}

func TestAddressesRefused(t *testing.T) {
	for _, prefix := range []string{"10.0.0.0/15", "10.0.0.0/30", "10.0.0.1/24", "fd00::/24"} {
		if _, err := allocate.NewAddresses(netip.MustParsePrefix(prefix), allocate.Never, nil); err == nil {
			t.Errorf("subnet %s accepted", prefix)
		}
	}
	for _, used := range []string{"10.0.0.0", "10.0.0.1", "10.0.0.255", "10.0.1.2"} {
		_, err := allocate.NewAddresses(netip.MustParsePrefix("10.0.0.0/24"), allocate.Never, []netip.Addr{netip.MustParseAddr(used)})
		if err == nil {
			t.Errorf("used address %s accepted", used)
		}
	}
}

// No address and no port is ever given to two at once, whatever the order.
func TestNeverTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addresses, _ := allocate.NewAddresses(netip.MustParsePrefix("10.1.0.0/28"), allocate.Never, nil)
		ports, _ := allocate.NewPorts(40000, 40007, func(port uint16) bool { return port == 40003 })
		held, heldPorts := []netip.Addr{}, []uint16{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				addr, ok := addresses.Take()
				if ok == (len(held) == 13) || slices.Contains(held, addr) {
					t.Fatalf("took %v %v with %v held", addr, ok, held)
				}
				if ok {
					held = append(held, addr)
				}
			case 1:
				if len(held) > 0 {
					i := rapid.IntRange(0, len(held)-1).Draw(t, "address")
					addresses.Release(held[i])
					held = slices.Delete(held, i, i+1)
				}
			case 2:
				port, ok := ports.Take(network.TCP)
				if ok == (len(heldPorts) == 7) || slices.Contains(heldPorts, port) || port == 40003 {
					t.Fatalf("took %d %v with %v held", port, ok, heldPorts)
				}
				if ok {
					heldPorts = append(heldPorts, port)
				}
			case 4:
				length := rapid.Uint16Range(1, 4).Draw(t, "length")
				first, ok := ports.TakeRange(network.TCP, length)
				fits := false
				for start := uint16(40000); start+length-1 <= 40007; start++ {
					free := true
					for i := range length {
						free = free && start+i != 40003 && !slices.Contains(heldPorts, start+i)
					}
					fits = fits || free
				}
				if ok != fits {
					t.Fatalf("a range of %d: %v with %v held", length, ok, heldPorts)
				}
				for i := range length {
					if ok && (slices.Contains(heldPorts, first+i) || first+i == 40003 || first+i > 40007) {
						t.Fatalf("took %d in a range of %d with %v held", first+i, length, heldPorts)
					}
					if ok {
						heldPorts = append(heldPorts, first+i)
					}
				}
			case 3:
				if len(heldPorts) > 0 {
					i := rapid.IntRange(0, len(heldPorts)-1).Draw(t, "port")
					ports.Release(network.TCP, heldPorts[i])
					heldPorts = slices.Delete(heldPorts, i, i+1)
				}
			}
		}
	})
}

func TestPortsGoRound(t *testing.T) {
	ports, err := allocate.NewPorts(65533, 65535, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint16
	for range 4 {
		port, ok := ports.Take(network.TCP)
		if !ok {
			t.Fatal("no port")
		}
		ports.Release(network.TCP, port)
		got = append(got, port)
	}
	if fmt.Sprint(got) != "[65533 65534 65535 65533]" {
		t.Errorf("took %v", got)
	}
	if !ports.Reserve(network.UDP, 65533) || ports.Reserve(network.UDP, 65533) || !ports.Reserve(network.TCP, 80) {
		t.Error("a port is reserved once per protocol, also outside the range")
	}
}

// TestBegin wants the whole range to be handed out, wherever it begins.
func TestBegin(t *testing.T) {
	for _, place := range []uint32{0, 1, 3, 4, 4_000_000_000} {
		p, err := allocate.NewPorts(40000, 40003, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Begin(place)
		want := 40000 + uint16(place%4)
		for i := range uint16(4) {
			if port, ok := p.Take(network.UDP); !ok || port != 40000+(want-40000+i)%4 {
				t.Errorf("from %d: port %d, %v", place, port, ok)
			}
		}
		if port, ok := p.Take(network.UDP); ok {
			t.Errorf("from %d: a fifth port %d", place, port)
		}
		if first, ok := p.TakeRange(network.TCP, 4); !ok || first != 40000 {
			t.Errorf("from %d: a range at %d, %v", place, first, ok)
		}
	}
}
