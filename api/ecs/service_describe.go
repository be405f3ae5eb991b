package ecs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxServices bounds DescribeServices and is the page of ListServices unless
// asked otherwise. Source: ECS API reference.
const maxServices = 10

// DescribeServices describes services of one cluster, INACTIVE ones too.
func (d *frontDoor) DescribeServices(ctx context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Services) == 0:
		return nil, invalid("Services cannot be empty.")
	case len(in.Services) > maxServices:
		return nil, invalid("Services can have at most %d items.", maxServices)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, ref := range in.Services {
		s, err := r.service(v, cluster.Name, ref)
		if err != nil {
			arn := ref
			if !strings.HasPrefix(ref, "arn:") {
				arn = r.scope.ServiceARN(cluster.Name, ref)
			}
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.Services = append(out.Services, *showService(r, v, s, slices.Contains(in.Include, types.ServiceFieldTags)))
	}
	return out, nil
}

// ListServices lists the ARNs of the services that are not INACTIVE.
func (d *frontDoor) ListServices(ctx context.Context, in *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType):
		return nil, invalid("Invalid launchType: %s", in.LaunchType)
	case in.SchedulingStrategy != "" && !slices.Contains(in.SchedulingStrategy.Values(), in.SchedulingStrategy):
		return nil, invalid("Invalid schedulingStrategy: %s", in.SchedulingStrategy)
	case in.ResourceManagementType != "" && !slices.Contains(in.ResourceManagementType.Values(), in.ResourceManagementType):
		return nil, invalid("Invalid resourceManagementType: %s", in.ResourceManagementType)
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxServices, "ListServices", cluster.Key().ID,
		string(in.LaunchType), string(in.SchedulingStrategy), string(in.ResourceManagementType))
	if err != nil {
		return nil, err
	}
	arns, next := take(p, store.After[*model.Service](v, cluster.Key().ID+"/", p.after), func(s *model.Service) string {
		if s.Status == model.ServiceInactive ||
			in.LaunchType != "" && s.Spec.LaunchType != string(in.LaunchType) ||
			in.SchedulingStrategy != "" && s.Spec.Scheduling != string(in.SchedulingStrategy) ||
			in.ResourceManagementType == types.ResourceManagementTypeEcs {
			return ""
		}
		return s.Key().ID
	}, func(s *model.Service) string { return s.ARN(r.scope.Region) })
	return &ecs.ListServicesOutput{ServiceArns: arns, NextToken: next}, nil
}

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
		DesiredCount: int32(spec.DesiredCount), LaunchType: types.LaunchType(spec.LaunchType),
		SchedulingStrategy: types.SchedulingStrategy(spec.Scheduling), TaskDefinition: definitionARN(r, v, spec.TaskDefinition),
		EnableECSManagedTags: spec.EnableManagedTags, EnableExecuteCommand: spec.EnableExecuteCommand,
		PropagateTags:               types.PropagateTags(orWord(spec.PropagateTags, string(types.PropagateTagsNone))),
		AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancing(spec.ZoneRebalancing),
		ResourceManagementType:      types.ResourceManagementTypeCustomer,
		DeploymentConfiguration:     showRollout(spec.Rollout), Events: showEvents(v, s),
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
		CreatedAt: instant(d.CreatedAt), UpdatedAt: instant(d.Status.UpdatedAt), LaunchType: types.LaunchType(d.Spec.LaunchType),
		RolloutState: types.DeploymentRolloutState(d.Status.Rollout), RolloutStateReason: text(d.Status.RolloutReason),
	}
	if d.ID != s.Primary {
		return out
	}
	out.Status = new(model.DeploymentPrimary)
	switch {
	case s.Spec.Scheduling == model.SchedulingDaemon && s.Status == model.ServiceActive:
		out.DesiredCount = eligible(v, s)
	default:
		out.DesiredCount = int32(s.Spec.DesiredCount)
	}
	return out
}

func showRollout(r model.Rollout) *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: r.CircuitBreaker, Rollback: r.Rollback},
		MaximumPercent:           new(int32(r.MaximumPercent)), MinimumHealthyPercent: new(int32(r.MinimumHealthyPercent)),
		Strategy:          types.DeploymentStrategy(orWord(r.Strategy, string(types.DeploymentStrategyRolling))),
		BakeTimeInMinutes: new(int32(r.BakeTime / time.Minute)),
	}
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
