package deploy

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/provision"
)

// No more tasks of a cluster wait for an instance than may, whoever's they are;
// a service that would let more wait asks to be woken when there is a change.
func TestACrowdedClusterMakesServicesWait(t *testing.T) {
	for others, want := range map[int]int{0: 4, provision.MaxWaiting - 3: 3, provision.MaxWaiting: 0} {
		v := waitingWorld().view()
		v.Waiting = others
		p := Plan(v)
		made := 0
		for _, w := range p.Change.Writes {
			if task, ok := w.Noun.(*model.Task); ok && task.Waiting() {
				made++
			}
		}
		stuck := slices.ContainsFunc(p.Reasons, func(r plan.Reason) bool { return r.Code == CodeStuck })
		if made != want || stuck != (want < 4) {
			t.Errorf("%d tasks wait already: %d more are made, stuck %v; want %d", others, made, stuck, want)
		}
	}
}

// waitingWorld has a service of four tasks, a provider that is to bring their
// instances, and none yet.
func waitingWorld() *world {
	w := newWorld()
	w.define("web:1", 100, 100, 0, false)
	w.providers["p"] = &model.CapacityProvider{Account: "1", Name: "p", Status: model.CapacityProviderActive,
		AutoScaling: &types.AutoScalingGroupProvider{ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled}}}
	w.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive, CreatedAt: w.now,
		Spec: model.ServiceSpec{Scheduling: model.SchedulingReplica, TaskDefinition: "web:1", DesiredCount: 4,
			CapacityStrategy: []model.CapacityStrategy{{Provider: "p", Weight: 1}},
			Rollout:          model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}}
	w.newDeployment()
	return w
}
