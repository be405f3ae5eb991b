package linux

import (
	"strings"
	"testing"
)

// With a resolver of ours the host's nameservers do not matter, whatever this
// machine has.
func TestResolvConf(t *testing.T) {
	n := &Network{options: Options{ResolverPort: 5300, Observe: func(e Event) { t.Errorf("observed %s: %v", e.Operation, e.Err) }}}
	if got := n.ResolvConf(); !strings.HasPrefix(got, "nameserver 169.254.170.2\n") || strings.Count(got, "nameserver") != 1 {
		t.Errorf("resolv.conf %q", got)
	}
}
