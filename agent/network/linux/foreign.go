package linux

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
)

// Other firewalls of the host (Docker sets the policy of its FORWARD chain to
// drop, ufw and others do likewise) have chains of their own, and a packet
// must pass them all: an accept in our table does not overrule a drop in
// theirs. So their chains that drop what they do not know get rules at the
// top that accept our bridge's traffic, marked with our table's name; our own
// table has already decided what that traffic may do. Only chains of nftables,
// iptables-nft included, can be seen and changed this way.
type foreign struct {
	netns  int
	bridge string
	tasks  string // begins the names of the links of awsvpc
	mark   string
}

func (f foreign) open() (*nftables.Conn, error) {
	conn, err := nftables.New(nftables.WithNetNSFd(f.netns))
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	return conn, nil
}

// admit puts the accepting rules where they are missing.
func (f foreign) admit() error {
	conn, err := f.open()
	if err != nil {
		return err
	}
	chains, err := f.chains(conn)
	if err != nil {
		return err
	}
	var failed error
	for _, chain := range chains {
		rules, err := conn.GetRules(chain.Table, chain)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("list rules of %s: %w", chainName(chain), err))
			continue
		}
		if len(f.marked(rules)) > 0 || !refusesByDefault(chain, rules) {
			continue
		}
		f.insert(conn, chain)
		if err := conn.Flush(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("admit %s in %s: %w", f.bridge, chainName(chain), err))
		}
	}
	return failed
}

// withdraw removes every rule that admit has put anywhere.
func (f foreign) withdraw() error {
	conn, err := f.open()
	if err != nil {
		return err
	}
	chains, err := f.chains(conn)
	if err != nil {
		return err
	}
	for _, chain := range chains {
		rules, err := conn.GetRules(chain.Table, chain)
		if err != nil {
			return fmt.Errorf("list rules of %s: %w", chainName(chain), err)
		}
		for _, r := range f.marked(rules) {
			if err := conn.DelRule(r); err != nil {
				return fmt.Errorf("remove rule from %s: %w", chainName(chain), err)
			}
		}
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("remove rules from other tables: %w", err)
	}
	return nil
}

// chains returns the base chains of others that filter what is forwarded or
// comes in.
func (f foreign) chains(conn *nftables.Conn) ([]*nftables.Chain, error) {
	all, err := conn.ListChains()
	if err != nil {
		return nil, fmt.Errorf("list chains: %w", err)
	}
	var chains []*nftables.Chain
	for _, c := range all {
		family := c.Table.Family == nftables.TableFamilyIPv4 || c.Table.Family == nftables.TableFamilyINet
		if family && c.Hooknum != nil && c.Type == nftables.ChainTypeFilter && !strings.HasPrefix(c.Table.Name, tablePrefix) &&
			(*c.Hooknum == *nftables.ChainHookForward || *c.Hooknum == *nftables.ChainHookInput) {
			chains = append(chains, c)
		}
	}
	return chains, nil
}

// insert queues the accepting rules; each goes to the top.
func (f foreign) insert(conn *nftables.Conn, chain *nftables.Chain) {
	matches := []clause{iifname(f.bridge), iifnamePrefix(f.tasks)}
	if *chain.Hooknum == *nftables.ChainHookForward {
		matches = append(matches, oifname(f.bridge), oifnamePrefix(f.tasks))
	}
	for _, match := range matches {
		conn.InsertRule(&nftables.Rule{
			Table: chain.Table, Chain: chain,
			// iptables prints only rules that count.
			Exprs:    rule(match, clause{&expr.Counter{}}, accept()),
			UserData: userdata.AppendString(nil, userdata.TypeComment, f.mark),
		})
	}
}

func (f foreign) marked(rules []*nftables.Rule) []*nftables.Rule {
	var ours []*nftables.Rule
	for _, r := range rules {
		if comment, ok := userdata.GetString(r.UserData, userdata.TypeComment); ok && comment == f.mark {
			ours = append(ours, r)
		}
	}
	return ours
}

// refusesByDefault says whether the chain drops what none of its rules names,
// by its policy or by a last rule without a condition.
func refusesByDefault(chain *nftables.Chain, rules []*nftables.Rule) bool {
	if chain.Policy != nil && *chain.Policy == nftables.ChainPolicyDrop {
		return true
	}
	if len(rules) == 0 {
		return false
	}
	for _, e := range rules[len(rules)-1].Exprs {
		switch e := e.(type) {
		case *expr.Counter, *expr.Log:
		case *expr.Reject:
			return true
		case *expr.Verdict:
			return e.Kind == expr.VerdictDrop
		default:
			return false
		}
	}
	return false
}

func chainName(c *nftables.Chain) string { return c.Table.Name + " " + c.Name }
