package linux

import (
	"os/exec"
	"slices"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// nft runs f with an nftables connection of the lab's host.
func (l *lab) nft(t testing.TB, f func(*nftables.Conn) error) {
	t.Helper()
	l.in(t, l.host, func() error {
		conn, err := nftables.New()
		if err == nil {
			err = f(conn)
		}
		return err
	})
}

// A host whose own firewall drops what it does not know, as one with Docker
// does, or ufw, or one with a last rule that rejects, passes our traffic.
func TestForeignFirewalls(t *testing.T) {
	drop := nftables.ChainPolicyDrop
	tables := map[string]*nftables.Table{
		"docker":    {Name: "filter", Family: nftables.TableFamilyIPv4},
		"last rule": {Name: "firewall", Family: nftables.TableFamilyINet},
	}
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			var forward, input *nftables.Chain
			l.nft(t, func(conn *nftables.Conn) error {
				conn.AddTable(table)
				forward = &nftables.Chain{Name: "FORWARD", Table: table, Type: nftables.ChainTypeFilter,
					Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter}
				input = &nftables.Chain{Name: "INPUT", Table: table, Type: nftables.ChainTypeFilter,
					Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter}
				for _, chain := range []*nftables.Chain{forward, input} {
					if name == "docker" {
						chain.Policy = &drop
						conn.AddChain(chain)
						continue
					}
					conn.AddChain(chain)
					conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: rule(l4proto(unix.IPPROTO_SCTP), accept())})
					conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: rule(clause{&expr.Counter{}}, verdict(expr.VerdictDrop))})
				}
				return conn.Flush()
			})
			before := l.ruleset(t)
			n := l.open(t, Options{MetadataPort: 51679})
			a := attach(t, n, "a", web)
			l.serveTCP(t, a.NetNSPath, ":80", "a")
			l.serveTCP(t, l.outside, ":8000", "world")
			l.serveTCP(t, l.host, at(n.Gateway(), 51679), "metadata")
			wantAnswer(t, l.outside, "tcp", at(hostAddr, a.Bindings[0].HostPort), "a", outsideAddr)
			wantAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000), "world", hostAddr)
			wantAnswer(t, a.NetNSPath, "tcp", at(metadataAddress, 80), "metadata", a.IPv4)

			// The other firewall starts again: without our rules until Repair.
			l.nft(t, func(conn *nftables.Conn) error {
				for _, chain := range []*nftables.Chain{forward, input} {
					rules, err := conn.GetRules(table, chain)
					if err != nil {
						return err
					}
					for _, r := range n.foreign.marked(rules) {
						if err := conn.DelRule(r); err != nil {
							return err
						}
					}
				}
				return conn.Flush()
			})
			wantNoAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000))
			for range 2 {
				if err := n.Repair(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			wantAnswer(t, a.NetNSPath, "tcp", at(outsideAddr, 8000), "world", hostAddr)
			if err := n.Destroy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after := l.ruleset(t); !slices.Equal(before, after) {
				t.Errorf("ruleset after Destroy: %v, before: %v", after, before)
			}
		})
	}
}

// ruleset names every table, chain and number of rules of the lab's host.
func (l *lab) ruleset(t testing.TB) []string {
	t.Helper()
	var names []string
	l.nft(t, func(conn *nftables.Conn) error {
		tables, err := conn.ListTables()
		if err != nil {
			return err
		}
		for _, table := range tables {
			names = append(names, table.Name)
		}
		chains, err := conn.ListChains()
		if err != nil {
			return err
		}
		for _, chain := range chains {
			rules, err := conn.GetRules(chain.Table, chain)
			if err != nil {
				return err
			}
			names = append(names, chainName(chain), string(rune('0'+len(rules))))
		}
		return nil
	})
	return names
}

// Somebody flushes the whole ruleset: the next change puts it back, and so
// does Repair.
func TestFlushedRuleset(t *testing.T) {
	l := newLab(t)
	n := l.open(t, Options{})
	a := attach(t, n, "a", web)
	l.serveTCP(t, a.NetNSPath, ":80", "a")
	flush := func() {
		l.nft(t, func(conn *nftables.Conn) error { conn.FlushRuleset(); return conn.Flush() })
		wantRefused(t, l.host, "tcp", at(localhost, a.Bindings[0].HostPort))
	}
	flush()
	b := attach(t, n, "b", web)
	l.serveTCP(t, b.NetNSPath, ":80", "b")
	wantAnswer(t, l.host, "tcp", at(localhost, a.Bindings[0].HostPort), "a", a.Gateway)
	wantAnswer(t, l.host, "tcp", at(localhost, b.Bindings[0].HostPort), "b", b.Gateway)
	flush()
	if err := n.Detach(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l.host, "tcp", at(localhost, a.Bindings[0].HostPort), "a", a.Gateway)
	flush()
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l.host, "tcp", at(localhost, a.Bindings[0].HostPort), "a", a.Gateway)
}

// The real iptables, where it is installed, still reads its table.
func TestIptablesReadsItsTable(t *testing.T) {
	iptables, err := exec.LookPath("iptables-nft")
	if err != nil {
		t.Skip("iptables-nft is not installed: cannot show that it reads a chain with our rules")
	}
	l := newLab(t)
	run := func(args ...string) string {
		var out []byte
		l.in(t, l.host, func() (err error) {
			out, err = exec.Command(iptables, args...).CombinedOutput()
			return err
		})
		return string(out)
	}
	run("-P", "FORWARD", "DROP")
	n := l.open(t, Options{})
	want := "-P FORWARD DROP\n"
	for _, match := range []string{"-o rtmain-+", "-o rs-main", "-i rtmain-+", "-i rs-main"} {
		want += "-A FORWARD " + match + " -m comment --comment roadstead-main -j ACCEPT\n"
	}
	if got := run("-S", "FORWARD"); got != want {
		t.Errorf("iptables -S: %q, want %q", got, want)
	}
	if err := n.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := run("-S", "FORWARD"); got != "-P FORWARD DROP\n" {
		t.Errorf("iptables -S after Destroy: %q", got)
	}
}
