package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/reclaim"
	"github.com/roadstead/roadstead/store"
)

// NewReclaimer returns the planner that interrupts tasks of FARGATE_SPOT for
// on-demand ones that wait for room, and where an operator asks. Its keys are
// accounts.
func NewReclaimer() Planner { return &reclaimer{scarce: map[string]bool{}} }

type reclaimer struct {
	// scarce holds the accounts in which a task waited when they were planned.
	scarce map[string]bool
}

func (r *reclaimer) Name() string { return "reclaimer" }

func (r *reclaimer) Kinds() []model.Kind {
	return []model.Kind{model.KindTask, model.KindContainerInstance}
}

func (r *reclaimer) All(v store.View, _ time.Time, wake func(string)) {
	last := ""
	for c := range store.All[*model.Cluster](v) { // by account
		if c.Account != last {
			last = c.Account
			wake(last)
		}
	}
}

func (r *reclaimer) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	account, _, _ := strings.Cut(k.ID, "/")
	if k.Kind == model.KindContainerInstance {
		if r.scarce[account] {
			wake(account, stuckDelay)
		}
		return
	}
	t, ok := store.Get[*model.Task](v, k.ID)
	switch {
	case !ok:
	case reclaim.Wants(t), reclaim.Asked(t) && t.Desired == model.TaskRunning:
		wake(account, 0)
	case r.scarce[account]: // whatever the task is: others take room of the same instances
		wake(account, stuckDelay)
	}
}

func (r *reclaimer) Plan(v store.View, account string, now time.Time) plan.Plan {
	in := reclaim.View{Now: now, Request: func(f *place.Fleet, t *model.Task) (*place.Request, error) { return fargateRequest(v, f, t) }}
	in.Waiting = slices.Collect(store.FargateWaiting(v, account))
	if r.scarce[account] = len(in.Waiting) > 0; !r.scarce[account] {
		delete(r.scarce, account)
	}
	asked := false
	for i := range store.FargateInstances(v, account) {
		id := i.Key().ID
		in.Nodes = append(in.Nodes, place.Node{Instance: i, Usage: store.Usage(v, id)})
		for t := range store.TasksByInstance(v, id) {
			if !t.Stopped() {
				in.Tasks = append(in.Tasks, t)
				asked = asked || reclaim.Asked(t) && t.Desired == model.TaskRunning
			}
		}
	}
	if len(in.Waiting) == 0 && !asked {
		return plan.Plan{}
	}
	return reclaim.Plan(in)
}

// fargateRequest returns what a task of Fargate asks of an instance.
func fargateRequest(v store.View, f *place.Fleet, t *model.Task) (*place.Request, error) {
	def, ok := store.DefinitionOf(v, t)
	if !ok {
		return nil, fmt.Errorf("task definition %s was not found", t.Spec.TaskDefinition)
	}
	req := &place.Request{Resources: t.Spec.Resources, Required: place.RequiredOn(t.Spec.Runtime, def.Definition, t.Spec.Overrides)}
	req.ForFargate(f, address.ZonesOf(v, t.Account, t.Spec.Network))
	return req, nil
}
