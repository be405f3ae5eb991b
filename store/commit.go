package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// pending is a change on its way into the log.
type pending struct {
	change model.Change
	muts   []Mutation
	size   int
	// done is closed when rev and err are set.
	done chan struct{}
	rev  model.Revision
	err  error
}

func (p *pending) finish(rev model.Revision, err error) {
	p.rev, p.err = rev, err
	close(p.done)
}

// Commit makes the change and returns the revision that it led to; Views
// taken afterwards show it. If a guard does not hold it returns a
// *ConflictError and nothing was written; see the other errors for what else
// can happen. Changes that were committed together have the same revision.
//
// The nouns in the change belong to the store from now on, whatever Commit
// returns. A change without writes only checks its guards.
//
// When ctx ends before the change was given to the log, nothing is written;
// afterwards Commit returns ErrUnknown unless the log has answered.
func (db *DB) Commit(ctx context.Context, c model.Change) (model.Revision, error) {
	muts, size, err := db.schema.encode(c)
	if err != nil {
		return 0, fmt.Errorf("store: commit: %w", err)
	}
	db.refuseShared(c)
	p := &pending{change: c, muts: muts, size: size, done: make(chan struct{})}
	if err := db.enqueue(p); err != nil {
		return 0, fmt.Errorf("store: commit: %w", err)
	}
	if err := db.await(ctx, p); err != nil {
		return 0, fmt.Errorf("store: commit: %w", err)
	}
	// gofail: var storeCommitted struct{}
	return p.rev, nil
}

// refuseShared panics if a noun of the tables was changed in place and handed
// back: snapshots would not be immutable.
func (db *DB) refuseShared(c model.Change) {
	v := db.View()
	for _, w := range c.Writes {
		if was, ok := v.Lookup(w.Key); ok && was == w.Noun {
			panic("store: " + w.Key.String() + " was changed in place: clone what a View returns")
		}
	}
}

// Outcome is what became of one of several changes: what Commit would have
// returned.
type Outcome struct {
	Rev model.Revision
	Err error
}

// CommitAll makes each of the changes as Commit does, with its own guards and its
// own outcome, and as many of them in one transaction as it takes. They are made
// in their order, except that one which touches what an earlier one writes is
// judged once that is in the tables, and so after others.
func (db *DB) CommitAll(ctx context.Context, changes []model.Change) []Outcome {
	outcomes := make([]Outcome, len(changes))
	waiting := make([]*pending, len(changes))
	var batch []*pending
	for i, c := range changes {
		muts, size, err := db.schema.encode(c)
		if err != nil {
			outcomes[i].Err = fmt.Errorf("store: commit: %w", err)
			continue
		}
		db.refuseShared(c)
		waiting[i] = &pending{change: c, muts: muts, size: size, done: make(chan struct{})}
		batch = append(batch, waiting[i])
	}
	refused := db.enqueue(batch...)
	for i, p := range waiting {
		if p == nil {
			continue
		}
		err := refused
		if err == nil {
			err = db.await(ctx, p)
		}
		if err != nil {
			outcomes[i].Err = fmt.Errorf("store: commit: %w", err)
			continue
		}
		outcomes[i].Rev = p.rev
	}
	return outcomes
}

// enqueue lets changes wait for the log, all of them or none.
func (db *DB) enqueue(ps ...*pending) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if len(db.queue)+len(ps) > MaxQueue {
		return fmt.Errorf("%w: %d commits are waiting", ErrUnavailable, len(db.queue))
	}
	db.queue = append(db.queue, ps...)
	return nil
}

// Waiting returns how many commits wait for the log; a measure of load.
func (db *DB) Waiting() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return len(db.queue)
}

// await waits until p is done. Whoever gets the turn while waiting writes a
// batch, its own change and what has gathered behind it, so batches grow with
// the load and nobody has to be woken to write.
func (db *DB) await(ctx context.Context, p *pending) error {
	for {
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			return db.abandon(ctx, p)
		default: // those first, so that with one goroutine nothing is left to chance
		}
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			return db.abandon(ctx, p)
		case db.turn <- struct{}{}:
			db.flush(context.WithoutCancel(ctx), p)
			<-db.turn
		}
	}
}

// abandon ends the wait for p when its context has ended.
func (db *DB) abandon(ctx context.Context, p *pending) error {
	if db.withdraw(p) {
		return ctx.Err()
	}
	select {
	case <-p.done:
		return p.err
	default:
		return fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
	}
}

// withdraw takes p out of the queue; false when it is no longer there.
func (db *DB) withdraw(p *pending) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	at := slices.Index(db.queue, p)
	if at < 0 {
		return false
	}
	db.queue = slices.Delete(db.queue, at, at+1)
	return true
}

// flush writes one batch, unless p was done before the turn came. The caller
// holds the turn.
func (db *DB) flush(ctx context.Context, p *pending) {
	select {
	case <-p.done:
		return
	default:
	}
	if err := db.settle(ctx); err != nil {
		for _, q := range db.takeAll() {
			q.finish(0, err)
		}
		return
	}
	batch := db.gather()
	if len(batch) == 0 {
		return
	}
	var muts []Mutation
	for _, q := range batch {
		muts = append(muts, q.muts...)
	}
	if mutant.On(mutant.WriteUnsaved) && db.state.rev%64 == 63 {
		db.applied(db.state.rev+1, batch)
		return
	}
	// gofail: var storeBeforeAppend struct{}
	rev, err := db.log.Append(ctx, db.state.rev, muts)
	// gofail: var storeAppended struct{}
	switch {
	case err == nil:
		db.applied(rev, batch)
	case definite(err):
		db.refused(batch, err)
	default:
		db.unsettled = batch
		db.resolve(ctx, err)
	}
}
