package network_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/network"
)

func TestReadResolver(t *testing.T) {
	for _, test := range []struct {
		name        string
		files       []string // "-": the file does not exist
		want        string
		unreachable bool
	}{
		{"plain", []string{"nameserver 10.0.0.2\nsearch a.example b.example\noptions ndots:5 timeout:1\n"},
			"nameserver 10.0.0.2\nsearch a.example b.example\noptions ndots:5 timeout:1\n", false},
		{"comments and unknown words", []string{"# one\n; two\nnameserver 10.0.0.2 # three\nsortlist x\nnameserver bogus\nnameserver\n"},
			"nameserver 10.0.0.2\n", false},
		{"last search counts", []string{"domain first\nsearch second third\nnameserver 10.0.0.2"},
			"nameserver 10.0.0.2\nsearch second third\n", false},
		{"systemd-resolved", []string{"nameserver 127.0.0.53\noptions edns0\n", "nameserver 192.0.2.1\nsearch lan\n"},
			"nameserver 192.0.2.1\nsearch lan\n", false},
		{"loopback and IPv6 are left out", []string{"nameserver ::1\nnameserver 2001:db8::1\nnameserver 127.0.0.1\nnameserver ::ffff:10.0.0.2\n"},
			"nameserver 10.0.0.2\n", false},
		{"three are enough", []string{strings.Repeat("nameserver 10.0.0.2\n", 5)}, strings.Repeat("nameserver 10.0.0.2\n", 3), false},
		{"only loopback", []string{"nameserver 127.0.0.1\nsearch lan\n", "-"}, "search lan\n", true},
		{"no file", []string{"-", "-"}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var paths []string
			for i, content := range test.files {
				path := filepath.Join(t.TempDir(), string(rune('a'+i)))
				paths = append(paths, path)
				if content == "-" {
					continue
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r, err := network.ReadResolver(paths...)
			if errors.Is(err, network.ErrNoNameserver) != test.unreachable || !test.unreachable && err != nil {
				t.Errorf("error %v", err)
			}
			if got := string(r.File()); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestHostsFile(t *testing.T) {
	got := string(network.HostsFile(netip.MustParseAddr("10.120.0.2"), "web", []network.HostEntry{
		{Addr: netip.MustParseAddr("10.0.0.9"), Name: "db"}}))
	if !strings.HasPrefix(got, "127.0.0.1\tlocalhost\n") || !strings.HasSuffix(got, "\n10.120.0.2\tweb\n10.0.0.9\tdb\n") {
		t.Errorf("hosts file %q", got)
	}
	if got := string(network.HostsFile(netip.Addr{}, "alone", nil)); !strings.HasSuffix(got, "\n127.0.0.1\talone\n") {
		t.Errorf("hosts file %q", got)
	}
}

func TestPortErrorWording(t *testing.T) {
	err := error(&network.PortError{Port: 80, Protocol: network.TCP})
	if err.Error() != "Bind for 0.0.0.0:80 failed: port is already allocated" || !errors.Is(err, network.ErrPortInUse) {
		t.Errorf("error %v", err)
	}
}
