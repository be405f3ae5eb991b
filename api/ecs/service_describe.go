package ecs

import (
	"context"
	"slices"
	"strings"

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
