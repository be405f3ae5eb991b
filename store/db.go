package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/roadstead/roadstead/model"
)

// Options of a DB. The zero value is what production uses.
type Options struct {
	// Tables are the tables to keep; nil means Tables().
	Tables []Table
	// BatchWrites is how many writes are gathered into one transaction of the
	// log; 0 means DefaultBatchWrites.
	BatchWrites int
	// Standby opens without waiting to lead: the tables are as they were when
	// the log was read. Call Lead to keep them fresh and to lead in the end.
	Standby bool
}

// DB is the tables over a log. All methods may be called concurrently.
type DB struct {
	log    Log
	schema *schema
	limit  int
	view   atomic.Pointer[snapshot]

	// turn is held by whoever changes the tables; it guards what follows.
	turn      chan struct{}
	state     *state
	leading   bool
	unsettled []*pending // written with an unknown outcome, not yet found out
	term      Term       // the last one of this process

	mu        sync.Mutex // guards what follows
	queue     []*pending
	watches   []*Watch
	listeners []func(View, []model.Key)
}

// Open replays the log into tables. Unless Standby is set it first waits
// until this process leads.
func Open(ctx context.Context, log Log, opts Options) (*DB, error) {
	if opts.Tables == nil {
		opts.Tables = Tables()
	}
	if opts.BatchWrites == 0 {
		opts.BatchWrites = DefaultBatchWrites
	}
	s, err := newSchema(opts.Tables)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db := &DB{log: log, schema: s, limit: opts.BatchWrites, turn: make(chan struct{}, 1)}
	var term Term
	if !opts.Standby {
		if term, err = log.Lead(ctx); err != nil {
			return nil, fmt.Errorf("store: open: lead: %w", err)
		}
	}
	if db.state, err = load(ctx, s, log); err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db.view.Store(db.state.last)
	if opts.Standby {
		return db, nil
	}
	if db.state.rev != term.Head {
		return nil, fmt.Errorf("store: open: log is at %d, not at %d: %w", db.state.rev, term.Head, ErrNotLeader)
	}
	db.leading, db.term = true, term
	return db, nil
}

// View returns the tables as they are now.
func (db *DB) View() View { return View{db.view.Load()} }

// OnCommit has f called after every transaction, in order, with the tables as
// they then are and the keys that it wrote, in key order. f runs while the
// committer waits: it must be quick and must not commit. There is no way to
// unsubscribe; use Watch for anything that ends before the DB does.
func (db *DB) OnCommit(f func(View, []model.Key)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.listeners = append(slices.Clip(db.listeners), f)
}

// publish shows a snapshot and tells who wants to know; the caller holds the
// turn.
func (db *DB) publish(s *snapshot, keys []model.Key) {
	db.view.Store(s)
	db.mu.Lock()
	listeners, watches := db.listeners, db.watches
	db.mu.Unlock()
	for _, f := range listeners {
		f(View{s}, keys)
	}
	for _, w := range watches {
		w.add(keys)
	}
}
