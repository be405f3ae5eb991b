package ecs

import (
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
		LaunchType: types.LaunchType(spec.LaunchType), CapacityProviderStrategy: showCapacity(spec),
		SchedulingStrategy: types.SchedulingStrategy(spec.Scheduling), TaskDefinition: definitionARN(r, v, spec.TaskDefinition),
		EnableECSManagedTags: spec.EnableManagedTags, EnableExecuteCommand: spec.EnableExecuteCommand,
		PropagateTags:               types.PropagateTags(orWord(spec.PropagateTags, string(types.PropagateTagsNone))),
		AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancing(spec.ZoneRebalancing),
		ResourceManagementType:      types.ResourceManagementTypeCustomer,
		DeploymentConfiguration:     showRollout(*spec), Events: showEvents(v, s),
		PlacementConstraints: showConstraints(spec.Constraints), PlacementStrategy: showStrategies(spec.Strategy),
		NetworkConfiguration: showNetwork(spec.Network), LoadBalancers: []types.LoadBalancer{}, ServiceRegistries: []types.ServiceRegistry{},
	}
	if spec.PlatformVersion != "" {
		out.PlatformVersion, out.PlatformFamily = new(spec.PlatformVersion), new(platformFamily)
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
	h := historyOf(r, v, s)
	out.DesiredCount = h.desired
	for _, n := range h.counts {
		out.RunningCount += n.running
		out.PendingCount += n.pending
	}
	out.Deployments = h.deployments()
	out.TaskSets = showTaskSets(r, v, s, h.counts, tags)
	out.CurrentServiceDeployment, out.CurrentServiceRevisions = h.current(), h.currentRevisions()
	return out
}

func definitionARN(r request, v store.View, id string) *string {
	t, ok := store.Get[*model.TaskDefinition](v, id)
	if !ok {
		return nil
	}
	return new(t.ARN(r.scope.Region))
}

// deployments describes the deployments that have not ended, the primary one
// first and then the newest.
func (h history) deployments() []types.Deployment {
	shown := []types.Deployment{}
	for _, d := range h.all {
		switch {
		case d.ID == h.service.Primary:
			shown = slices.Insert(shown, 0, h.deployment(d))
		case d.Status.State != model.DeploymentInactive:
			shown = append(shown, h.deployment(d))
		}
	}
	return shown
}

func (h history) deployment(d *model.Deployment) types.Deployment {
	n := h.counts[d.ID]
	out := types.Deployment{
		Id: new(d.ID), Status: new(model.DeploymentActive), TaskDefinition: definitionARN(h.r, h.v, d.Spec.TaskDefinition),
		DesiredCount: n.wanted, RunningCount: n.running, PendingCount: n.pending, FailedTasks: int32(d.Status.FailedTasks),
		CreatedAt: instant(d.CreatedAt), UpdatedAt: instant(d.Status.UpdatedAt),
		LaunchType: types.LaunchType(d.Spec.LaunchType), CapacityProviderStrategy: showCapacity(&d.Spec),
		NetworkConfiguration: showNetwork(d.Spec.Network), VolumeConfigurations: showVolumes(d.Spec.Volume),
		RolloutState: types.DeploymentRolloutState(d.Status.Rollout), RolloutStateReason: text(d.Status.RolloutReason),
	}
	if d.Spec.PlatformVersion != "" {
		out.PlatformVersion, out.PlatformFamily = new(resolvedPlatform(d.Spec.PlatformVersion)), new(platformFamily)
	}
	if d.ID == h.service.Primary {
		out.Status, out.DesiredCount = new(model.DeploymentPrimary), h.desired
	}
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
