package networktest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
)

// awsvpc asks for a sandbox with the address 172.31.0.last.
func awsvpc(id string, last byte) network.Request {
	return network.Request{ID: id, Mode: network.AWSVPC, Interface: &network.Interface{
		MAC: fmt.Sprintf("0a:00:00:00:00:%02x", last), Address: netip.AddrFrom4([4]byte{172, 31, 0, last}),
		Gateway: netip.MustParsePrefix("172.31.0.1/20"),
		Groups: []network.SecurityGroup{{ID: "sg-default",
			Ingress: []network.SecurityRule{{Protocol: network.AllProtocols, Group: "sg-default"}},
			Egress:  []network.SecurityRule{{Protocol: network.AllProtocols, CIDR: netip.MustParsePrefix("0.0.0.0/0")}}}},
	}}
}

// An address belongs to one sandbox at a time, and only the groups of an
// interface may change.
func testAWSVPC(t *testing.T, host Host) {
	n := host.Open(t)
	a := attach(t, n, awsvpc("a", 5))
	wantEqual(t, "attachment", a, network.Attachment{ID: "a", Mode: network.AWSVPC, NetNSPath: a.NetNSPath,
		IPv4: netip.MustParseAddr("172.31.0.5"), Gateway: netip.MustParseAddr("172.31.0.1")})
	wantEqual(t, "second attach", attach(t, n, awsvpc("a", 5)), a)
	if _, err := n.Attach(t.Context(), awsvpc("a", 6)); !errors.Is(err, network.ErrMismatch) {
		t.Errorf("another address: %v, want ErrMismatch", err)
	}
	if _, err := n.Attach(t.Context(), awsvpc("b", 5)); !errors.Is(err, network.ErrAddressInUse) {
		t.Errorf("the same address: %v, want ErrAddressInUse", err)
	}
	other := awsvpc("a", 5)
	other.Interface.Groups[0].Ingress = nil
	other.Interface.Groups = append(other.Interface.Groups, network.SecurityGroup{ID: "sg-other",
		Ingress: []network.SecurityRule{{Protocol: "6", FromPort: 80, ToPort: 80, Group: "sg-default"}}})
	wantEqual(t, "other groups", attach(t, n, other), a)
	b := attach(t, n, awsvpc("b", 6))
	if b.NetNSPath == a.NetNSPath {
		t.Errorf("both have the namespace %s", a.NetNSPath)
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{a, b})
	if err := n.Detach(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "list", list(t, n), []network.Attachment{b})
	attach(t, n, awsvpc("c", 5))
	for name, spoil := range map[string]func(i *network.Interface){
		"hardware address": func(i *network.Interface) { i.MAC = "0a-00" },
		"many cast":        func(i *network.Interface) { i.MAC = "01:00:00:00:00:05" },
		"no address":       func(i *network.Interface) { i.Address = netip.Addr{} },
		"gateway":          func(i *network.Interface) { i.Gateway = netip.MustParsePrefix("10.0.0.1/20") },
		"groups":           func(i *network.Interface) { i.Groups = slices.Repeat(i.Groups, network.MaxGroups+1) },
		"group's name":     func(i *network.Interface) { i.Groups[0].ID = "a b" },
		"rules": func(i *network.Interface) {
			i.Groups[0].Ingress = slices.Repeat(i.Groups[0].Ingress, network.MaxRules)
		},
		"ports": func(i *network.Interface) {
			i.Groups[0].Ingress[0] = network.SecurityRule{Protocol: "tcp", FromPort: 2, ToPort: 1, Group: "sg-a"}
		},
		"protocol": func(i *network.Interface) { i.Groups[0].Ingress[0].Protocol = "http" },
		"nobody":   func(i *network.Interface) { i.Groups[0].Ingress[0].Group = "" },
	} {
		request := awsvpc("d", 7)
		spoil(request.Interface)
		if _, err := n.Attach(t.Context(), request); !errors.Is(err, network.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}
