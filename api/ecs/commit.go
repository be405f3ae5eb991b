package ecs

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/store"
)

// maxAttempts bounds how often a decision is made again because somebody else
// changed what it had read.
const maxAttempts = 100

// commit decides on a view and commits the answer, on a newer view again while
// there are conflicts. A decision that changes nothing is done once it is
// confirmed that nobody else has changed anything. Errors of decide go to the
// caller as they are.
func (d *frontDoor) commit(r request, decide func(v store.View, c *model.Change) error) error {
	var err error
	for range maxAttempts {
		var c model.Change
		if err := decide(d.db.View(), &c); err != nil {
			return err
		}
		if c.Empty() {
			return d.fault(r, d.db.Confirm(r.ctx))
		}
		_, err = d.db.Commit(r.ctx, c)
		var conflict *store.ConflictError
		if errors.As(err, &conflict) && mutant.On(mutant.ConflictSwallowed) {
			return nil
		}
		if !errors.As(err, &conflict) {
			return d.fault(r, err)
		}
	}
	return d.fault(r, err)
}

// fault turns an error of the store into what ECS answers when it cannot do
// its work, and logs it: the caller learns nothing of the cause.
func (d *frontDoor) fault(r request, err error) error {
	if err == nil {
		return nil
	}
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	d.opts.Logger.Error("ecs: commit failed", "account", r.scope.Account, "error", err)
	return &types.ServerException{Message: new("Service Unavailable. Please try again later.")}
}
