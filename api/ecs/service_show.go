package ecs

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// tally counts the tasks of one deployment.
type tally struct{ running, pending, wanted int32 }

// tallies counts a service's tasks by deployment.
func tallies(v store.View, s *model.Service) map[string]tally {
	counts := map[string]tally{}
	for t := range store.TasksByService(v, s.Key().ID) {
		n := counts[t.Spec.Deployment]
		switch {
		case t.Status.Last == model.TaskRunning:
			n.running++
		case t.Status.Last.Before(model.TaskRunning) && t.Desired == model.TaskRunning:
			n.pending++
		}
		if t.Desired == model.TaskRunning {
			n.wanted++
		}
		counts[t.Spec.Deployment] = n
	}
	return counts
}

// showService describes a service with the counts of v.
func showService(r request, v store.View, s *model.Service, tags bool) *types.Service {
	spec := &s.Spec
	out := &types.Service{
		ServiceArn: new(s.ARN(r.scope.Region)), ServiceName: new(s.Name), ClusterArn: new(r.scope.ClusterARN(s.Cluster)),
		Status: new(s.Status), CreatedAt: instant(s.CreatedAt), CreatedBy: text(s.CreatedBy),
		DesiredCount: int32(spec.DesiredCount), LaunchType: types.LaunchType(spec.LaunchType), CapacityProviderStrategy: showCapacity(spec),
		SchedulingStrategy: types.SchedulingStrategy(spec.Scheduling), TaskDefinition: definitionARN(r, v, spec.TaskDefinition),
		EnableECSManagedTags: spec.EnableManagedTags, EnableExecuteCommand: spec.EnableExecuteCommand,
		PropagateTags:               types.PropagateTags(orWord(spec.PropagateTags, string(types.PropagateTagsNone))),
		AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancing(spec.ZoneRebalancing),
		ResourceManagementType:      types.ResourceManagementTypeCustomer,
		DeploymentConfiguration:     showRollout(*spec), Events: showEvents(v, s),
		PlacementConstraints: showConstraints(spec.Constraints), PlacementStrategy: showStrategies(spec.Strategy),
		LoadBalancers: []types.LoadBalancer{}, ServiceRegistries: []types.ServiceRegistry{},
	}
	if spec.Controller != "" {
		out.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerType(spec.Controller)}
	}
	if spec.HealthGraceSet {
		out.HealthCheckGracePeriodSeconds = new(int32(spec.HealthGrace / time.Second))
	}
	if tags {
		out.Tags = showTags(s.Tags)
	}
	counts := tallies(v, s)
	for _, n := range counts {
		out.RunningCount += n.running
		out.PendingCount += n.pending
	}
	out.Deployments = showDeployments(r, v, s, counts)
	out.TaskSets = showTaskSets(r, v, s, counts, tags)
	h := historyOf(r, v, s)
	out.CurrentServiceDeployment, out.CurrentServiceRevisions = h.current(), h.currentRevisions()
	if spec.Scheduling == model.SchedulingDaemon && len(out.Deployments) > 0 {
		out.DesiredCount = out.Deployments[0].DesiredCount
	}
	return out
}

func definitionARN(r request, v store.View, id string) *string {
	t, ok := store.Get[*model.TaskDefinition](v, id)
	if !ok {
		return nil
	}
	return new(t.ARN(r.scope.Region))
}

// showDeployments describes the deployments that have not ended, the primary
// one first and then the newest.
func showDeployments(r request, v store.View, s *model.Service, counts map[string]tally) []types.Deployment {
	shown := []types.Deployment{}
	var all []*model.Deployment
	for d := range store.DeploymentsByService(v, s.Key().ID) {
		if d.ID == s.Primary || d.Status.State != model.DeploymentInactive {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *model.Deployment) int {
		return cmp.Or(cmp.Compare(order(s, a), order(s, b)), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range all {
		shown = append(shown, showDeployment(r, v, s, d, counts[d.ID]))
	}
	return shown
}

func order(s *model.Service, d *model.Deployment) int {
	if d.ID == s.Primary {
		return 0
	}
	return 1
}

func showDeployment(r request, v store.View, s *model.Service, d *model.Deployment, n tally) types.Deployment {
	out := types.Deployment{
		Id: new(d.ID), Status: new(model.DeploymentActive), TaskDefinition: definitionARN(r, v, d.Spec.TaskDefinition),
		DesiredCount: n.wanted, RunningCount: n.running, PendingCount: n.pending, FailedTasks: int32(d.Status.FailedTasks),
		CreatedAt: instant(d.CreatedAt), UpdatedAt: instant(d.Status.UpdatedAt),
		LaunchType: types.LaunchType(d.Spec.LaunchType), CapacityProviderStrategy: showCapacity(&d.Spec),
		RolloutState: types.DeploymentRolloutState(d.Status.Rollout), RolloutStateReason: text(d.Status.RolloutReason),
	}
	if d.ID != s.Primary {
		return out
	}
	out.Status, out.DesiredCount = new(model.DeploymentPrimary), desired(v, s)
	return out
}

// desired returns how many tasks the service is to have.
func desired(v store.View, s *model.Service) int32 {
	if s.Spec.Scheduling == model.SchedulingDaemon && s.Status == model.ServiceActive {
		return eligible(v, s)
	}
	return int32(s.Spec.DesiredCount)
}

// showCapacity describes the strategy that tasks are placed by, nil where
// there is a launch type: exactly one of the two is shown.
func showCapacity(s *model.ServiceSpec) []types.CapacityProviderStrategyItem {
	if len(s.CapacityStrategy) == 0 {
		return nil
	}
	return showStrategy(s.CapacityStrategy)
}

// showEvents returns a service's events, the newest first.
func showEvents(v store.View, s *model.Service) []types.ServiceEvent {
	shown := []types.ServiceEvent{}
	events, ok := store.Get[*model.ServiceEvents](v, s.Key().ID)
	if !ok {
		return shown
	}
	for _, e := range slices.Backward(events.Events) {
		shown = append(shown, types.ServiceEvent{Id: new(e.ID), CreatedAt: instant(e.At), Message: new(e.Message)})
	}
	return shown
}

func showConstraints(given []model.PlacementConstraint) []types.PlacementConstraint {
	shown := []types.PlacementConstraint{}
	for _, c := range given {
		shown = append(shown, types.PlacementConstraint{Type: types.PlacementConstraintType(c.Type), Expression: text(c.Expression)})
	}
	return shown
}

func showStrategies(given []model.PlacementStrategy) []types.PlacementStrategy {
	shown := []types.PlacementStrategy{}
	for _, s := range given {
		shown = append(shown, types.PlacementStrategy{Type: types.PlacementStrategyType(s.Type), Field: text(s.Field)})
	}
	return shown
}
