package control

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/store"
)

// BeginNetwork gives an account its default VPC in a region, in one
// transaction, unless it has a VPC. Whoever starts a control plane calls it
// before anything is served; calling it again changes nothing.
func BeginNetwork(ctx context.Context, db *store.DB, account, region string) error {
	err := db.Decide(ctx, func(v store.View, c *model.Change) error {
		begin(v, c, account, region)
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin the network of account %s: %w", account, err)
	}
	return nil
}

// NewNetworks returns the planner that gives accounts that are made later their
// default VPC in a region. Its keys are the ids of accounts.
func NewNetworks(region string) Planner { return networks{region} }

type networks struct{ region string }

func (networks) Name() string { return "networks" }

func (networks) Kinds() []model.Kind { return []model.Kind{model.KindAccount} }

func (networks) Changed(_ store.View, k model.Key, wake func(string, time.Duration)) { wake(k.ID, 0) }

func (networks) All(v store.View, _ time.Time, wake func(string)) {
	for a := range store.All[*model.Account](v) {
		wake(a.ID)
	}
}

func (n networks) Plan(v store.View, key string, _ time.Time) (p plan.Plan) {
	if a, ok := store.Get[*model.Account](v, key); !ok || a.Closed() {
		return plan.Plan{}
	}
	begin(v, &p.Change, key, n.region)
	if !p.Change.Empty() {
		p.Because(p.Change.Writes[0].Key, "Begun", "A new account has a default VPC.")
	}
	return p
}

// begin adds the default VPC of an account to the change unless it has a VPC.
func begin(v store.View, c *model.Change, account, region string) {
	for range store.Prefix[*model.VPC](v, account+"/") {
		return
	}
	for _, n := range address.Beginning(account, region) {
		c.Put(n)
	}
}
