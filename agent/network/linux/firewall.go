package linux

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// firewall keeps the instance's tables in the kernel and changes the elements
// of their sets. Changes that arrive while one is under way go together in the
// next transaction.
type firewall struct {
	rules  ruleset
	source sourceGuard
	netns  int // the host's namespace

	neighbours *Neighbours // nil: none

	kernel sync.Mutex     // held while tables are changed: a replacement must miss no element
	conn   *nftables.Conn // under kernel; nil before the first change and after an error

	mu      sync.Mutex // never held during a system call
	waiting []*pendingChange
	busy    bool
	guarded bool // the kernel has the source guard's table
	desired map[*nftables.Set]elementsByKey
	members members
}

// elementsByKey is what a set should hold.
type elementsByKey map[string]nftables.SetElement

// elementChange adds elements to a set, or removes them.
type elementChange struct {
	set      *nftables.Set
	remove   bool
	elements []nftables.SetElement
}

type pendingChange struct {
	changes []elementChange
	done    chan error
}

func newFirewall(rules ruleset, netns int) *firewall {
	f := &firewall{rules: rules, source: newSourceGuard(rules), netns: netns, members: newMembers()}
	f.desired = map[*nftables.Set]elementsByKey{rules.ports: {}, f.source.sources: {}}
	return f
}

// expect says what a set should hold without telling the kernel yet.
func (f *firewall) expect(changes ...elementChange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		for _, element := range c.elements {
			if c.remove {
				delete(f.desired[c.set], string(element.Key))
			} else {
				f.desired[c.set][string(element.Key)] = element
			}
		}
	}
}

func (f *firewall) expected(set *nftables.Set) []nftables.SetElement {
	f.mu.Lock()
	defer f.mu.Unlock()
	elements := make([]nftables.SetElement, 0, len(f.desired[set]))
	for _, element := range f.desired[set] {
		elements = append(elements, element)
	}
	return elements
}

// replace makes the tables anew with the elements they should hold. The error
// unguarded is not fatal: the kernel cannot filter bridges.
func (f *firewall) replace() (unguarded, err error) {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	return f.replaceLocked()
}

func (f *firewall) replaceLocked() (unguarded, err error) {
	if err := f.replaceTable(func(conn *nftables.Conn) error {
		return f.rules.replace(conn, f.expected(f.rules.ports), f.composeMembers)
	}); err != nil {
		return nil, fmt.Errorf("replace table %s: %w", f.rules.table.Name, err)
	}
	if unguarded = f.replaceTable(func(conn *nftables.Conn) error {
		return f.source.replace(conn, f.expected(f.source.sources))
	}); unguarded != nil {
		unguarded = fmt.Errorf("guard the source addresses of sandboxes: %w", unguarded)
	}
	f.mu.Lock()
	f.guarded = unguarded == nil
	f.mu.Unlock()
	return unguarded, nil
}

func (f *firewall) replaceTable(compose func(*nftables.Conn) error) error {
	// One transaction is one datagram, and 100 ports for each of 960 sandboxes
	// are more than a socket's ordinary buffer.
	const buffer = 32 << 20
	conn, err := nftables.New(nftables.WithNetNSFd(f.netns), nftables.WithSockOptions(func(c *netlink.Conn) error {
		return errors.Join(c.SetWriteBuffer(buffer), c.SetReadBuffer(buffer))
	}))
	if err != nil {
		return fmt.Errorf("open nftables: %w", err)
	}
	if err := compose(conn); err != nil {
		return err
	}
	return conn.Flush()
}

// change makes the changes and returns when the kernel has them all, or after
// an error none. Removing what is not there is no error.
func (f *firewall) change(changes ...elementChange) error {
	changes = slices.DeleteFunc(changes, func(c elementChange) bool { return len(c.elements) == 0 })
	c := &pendingChange{changes: changes, done: make(chan error, 1)}
	f.mu.Lock()
	f.waiting = append(f.waiting, c)
	if f.busy {
		f.mu.Unlock()
		return <-c.done
	}
	f.busy = true
	for len(f.waiting) > 0 {
		batch := f.waiting
		f.waiting = nil
		f.mu.Unlock()
		f.kernel.Lock()
		f.commit(batch)
		f.kernel.Unlock()
		f.mu.Lock()
	}
	f.busy = false
	f.mu.Unlock()
	return <-c.done
}

