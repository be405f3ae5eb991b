// Package memlog is a store.Log in memory, for tests and the simulator.
//
// It decides nothing by itself: it starts no goroutine, reads no clock and
// draws no randomness, so equal calls have equal results. Faults are asked of
// a hook. Several processes share one log through Peer; the latest to lead
// fences the others. Nothing survives the Go process.
package memlog

import (
	"slices"
	"sync"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// DefaultHistory is how many transactions are kept for followers.
const DefaultHistory = 4096

// pageSize is how many entries Load hands over at a time.
const pageSize = 10000

// Options of a log.
type Options struct {
	// Fault is asked before every operation what is to go wrong; nil means
	// nothing ever does.
	Fault func(Op) Fault
	// History is how many transactions followers can catch up on; 0 means
	// DefaultHistory.
	History int
}

// Log is one process's handle of a log.
type Log struct {
	disk  *disk
	fault func(Op) Fault
	lost  chan struct{} // of the current term; the disk's mutex guards it
}

// disk is what all handles share.
type disk struct {
	mu      sync.Mutex
	head    model.Revision
	entries map[model.Key]store.Entry
	history []transaction
	limit   int
	first   model.Revision // every transaction behind this one is in history
	fenced  model.Revision // the last transaction that Settle made
	leader  *Log
	moved   chan struct{} // closed and replaced when head moves
}

type transaction struct {
	rev  model.Revision
	muts []store.Mutation
}

// New returns an empty log.
func New(opts Options) *Log {
	if opts.History == 0 {
		opts.History = DefaultHistory
	}
	d := &disk{entries: map[model.Key]store.Entry{}, limit: opts.History, moved: make(chan struct{})}
	return &Log{disk: d, fault: opts.Fault}
}

// Peer returns another process's handle of the same log, with its own faults;
// fault may be nil. Opening a DB on it is what a failover is.
func (l *Log) Peer(fault func(Op) Fault) *Log { return &Log{disk: l.disk, fault: fault} }

// add makes a transaction of muts.
func (d *disk) add(muts []store.Mutation) {
	d.head++
	for _, m := range muts {
		if m.Value == nil {
			delete(d.entries, m.Key)
		} else {
			d.entries[m.Key] = store.Entry{Key: m.Key, Value: m.Value, Rev: d.head}
		}
	}
	d.history = append(d.history, transaction{d.head, muts})
	if len(d.history) > 2*d.limit {
		d.history = slices.Clone(d.history[d.limit:])
		d.first = d.history[0].rev - 1
	}
	close(d.moved)
	d.moved = make(chan struct{})
}

// fence makes an empty transaction, so that nothing can be appended after
// what was the head.
func (d *disk) fence() {
	d.add(nil)
	d.fenced = d.head
}

// depose ends the current term.
func (d *disk) depose() {
	if d.leader != nil {
		close(d.leader.lost)
		d.leader = nil
	}
}

// behind returns the transactions behind a revision, and a channel that is
// closed when there are more.
func (d *disk) behind(after model.Revision) ([]transaction, <-chan struct{}, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if after < d.first {
		return nil, nil, store.ErrCompacted
	}
	at, _ := slices.BinarySearchFunc(d.history, after+1, func(t transaction, r model.Revision) int {
		return int(t.rev - r)
	})
	return d.history[at:len(d.history):len(d.history)], d.moved, nil
}
