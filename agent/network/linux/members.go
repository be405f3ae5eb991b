package linux

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// members are the interfaces that the firewall guards, and the sets of their
// groups. Guarded by firewall.mu; changed under firewall.kernel only.
type members struct {
	byAddr map[netip.Addr]*member
	sets   map[string]*nftables.Set // by group; its ID stays while it is there
	serial uint32                   // of the latest set
	abroad map[netip.Addr][]string  // the groups of interfaces of other instances
}

// firstGroupSet is beyond the fixed sets' ids.
const firstGroupSet = 100

func newMembers() members {
	return members{byAddr: map[netip.Addr]*member{}, sets: map[string]*nftables.Set{}, serial: firstGroupSet, abroad: map[netip.Addr][]string{}}
}

// uses says whether a member other than the one at an address needs a chain, or
// a set.
func (m *members) uses(except netip.Addr, chain, group string) bool {
	for addr, other := range m.byAddr {
		if addr == except {
			continue
		}
		if other.ingress.chain == chain || other.egress.chain == chain || slices.Contains(other.sets(), group) {
			return true
		}
	}
	return false
}

func (m *members) set(table *nftables.Table, group string) (s *nftables.Set, made bool) {
	if s = m.sets[group]; s != nil {
		return s, false
	}
	m.serial++
	s = &nftables.Set{Table: table, ID: m.serial, Name: groupSet(group), KeyType: nftables.TypeIPAddr}
	m.sets[group] = s
	return s, true
}

func groupSet(group string) string { return "group_" + group }

// expectMember says which interface there should be without telling the kernel
// yet.
func (f *firewall) expectMember(now *member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members.byAddr[now.addr] = now
	for _, group := range now.sets() {
		f.members.set(f.rules.table, group)
	}
}

// changeMember makes the interface with an address another one: one that was
// not there (before), one that is gone (now is nil), or one with other groups.
// It is one transaction, so nobody passes between two policies.
func (f *firewall) changeMember(addr netip.Addr, now *member) error {
	if err := f.changeOwn(addr, now); err != nil {
		return err
	}
	var groups []string
	if now != nil {
		groups = now.groups
	}
	return f.neighbours.tell(f, addr, groups)
}

func (f *firewall) changeOwn(addr netip.Addr, now *member) error {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	err := f.exchange(addr, now)
	if errors.Is(err, unix.ENOENT) {
		// The table is gone: somebody flushed the host's ruleset.
		if _, err = f.replaceLocked(); err == nil {
			err = f.exchange(addr, now)
		}
	}
	if err != nil {
		return fmt.Errorf("change firewall: %w", err)
	}
	return nil
}

func (f *firewall) exchange(addr netip.Addr, now *member) error {
	conn, err := f.connection()
	if err != nil {
		return err
	}
	f.mu.Lock()
	before := f.members.byAddr[addr]
	made, err := f.queueMember(conn, before, now)
	f.mu.Unlock()
	if err == nil {
		err = conn.Flush()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		for _, group := range made {
			delete(f.members.sets, group)
		}
		f.closeConn()
		return err
	}
	if now == nil {
		delete(f.members.byAddr, addr)
	} else {
		f.members.byAddr[addr] = now
	}
	for _, group := range before.sets() {
		if !slices.Contains(now.sets(), group) && !f.members.uses(addr, "", group) {
			delete(f.members.sets, group)
		}
	}
	return nil
}

// queueMember queues the difference between two members of one address: first
// what is new, in the order in which things refer to each other, then what
// nobody needs any more, in the reverse.
func (f *firewall) queueMember(conn *nftables.Conn, before, now *member) (made []string, err error) {
	addr := anyMember(before, now).addr
	for _, group := range now.sets() {
		if set, isNew := f.members.set(f.rules.table, group); isNew {
			made = append(made, group)
			err = errors.Join(err, conn.AddSet(set, f.members.elementsAbroad(group)))
		}
	}
	for _, p := range now.policies() {
		if !slices.ContainsFunc(before.policies(), p.same) && !f.members.uses(addr, p.chain, "") {
			f.rules.chain(conn, p.chain, p.compile(f.members.sets))
		}
	}
	err = errors.Join(err, f.eachElement(before, func(set *nftables.Set, e nftables.SetElement) error {
		return conn.SetDeleteElements(set, []nftables.SetElement{{Key: e.Key}})
	}), f.eachElement(now, func(set *nftables.Set, e nftables.SetElement) error {
		return conn.SetAddElements(set, []nftables.SetElement{e})
	}))
	for _, p := range before.policies() {
		if !slices.ContainsFunc(now.policies(), p.same) && !f.members.uses(addr, p.chain, "") {
			chain := &nftables.Chain{Name: p.chain, Table: f.rules.table}
			conn.FlushChain(chain)
			conn.DelChain(chain)
		}
	}
	for _, group := range before.sets() {
		if !slices.Contains(now.sets(), group) && !f.members.uses(addr, "", group) {
			conn.DelSet(f.members.sets[group])
		}
	}
	return made, err
}

func anyMember(a, b *member) *member {
	if a != nil {
		return a
	}
	return b
}

func (p policy) same(other policy) bool { return p.chain == other.chain }

// eachElement calls f for every element of a set that is there for a member.
func (f *firewall) eachElement(m *member, do func(*nftables.Set, nftables.SetElement) error) error {
	if m == nil {
		return nil
	}
	jumpTo := func(chain string) *expr.Verdict { return &expr.Verdict{Kind: expr.VerdictJump, Chain: chain} }
	key := m.addr.AsSlice()
	err := errors.Join(
		do(f.rules.links, nftables.SetElement{Key: append(ifname(m.link), key...)}),
		do(f.rules.addresses, nftables.SetElement{Key: key}),
		do(f.rules.ingress, nftables.SetElement{Key: key, VerdictData: jumpTo(m.ingress.chain)}),
		do(f.rules.egress, nftables.SetElement{Key: key, VerdictData: jumpTo(m.egress.chain)}))
	for _, group := range m.groups {
		err = errors.Join(err, do(f.members.sets[group], nftables.SetElement{Key: key}))
	}
	return err
}

// composeMembers queues all members for a table that was made anew.
func (f *firewall) composeMembers(conn *nftables.Conn) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	for _, group := range slices.Sorted(maps.Keys(f.members.sets)) {
		err = errors.Join(err, conn.AddSet(f.members.sets[group], f.members.elementsAbroad(group)))
	}
	chains := map[string]bool{}
	all := slices.SortedFunc(maps.Values(f.members.byAddr), func(a, b *member) int { return a.addr.Compare(b.addr) })
	for _, m := range all {
		for _, p := range m.policies() {
			if !chains[p.chain] {
				chains[p.chain] = true
				f.rules.chain(conn, p.chain, p.compile(f.members.sets))
			}
		}
	}
	for _, m := range all {
		err = errors.Join(err, f.eachElement(m, func(set *nftables.Set, e nftables.SetElement) error {
			return conn.SetAddElements(set, []nftables.SetElement{e})
		}))
	}
	return err
}
