package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/roadstead/roadstead/model"
)

var errCaughtUp = errors.New("caught up")

// Leading reports whether this process leads, as far as it knows.
func (db *DB) Leading() bool {
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	return db.leading
}

// Lost is closed once the current term is known to have ended; nil when this
// process has never led.
func (db *DB) Lost() <-chan struct{} {
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	return db.term.Lost
}

// Lead keeps the tables as fresh as the log while another process leads, and
// returns nil once this process leads and its tables show everything before
// its term. It returns early with ctx's error or the log's.
func (db *DB) Lead(ctx context.Context) error {
	if db.Leading() {
		return nil
	}
	followCtx, stop := context.WithCancel(ctx)
	defer stop()
	var term Term
	var leadErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		term, leadErr = db.log.Lead(followCtx)
		stop()
	})
	followErr := db.follow(followCtx, nil)
	stop()
	wg.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("store: lead: %w", ctx.Err())
	case leadErr != nil && !errors.Is(followErr, context.Canceled):
		return fmt.Errorf("store: lead: %w", followErr)
	case leadErr != nil:
		return fmt.Errorf("store: lead: %w", leadErr)
	}
	if err := db.follow(ctx, &term.Head); err != nil && !errors.Is(err, errCaughtUp) {
		return fmt.Errorf("store: lead: %w", err)
	}
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	db.leading, db.term = true, term
	return nil
}

// follow applies the log's transactions to the tables, up to the revision
// until, which may be nil. It always returns an error.
func (db *DB) follow(ctx context.Context, until *model.Revision) error {
	for {
		rev := db.View().Rev()
		if until != nil && rev >= *until {
			return errCaughtUp
		}
		err := db.log.Follow(ctx, rev, func(rev model.Revision, muts []Mutation) error {
			if err := db.applyMutations(rev, muts); err != nil {
				return err
			}
			if until != nil && rev >= *until {
				return errCaughtUp
			}
			return nil
		})
		if !errors.Is(err, ErrCompacted) {
			return err
		}
		if err := db.reload(ctx); err != nil {
			return err
		}
	}
}

// applyMutations brings a transaction of another process into the tables.
func (db *DB) applyMutations(rev model.Revision, muts []Mutation) error {
	changes := make([]change, 0, len(muts))
	for _, m := range muts {
		if m.Value == nil {
			table, ok := db.schema.byKind[m.Key.Kind]
			if !ok {
				return fmt.Errorf("%w: no table of kind %q", ErrInvalid, m.Key.Kind)
			}
			changes = append(changes, change{table: table, id: m.Key.ID})
			continue
		}
		table, r, err := db.schema.decode(Entry{m.Key, m.Value, rev}, nil)
		if err != nil {
			return err
		}
		changes = append(changes, change{table, r.id, r})
	}
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	db.publish(db.state.apply(rev, changes), db.state.keysOf(changes))
	return nil
}

// reload reads the whole log again and reports what is different.
func (db *DB) reload(ctx context.Context) error {
	st, err := load(ctx, db.schema, db.log)
	if err != nil {
		return err
	}
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	was := db.state
	db.state = st
	db.publish(st.last, difference(was.last, st.last))
	return nil
}
