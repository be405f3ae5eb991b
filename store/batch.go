package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// takeAll empties the queue.
func (db *DB) takeAll() []*pending {
	db.mu.Lock()
	defer db.mu.Unlock()
	all := db.queue
	db.queue = nil
	return all
}

// gather takes the next batch from the queue. Changes whose guards do not
// hold are finished on the way. A change that reads or writes what the batch
// already writes stays in the queue: it is judged by what the tables say once
// the batch is in them, so conflicts are exact and no key is in a batch twice.
func (db *DB) gather() []*pending {
	var batch, later []*pending
	written := map[model.Key]bool{}
	taken, waiting, given := newRoom(), crowd{}, addresses{}
	size := 0
	queue := db.takeAll()
	for i, p := range queue {
		if len(batch) > 0 && (len(written)+len(p.muts) > db.limit || size+p.size > MaxChangeBytes) {
			later = append(later, queue[i:]...)
			break
		}
		if touches(p, written) {
			later = append(later, p)
			continue
		}
		if err := db.check(p, taken, waiting, given); err != nil {
			p.finish(0, err)
			continue
		}
		if len(p.muts) == 0 {
			p.finish(db.state.rev, nil)
			continue
		}
		for _, m := range p.muts {
			written[m.Key] = true
		}
		size += p.size
		batch = append(batch, p)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.queue = append(later, db.queue...)
	return batch
}

func touches(p *pending, written map[model.Key]bool) bool {
	if len(written) == 0 {
		return false
	}
	for _, g := range p.change.Guards {
		if written[g.Key] {
			return true
		}
	}
	for _, m := range p.muts {
		if written[m.Key] {
			return true
		}
	}
	return false
}

// check reports why a change cannot be made now. What it takes of instances'
// room is counted in taken, the tasks that it lets wait in waiting, and the
// addresses that it gives in given.
func (db *DB) check(p *pending, taken room, waiting crowd, given addresses) error {
	if !db.leading {
		return ErrNotLeader
	}
	for _, g := range p.change.Guards {
		if db.state.revOf(g.Key) != g.Rev && !mutant.On(mutant.GuardsUnchecked) {
			return &ConflictError{g.Key}
		}
	}
	addresses, err := given.free(db.state, p.change)
	if err != nil {
		return err
	}
	gave, err := taken.add(db.state, p.change)
	if err != nil {
		return err
	}
	if err := waiting.add(db.state, p.change); err != nil {
		return err
	}
	if gave {
		if p.muts, p.size, err = db.schema.encode(p.change); err != nil {
			return fmt.Errorf("store: commit: %w", err)
		}
	}
	for _, a := range addresses {
		given[a] = true
	}
	return nil
}

// applied brings a batch that is in the log into the tables.
func (db *DB) applied(rev model.Revision, batch []*pending) {
	var changes []change
	for _, p := range batch {
		for _, w := range p.change.Writes {
			c := change{table: db.schema.byKind[w.Key.Kind], id: w.Key.ID}
			if w.Noun != nil {
				w.Noun.Metadata().Rev = rev
				c.row = &row{w.Key.ID, w.Noun}
			}
			changes = append(changes, c)
		}
	}
	db.publish(db.state.apply(rev, changes), db.state.keysOf(changes))
	for _, p := range batch {
		p.finish(rev, nil)
	}
}

// refused finishes a batch that is certainly not in the log.
func (db *DB) refused(batch []*pending, err error) {
	if errors.Is(err, ErrNotLeader) && !mutant.On(mutant.DeposedUnnoticed) {
		db.leading = false
	}
	for _, p := range batch {
		p.finish(0, err)
	}
}

// definite reports that an error of Append means that nothing was added.
func definite(err error) bool {
	var conflict *ConflictError
	return errors.Is(err, ErrNotLeader) || errors.Is(err, ErrNoSpace) || errors.Is(err, ErrTooLarge) ||
		errors.As(err, &conflict)
}

// resolve finds out what became of the unsettled batch, whose Append failed
// with cause, and finishes it. If that cannot be found out now the committers
// are told so, and settle tries again before anything else is written.
func (db *DB) resolve(ctx context.Context, cause error) {
	batch := db.unsettled
	head, added, err := db.log.Settle(ctx, db.state.rev)
	switch {
	case err == nil && added && !mutant.On(mutant.OutcomeMisjudged):
		db.unsettled = nil
		db.applied(head, batch)
	case err == nil:
		db.unsettled = nil
		db.skip(head)
		db.refused(batch, fmt.Errorf("%w: %w", ErrUnavailable, cause))
	default:
		if errors.Is(err, ErrNotLeader) {
			// The next leader's log has the answer; Lead reads it.
			db.unsettled, db.leading = nil, false
		}
		for _, p := range batch {
			p.finish(0, fmt.Errorf("%w: %w", ErrUnknown, cause))
		}
	}
}

// settle finds out about a batch that earlier commits left with an unknown
// outcome. Its committers have been answered already.
func (db *DB) settle(ctx context.Context) error {
	if db.unsettled == nil {
		return nil
	}
	head, added, err := db.log.Settle(ctx, db.state.rev)
	if err != nil {
		if errors.Is(err, ErrNotLeader) {
			db.unsettled, db.leading = nil, false
			return err
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	batch := db.unsettled
	db.unsettled = nil
	if !added || mutant.On(mutant.AbandonedBatch) {
		db.skip(head)
		return nil
	}
	for i, p := range batch { // done already: only the tables need them
		batch[i] = &pending{change: p.change, done: make(chan struct{})}
	}
	db.applied(head, batch)
	return nil
}

// skip moves the tables to a revision that changed nothing.
func (db *DB) skip(head model.Revision) {
	if head > db.state.rev {
		db.view.Store(db.state.apply(head, nil))
	}
}