// commit sends a batch; if the kernel refuses it, each change by itself, so
// that one cannot fail another.
func (f *firewall) commit(batch []*pendingChange) {
	err := f.send(batch)
	if err != nil && len(batch) > 1 {
		for _, c := range batch {
			f.commit([]*pendingChange{c})
		}
		return
	}
	for _, c := range batch {
		if err == nil {
			f.expect(c.changes...)
		}
		c.done <- err
	}
}

func (f *firewall) send(batch []*pendingChange) error {
	err := f.transact(batch)
	if errors.Is(err, unix.ENOENT) {
		// A table or an element is gone: somebody flushed the host's ruleset.
		if _, err = f.replaceLocked(); err == nil {
			err = f.transact(batch)
		}
	}
	if err != nil {
		return fmt.Errorf("change firewall: %w", err)
	}
	return nil
}

// connection returns the lasting one; f.kernel is held.
func (f *firewall) connection() (*nftables.Conn, error) {
	if f.conn == nil {
		conn, err := nftables.New(nftables.WithNetNSFd(f.netns), nftables.AsLasting())
		if err != nil {
			return nil, fmt.Errorf("open nftables: %w", err)
		}
		f.conn = conn
	}
	return f.conn, nil
}

func (f *firewall) transact(batch []*pendingChange) error {
	if _, err := f.connection(); err != nil {
		return err
	}
	err := f.queue(batch)
	if err == nil {
		err = f.conn.Flush()
	}
	if err != nil {
		f.closeConn() // it may have answers left that nobody asked for
	}
	return err
}

func (f *firewall) queue(batch []*pendingChange) error {
	for _, pending := range batch {
		for _, c := range pending.changes {
			send := f.conn.SetAddElements
			if c.remove {
				send = f.conn.SetDeleteElements
			}
			if err := eachMessage(f.effective(c), func(part []nftables.SetElement) error { return send(c.set, part) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// effective returns the elements of a change that the kernel needs to hear of.
func (f *firewall) effective(c elementChange) []nftables.SetElement {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.set == f.source.sources && !f.guarded {
		return nil
	}
	if !c.remove {
		return c.elements
	}
	var there []nftables.SetElement
	for _, element := range c.elements {
		if _, ok := f.desired[c.set][string(element.Key)]; ok {
			there = append(there, element)
		}
	}
	return there
}

func (f *firewall) closeConn() {
	if f.conn != nil {
		_ = f.conn.CloseLasting()
		f.conn = nil
	}
}

func (f *firewall) close() {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	f.closeConn()
}

// present says whether the kernel still has the tables.
func (f *firewall) present() (bool, error) {
	conn, err := nftables.New(nftables.WithNetNSFd(f.netns))
	if err != nil {
		return false, fmt.Errorf("open nftables: %w", err)
	}
	tables, err := conn.ListTables()
	if err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	f.mu.Lock()
	missing := 1
	if f.guarded {
		missing = 2
	}
	f.mu.Unlock()
	for _, t := range tables {
		if t.Name == f.rules.table.Name && (t.Family == f.rules.table.Family || t.Family == f.source.table.Family) {
			missing--
		}
	}
	return missing <= 0, nil
}

// remove removes the tables.
func (f *firewall) remove() error {
	f.close()
	for _, table := range []*nftables.Table{f.rules.table, f.source.table} {
		err := f.replaceTable(func(conn *nftables.Conn) error {
			conn.AddTable(table) // so that the deletion finds one
			conn.DelTable(table)
			return nil
		})
		if err != nil && table == f.rules.table {
			return fmt.Errorf("remove table %s: %w", table.Name, err)
		}
	}
	return nil
}

// eachMessage splits elements into parts small enough for one netlink message,
// whose attributes end at 64 KiB.
func eachMessage(elements []nftables.SetElement, send func([]nftables.SetElement) error) error {
	const perMessage = 500
	for part := range slices.Chunk(elements, perMessage) {
		if err := send(part); err != nil {
			return err
		}
	}
	return nil
}
