package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/reclaim"
	"github.com/roadstead/roadstead/store"
)

// fargate places the tasks of one share on the instances that take tasks of
// Fargate. On-demand tasks that find no room wait for that of tasks of
// FARGATE_SPOT, as far as there is enough; all others fail, as on AWS.
func (p *placing) fargate(fleet *place.Fleet, s share) error {
	defer p.beside(fleet)()
	req := p.request
	req.Count, req.Required = s.count, fargateNeeds(p.cluster.Runtime(), p.definition.Definition, s.overrides)
	req.Group, req.Occupied = p.run.fargateGroup(p.v, p.cluster, p.definition), nil
	req.ForFargate(fleet, address.ZonesOf(p.v, p.cluster.Account, p.addressing.network))
	var result place.Result
	spot := s.provider == model.ProviderFargateSpot
	if !spot || !store.FargateWanted(p.v, p.cluster.Account) {
		var interfaces []*model.NetworkInterface
		result, interfaces = p.addressing.place(fleet, req, p.ids.Uint64())
		if err := p.make(s, result.Placed, interfaces); err != nil {
			return err
		}
	}
	missing := s.count - len(result.Placed)
	if missing > 0 && !spot {
		waiting := min(reclaim.More(fleet, &req, result, func(instance string) model.Usage { return store.SpotUsage(p.v, instance) }), missing)
		if err := p.wait(s, waiting); err != nil {
			return err
		}
		missing -= waiting
	}
	if missing > 0 {
		p.failures = append(p.failures, types.Failure{Reason: new(capacityUnavailable), Detail: poolDetail(result)})
	}
	return nil
}

// beside counts in the fleet the tasks that other shares of the call have placed,
// because FARGATE and FARGATE_SPOT have the same instances, until what it returns is
// called: whoever asked counts all tasks of the call.
func (p *placing) beside(fleet *place.Fleet) (back func()) {
	var before []place.Node
	for _, t := range p.tasks {
		if n, ok := fleet.Node(t.Spec.Instance); ok {
			before = append(before, n)
			fleet.Hold(t)
		}
	}
	return func() {
		for _, n := range slices.Backward(before) {
			fleet.Set(n)
		}
	}
}

// fargateGroup returns the instances of the tasks of the same group: what is
// spread over the availability zones.
func (n *run) fargateGroup(v store.View, cluster *model.Cluster, t *model.TaskDefinition) (instances []string) {
	for task := range store.TasksByGroup(v, cluster.Key().ID, orWord(n.group, "family:"+t.Family)) {
		if task.Desired == model.TaskRunning && task.Spec.LaunchType == model.LaunchFargate {
			instances = append(instances, task.Spec.Instance)
		}
	}
	return instances
}
