package ecs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/store"
)

// maxDescribedTaskSets bounds DescribeTaskSets.
const maxDescribedTaskSets = 100

// DescribeTaskSets describes the named task sets of a service, or all.
func (d *frontDoor) DescribeTaskSets(ctx context.Context, in *ecs.DescribeTaskSetsInput) (*ecs.DescribeTaskSetsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	if len(in.TaskSets) > maxDescribedTaskSets {
		return nil, invalid("TaskSets can have at most %d items.", maxDescribedTaskSets)
	}
	v := d.db.View()
	_, s, err := r.external(v, in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	tags := slices.Contains(in.Include, types.TaskSetFieldTags)
	out := &ecs.DescribeTaskSetsOutput{TaskSets: []types.TaskSet{}, Failures: []types.Failure{}}
	if len(in.TaskSets) == 0 {
		out.TaskSets = append(out.TaskSets, showTaskSets(r, v, s, tallies(v, s), tags)...)
	}
	for _, ref := range in.TaskSets {
		t, err := r.taskSet(v, s, &ref)
		if err == nil {
			out.TaskSets = append(out.TaskSets, *showTaskSet(r, v, s, t, tags))
			continue
		}
		arn := ref
		if !strings.HasPrefix(ref, "arn:") {
			arn = r.scope.TaskSetARN(s.Cluster, s.Name, ref)
		}
		out.Failures = append(out.Failures, missing(arn))
	}
	return out, nil
}

// showTaskSets describes all task sets of a service, the primary one first and
// then the newest; nil where there are none.
func showTaskSets(r request, v store.View, s *model.Service, counts map[string]tally, tags bool) []types.TaskSet {
	sets := slices.SortedFunc(store.TaskSetsByService(v, s.Key().ID), func(a, b *model.TaskSet) int {
		first := func(t *model.TaskSet) int {
			if t.ID == s.Primary {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(first(a), first(b)), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	var shown []types.TaskSet
	for _, t := range sets {
		shown = append(shown, countedTaskSet(r, v, s, t, counts[t.ID], tags))
	}
	return shown
}

// showTaskSet describes one task set of a service with the counts of v.
func showTaskSet(r request, v store.View, s *model.Service, t *model.TaskSet, tags bool) *types.TaskSet {
	shown := countedTaskSet(r, v, s, t, tallies(v, s)[t.ID], tags)
	return &shown
}

func countedTaskSet(r request, v store.View, s *model.Service, t *model.TaskSet, n tally, tags bool) types.TaskSet {
	out := types.TaskSet{
		Id: new(t.ID), TaskSetArn: new(r.scope.TaskSetARN(t.Cluster, t.Service, t.ID)), ClusterArn: new(r.scope.ClusterARN(t.Cluster)),
		ServiceArn: new(s.ARN(r.scope.Region)), Status: new(t.Status), TaskDefinition: definitionARN(r, v, t.Spec.TaskDefinition),
		LaunchType: types.LaunchType(t.Spec.LaunchType), CapacityProviderStrategy: showCapacity(&t.Spec),
		Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: t.Scale}, ExternalId: text(t.ExternalID), StartedBy: text(t.StartedBy),
		ComputedDesiredCount: int32(deploy.Wanted(t, s.Spec.DesiredCount)), RunningCount: n.running, PendingCount: n.pending,
		CreatedAt: instant(t.CreatedAt), UpdatedAt: instant(t.UpdatedAt),
		StabilityStatus: types.StabilityStatus(t.Stability), StabilityStatusAt: instant(t.StabilityAt),
		NetworkConfiguration: showNetwork(t.Spec.Network), LoadBalancers: []types.LoadBalancer{}, ServiceRegistries: []types.ServiceRegistry{},
	}
	if t.Spec.PlatformVersion != "" {
		out.PlatformVersion, out.PlatformFamily = new(resolvedPlatform(t.Spec.PlatformVersion)), new(platformFamily)
	}
	// The planner says that it is steady; what has changed since then shows in
	// the counts before the planner has seen it.
	if out.RunningCount != out.ComputedDesiredCount || out.PendingCount != 0 {
		out.StabilityStatus = types.StabilityStatusStabilizing
	}
	if t.ID == s.Primary && t.Status == model.TaskSetActive {
		out.Status = aws.String(model.DeploymentPrimary)
	}
	if tags {
		out.Tags = showTags(t.Tags)
	}
	return out
}
