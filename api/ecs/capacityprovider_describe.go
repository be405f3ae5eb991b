package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of DescribeCapacityProviders. Source: ECS API reference.
const (
	maxDescribedProviders = 100
	providerPage          = 10
)

// DescribeCapacityProviders describes the providers that are named, INACTIVE
// ones too; else those that the cluster uses; else every ACTIVE one.
func (d *frontDoor) DescribeCapacityProviders(ctx context.Context, in *ecs.DescribeCapacityProvidersInput) (*ecs.DescribeCapacityProvidersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.CapacityProviders) > maxDescribedProviders {
		return nil, invalid("capacityProviders can have at most %d items.", maxDescribedProviders)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	if outside(in.MaxResults, 1, providerPage) {
		return nil, invalid("maxResults must be between 1 and %d.", providerPage)
	}
	v := d.db.View()
	known, cluster, err := r.describable(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, providerPage,
		append([]string{"DescribeCapacityProviders", r.scope.Account, cluster}, in.CapacityProviders...)...)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeCapacityProvidersOutput{Failures: []types.Failure{}}
	if len(in.CapacityProviders) > 0 {
		known, out.Failures = r.named(v, in.CapacityProviders, known, cluster != "")
	}
	identity := func(name string) string { return name }
	out.CapacityProviders, out.NextToken = take(p, behind(p, slices.Values(known), identity), identity, func(name string) types.CapacityProvider {
		if fargate(name) {
			return showFargate(r, name)
		}
		provider, _ := r.provider(v, name)
		return *showProvider(r, provider, slices.Contains(in.Include, types.CapacityProviderFieldTags))
	})
	return out, nil
}

// describable returns the names of the ACTIVE providers, only those that the
// cluster uses where one is named, sorted; and the name of that cluster.
func (r request) describable(v store.View, ref *string) (names []string, cluster string, err error) {
	if aws.ToString(ref) == "" {
		names = []string{model.ProviderFargate, model.ProviderFargateSpot}
		for p := range store.Prefix[*model.CapacityProvider](v, r.id("")) {
			if p.Status == model.CapacityProviderActive {
				names = append(names, p.Name)
			}
		}
		slices.Sort(names)
		return names, "", nil
	}
	c, err := r.cluster(v, ref)
	if err != nil {
		return nil, "", err
	}
	names = slices.Sorted(slices.Values(c.CapacityProviders))
	for p := range store.Prefix[*model.CapacityProvider](v, r.id("")) {
		if p.Cluster == c.Name && p.Status == model.CapacityProviderActive {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), c.Name, nil
}

// named returns which providers are asked for, sorted, and failures for those
// that are not there, or not in the cluster where one is named.
func (r request) named(v store.View, asked, known []string, clustered bool) (names []string, failures []types.Failure) {
	failures = []types.Failure{}
	for _, ref := range asked {
		name := r.providerName(ref)
		_, stored := r.provider(v, ref)
		switch {
		case slices.Contains(known, name), stored && !clustered:
			names = append(names, name)
		case strings.HasPrefix(ref, "arn:"):
			failures = append(failures, missing(ref))
		default:
			failures = append(failures, missing(r.scope.CapacityProviderARN(name)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), failures
}

func showFargate(r request, name string) types.CapacityProvider {
	return types.CapacityProvider{Name: &name, Status: types.CapacityProviderStatusActive, Tags: []types.Tag{},
		CapacityProviderArn: new(r.scope.CapacityProviderARN(name)), Type: types.CapacityProviderType(name)}
}

func showProvider(r request, p *model.CapacityProvider, tags bool) *types.CapacityProvider {
	out := &types.CapacityProvider{
		CapacityProviderArn: new(r.scope.CapacityProviderARN(p.Name)), Name: new(p.Name),
		Status: types.CapacityProviderStatus(p.Status), Type: types.CapacityProviderTypeEc2Autoscaling,
		AutoScalingGroupProvider: p.AutoScaling, ManagedInstancesProvider: p.Managed,
		UpdateStatus: types.CapacityProviderUpdateStatus(p.UpdateStatus), UpdateStatusReason: text(p.UpdateReason), Tags: []types.Tag{},
	}
	if p.Managed != nil {
		// The name, as Terraform compares it with the one that it gave.
		out.Type, out.Cluster = types.CapacityProviderTypeManagedInstances, new(p.Cluster)
	}
	if tags {
		out.Tags = showTags(p.Tags)
	}
	return out
}
