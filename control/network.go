package control

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/store"
)

// BeginNetwork gives an account its default VPC in a region, in one
// transaction, unless it has a VPC. Whoever starts a control plane calls it
// before anything is served; calling it again changes nothing.
func BeginNetwork(ctx context.Context, db *store.DB, account, region string) error {
	err := db.Decide(ctx, func(v store.View, c *model.Change) error {
		for range store.Prefix[*model.VPC](v, account+"/") {
			return nil
		}
		for _, n := range address.Beginning(account, region) {
			c.Put(n)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin the network of account %s: %w", account, err)
	}
	return nil
}
