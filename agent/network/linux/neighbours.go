package linux

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/google/nftables"
)

// Neighbours are the instances of one process on one host. They tell each other
// which interfaces are in which groups, so that a rule that names a group means
// its interfaces on every one of them. The zero value is ready for use.
type Neighbours struct {
	mu    sync.Mutex
	known []*firewall
}

// join adds an instance: it learns of the others' interfaces, and they of its.
func (n *Neighbours) join(f *firewall) {
	if n == nil {
		return
	}
	n.mu.Lock()
	others := slices.Clone(n.known)
	n.known = append(n.known, f)
	n.mu.Unlock()
	for _, other := range others {
		for addr, groups := range other.membership() {
			f.hear(addr, groups)
		}
		for addr, groups := range f.membership() {
			other.hear(addr, groups)
		}
	}
}

// leave removes an instance. Its interfaces are there until they are detached,
// which nobody would tell: they stay known until the others begin anew.
func (n *Neighbours) leave(f *firewall) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known = slices.DeleteFunc(n.known, func(other *firewall) bool { return other == f })
}

// tell tells the others which groups an interface of f is in now.
func (n *Neighbours) tell(f *firewall, addr netip.Addr, groups []string) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	others := slices.Clone(n.known)
	n.mu.Unlock()
	var failed error
	for _, other := range others {
		if other != f {
			failed = errors.Join(failed, other.hear(addr, groups))
		}
	}
	return failed
}

// membership returns the groups of the instance's own interfaces.
func (f *firewall) membership() map[netip.Addr][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[netip.Addr][]string, len(f.members.byAddr))
	for addr, m := range f.members.byAddr {
		all[addr] = m.groups
	}
	return all
}

// hear takes over which groups an interface of another instance is in. Only the
// sets that a rule or a member of this instance needs are there.
func (f *firewall) hear(addr netip.Addr, groups []string) error {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	conn, err := f.connection()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	element := []nftables.SetElement{{Key: addr.AsSlice()}}
	for _, group := range f.members.abroad[addr] {
		set, own := f.members.sets[group], f.members.byAddr[addr]
		if set != nil && !slices.Contains(groups, group) && (own == nil || !slices.Contains(own.groups, group)) {
			err = errors.Join(err, conn.SetDeleteElements(set, element))
		}
	}
	for _, group := range groups {
		if set := f.members.sets[group]; set != nil && !slices.Contains(f.members.abroad[addr], group) {
			err = errors.Join(err, conn.SetAddElements(set, element))
		}
	}
	if err == nil {
		err = conn.Flush()
	}
	if len(groups) == 0 {
		delete(f.members.abroad, addr)
	} else {
		f.members.abroad[addr] = slices.Clone(groups)
	}
	if err != nil {
		f.closeConn() // a later replacement of the table makes up for it
		return fmt.Errorf("hear of an interface of another instance: %w", err)
	}
	return nil
}

// elementsAbroad are the elements of a group's set that other instances have.
func (m *members) elementsAbroad(group string) (elements []nftables.SetElement) {
	for addr, groups := range m.abroad {
		if slices.Contains(groups, group) {
			elements = append(elements, nftables.SetElement{Key: addr.AsSlice()})
		}
	}
	return elements
}
