package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// DescribeCapacityProviders describes the providers that every account has.
// Clusters cannot use them yet.
func (d *frontDoor) DescribeCapacityProviders(ctx context.Context, in *ecs.DescribeCapacityProvidersInput) (*ecs.DescribeCapacityProvidersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.CapacityProviders) > maxResults {
		return nil, invalid("capacityProviders can have at most %d items.", maxResults)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	if aws.ToString(in.Cluster) != "" {
		if _, err := r.cluster(d.db.View(), in.Cluster); err != nil {
			return nil, err
		}
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, append([]string{"DescribeCapacityProviders", r.scope.Account}, in.CapacityProviders...)...)
	if err != nil {
		return nil, err
	}
	names, out := []string{"FARGATE", "FARGATE_SPOT"}, &ecs.DescribeCapacityProvidersOutput{Failures: []types.Failure{}}
	if len(in.CapacityProviders) > 0 {
		names, out.Failures = r.knownProviders(names, in.CapacityProviders)
	}
	if aws.ToString(in.Cluster) != "" {
		names = nil // the account's own providers belong to no cluster
	}
	identity := func(name string) string { return name }
	out.CapacityProviders, out.NextToken = take(p, behind(p, slices.Values(names), identity), identity, func(name string) types.CapacityProvider {
		return types.CapacityProvider{Name: &name, Status: types.CapacityProviderStatusActive, Tags: []types.Tag{},
			CapacityProviderArn: new(providerARN(r.scope, name)), Type: types.CapacityProviderType(name)}
	})
	return out, nil
}

func providerARN(s model.Scope, name string) string {
	return "arn:aws:ecs:" + s.Region + ":" + s.Account + ":capacity-provider/" + name
}

// knownProviders returns which of the known providers are asked for, and
// failures for the rest.
func (r request) knownProviders(known, asked []string) (names []string, failures []types.Failure) {
	failures = []types.Failure{}
	for _, ref := range asked {
		name := ref
		if strings.HasPrefix(ref, "arn:") {
			kind, rest := r.own(ref)
			if name = rest; kind != "capacity-provider" {
				name = ""
			}
		}
		switch {
		case slices.Contains(known, name):
			names = append(names, name)
		case strings.HasPrefix(ref, "arn:"):
			failures = append(failures, missing(ref))
		default:
			failures = append(failures, missing(providerARN(r.scope, name)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), failures
}
