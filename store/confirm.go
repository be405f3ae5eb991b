package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/model/mutant"
)

// Confirm asks the log whether this process still leads. When it returns nil,
// every View that was taken before the call was as new as any process's: no
// other had written by then.
//
// A commit is fenced by itself. What is decided without one is not: a process
// that stood still while another took over goes on with old tables and does
// not know it. So whoever is about to refuse, to deny that something exists,
// or to leave everything as it is asks first, and answers with a server fault
// when the error is not nil: ErrNotLeader, or ErrUnavailable when the log has
// not answered or still owes the outcome of a commit.
//
// It costs one read of the log and no write.
func (db *DB) Confirm(ctx context.Context) error {
	if mutant.On(mutant.Unconfirmed) {
		return nil
	}
	if err := db.confirm(ctx); err != nil {
		return fmt.Errorf("store: confirm: %w", err)
	}
	return nil
}

func (db *DB) confirm(ctx context.Context) error {
	term, err := db.settledTerm(ctx)
	if err != nil {
		return err
	}
	err = term.Lasts(ctx)
	switch {
	case errors.Is(err, ErrNotLeader):
		db.turn <- struct{}{}
		defer func() { <-db.turn }()
		if db.term.Lost == term.Lost {
			db.leading = false
		}
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// settledTerm returns the term of this process, once no commit's outcome is
// unknown: an earlier View may miss what the log has of it.
func (db *DB) settledTerm(ctx context.Context) (Term, error) {
	select {
	case <-ctx.Done():
		return Term{}, ctx.Err()
	case db.turn <- struct{}{}:
	}
	defer func() { <-db.turn }()
	if !db.leading {
		return Term{}, ErrNotLeader
	}
	if db.unsettled != nil {
		if err := db.settle(ctx); err != nil {
			return Term{}, err
		}
		return Term{}, fmt.Errorf("%w: what became of a commit has only now been found out", ErrUnavailable)
	}
	return db.term, nil
}
