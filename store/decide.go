package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/roadstead/roadstead/model"
)

// MaxDecisions bounds how often Decide lets a decision be made again because
// somebody else changed what it had read.
const MaxDecisions = 100

// Decide has a decision made on a View and commits it, on a newer View again
// while there are conflicts. A decision that writes nothing is done without a
// commit. Errors of decide are returned as they are; those of Commit that are
// no conflict are too. What no commit proves is confirmed instead: the error of
// a Confirm that fails takes the place of the answer.
func (db *DB) Decide(ctx context.Context, decide func(View, *model.Change) error) error {
	var err error
	for range MaxDecisions {
		var c model.Change
		if err := decide(db.View(), &c); err != nil {
			return cmp.Or(db.Confirm(ctx), err)
		}
		if c.Empty() {
			return db.Confirm(ctx)
		}
		_, err = db.Commit(ctx, c)
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			return err
		}
	}
	return err
}
