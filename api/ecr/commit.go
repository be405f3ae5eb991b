package ecr

import (
	"errors"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxAttempts bounds how often a decision is made again because somebody else
// changed what it had read.
const maxAttempts = 100

// commit decides on a view and commits the answer, on a newer view again while
// there are conflicts. A decision that changes nothing is done. Errors of
// decide go to the caller as they are.
func (d *Door) commit(r request, decide func(v store.View, c *model.Change) error) error {
	var err error
	for range maxAttempts {
		var c model.Change
		if err := decide(d.db.View(), &c); err != nil {
			return err
		}
		if c.Empty() {
			return nil
		}
		_, err = d.db.Commit(r.ctx, c)
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) {
			return d.fault(r, "commit", err)
		}
	}
	return d.fault(r, "commit", err)
}

// change changes one repository. edit is given a copy, and may be asked again.
func (d *Door) change(r request, name *string, edit func(*model.Repository) error) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		known, err := r.repository(v, name)
		if err != nil {
			return err
		}
		repository := known.Clone()
		if err := edit(repository); err != nil {
			return err
		}
		c.Put(repository)
		return nil
	})
}
