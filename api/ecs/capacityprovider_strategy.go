package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of strategies and clusters. Source: ECS API reference,
// CapacityProviderStrategyItem; ECS service quotas.
const (
	maxStrategyItems    = 20
	maxClusterProviders = 20
	maxWeight           = 1000
	maxBase             = 100000
)

// newStrategy reads a capacity provider strategy and checks what does not
// depend on the cluster.
func (r request) newStrategy(given []types.CapacityProviderStrategyItem) ([]model.CapacityStrategy, error) {
	if len(given) > maxStrategyItems {
		return nil, invalid("A capacity provider strategy cannot contain more than %d capacity providers.", maxStrategyItems)
	}
	var strategy []model.CapacityStrategy
	based := false
	for _, g := range given {
		s := model.CapacityStrategy{Provider: r.providerName(aws.ToString(g.CapacityProvider)), Weight: int(g.Weight), Base: int(g.Base)}
		switch {
		case s.Provider == "":
			return nil, providerNotFound()
		case s.Weight < 0 || s.Weight > maxWeight:
			return nil, invalid("The weight value of a capacity provider must be between 0 and %d. Specify a valid value and try again.", maxWeight)
		case s.Base < 0 || s.Base > maxBase:
			return nil, invalid("The base value of a capacity provider must be between 0 and %d. Specify a valid value and try again.", maxBase)
		case s.Base > 0 && based:
			return nil, invalid("A capacity provider strategy cannot contain more than one capacity provider with a base value. Specify a valid capacity provider strategy and try again.")
		case slices.ContainsFunc(strategy, func(o model.CapacityStrategy) bool { return o.Provider == s.Provider }):
			return nil, invalid("A capacity provider strategy cannot contain duplicate capacity providers. Remove the duplicates and try again.")
		case len(strategy) > 0 && fargate(s.Provider) != fargate(strategy[0].Provider):
			return nil, invalid("A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.")
		}
		based = based || s.Base > 0
		strategy = append(strategy, s)
	}
	return strategy, nil
}

func providerNotFound() error {
	return invalid("The specified capacity provider was not found. Specify a valid capacity provider and try again.")
}

// associated says which provider of a strategy the cluster cannot use.
func associated(cluster *model.Cluster, strategy []model.CapacityStrategy) error {
	for _, s := range strategy {
		if !slices.Contains(cluster.CapacityProviders, s.Provider) {
			return invalid("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.")
		}
	}
	return nil
}

// activeProvider returns the provider with the name, if the cluster can use
// it; nil for those that every account has.
func (r request) activeProvider(v store.View, cluster *model.Cluster, name string) (*model.CapacityProvider, error) {
	if fargate(name) {
		return nil, nil
	}
	p, ok := r.provider(v, name)
	switch {
	case !ok || p.Cluster != "" && p.Cluster != cluster.Name:
		return nil, providerNotFound()
	case p.Status != model.CapacityProviderActive:
		return nil, invalid("The specified capacity provider '%s' is not in an ACTIVE state. Specify a valid capacity provider and try again.", name)
	}
	return p, nil
}

// launchStrategy returns the capacity provider strategy that tasks of the
// cluster are to be started by: the one given, else the cluster's default;
// nil where a launch type is given, or there is no default. byDefault tells
// which of them it is.
func (r request) launchStrategy(v store.View, cluster *model.Cluster, launchType string, given []types.CapacityProviderStrategyItem) (strategy []model.CapacityStrategy, byDefault bool, err error) {
	if strategy, err = r.newStrategy(given); err != nil {
		return nil, false, err
	}
	switch {
	case len(strategy) > 0 && launchType != "":
		return nil, false, invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	case len(strategy) == 0 && launchType != "":
		return nil, false, nil
	case len(strategy) == 0:
		strategy, byDefault = cluster.DefaultStrategy, true
	}
	if len(strategy) == 0 {
		return nil, false, nil
	}
	if err := associated(cluster, strategy); err != nil {
		return nil, byDefault, err
	}
	for _, s := range strategy {
		if _, err := r.activeProvider(v, cluster, s.Provider); err != nil {
			return nil, byDefault, err
		}
	}
	return strategy, byDefault, weighted(strategy, byDefault)
}

// weighted refuses a strategy that gives no provider any weight. Clusters may
// have one as their default: it fails what uses it.
func weighted(strategy []model.CapacityStrategy, byDefault bool) error {
	if slices.ContainsFunc(strategy, func(s model.CapacityStrategy) bool { return s.Weight > 0 }) {
		return nil
	}
	if byDefault {
		return invalid("There are no capacity providers with a weight value greater than zero defined in the default capacity provider strategy. At least one capacity provider must have a weight value greater than zero specified. Update the cluster's default capacity provider strategy or specify a valid capacity provider strategy and try again.")
	}
	return invalid("There are no capacity providers with a weight value greater than zero defined in the capacity provider strategy. At least one capacity provider must have a weight value greater than zero specified. Specify a valid capacity provider strategy and try again.")
}

// inUse reports whether a task or service of the cluster uses the provider.
func inUse(v store.View, cluster *model.Cluster, provider string) bool {
	prefix := cluster.Key().ID + "/"
	names := func(s []model.CapacityStrategy) bool {
		return slices.ContainsFunc(s, func(s model.CapacityStrategy) bool { return s.Provider == provider })
	}
	for s := range store.Prefix[*model.Service](v, prefix) {
		if s.Status != model.ServiceInactive && names(s.Spec.CapacityStrategy) {
			return true
		}
	}
	for d := range store.Prefix[*model.DaemonDeployment](v, prefix) {
		if owner, ok := store.Get[*model.Daemon](v, d.DaemonID()); ok && owner.Deployment == d.ID && slices.Contains(d.Spec.Providers, provider) {
			return true
		}
	}
	for t := range store.Prefix[*model.TaskSet](v, prefix) {
		if names(t.Spec.CapacityStrategy) {
			return true
		}
	}
	for t := range store.Prefix[*model.Task](v, prefix) {
		if t.Spec.CapacityProvider == provider && !t.Stopped() {
			return true
		}
	}
	return false
}

func showStrategy(strategy []model.CapacityStrategy) []types.CapacityProviderStrategyItem {
	shown := make([]types.CapacityProviderStrategyItem, 0, len(strategy))
	for _, s := range strategy {
		shown = append(shown, types.CapacityProviderStrategyItem{CapacityProvider: new(s.Provider), Weight: int32(s.Weight), Base: int32(s.Base)})
	}
	return shown
}
