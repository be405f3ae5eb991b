package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// capacity sets what the tasks run on: the launch type or the strategy that
// is given, else the cluster's default strategy, else EC2. Daemons run on
// every instance, whatever provider it belongs to, and do not follow a
// default.
func (s *serviceSpec) capacity(r request, v store.View, cluster *model.Cluster, launchType string, given []types.CapacityProviderStrategyItem) error {
	if s.Scheduling == model.SchedulingDaemon {
		if launchType == model.LaunchFargate {
			return invalid("The daemon scheduling strategy is not supported with the FARGATE launch type. Specify the REPLICA scheduling strategy and try again.")
		}
		if len(given) > 0 {
			return invalid("The daemon scheduling strategy does not support capacity provider strategies. Specify a launch type and try again.")
		}
		launchType = orWord(launchType, string(types.LaunchTypeEc2))
	}
	strategy, _, err := r.launchStrategy(v, cluster, launchType, given)
	if err != nil {
		return err
	}
	s.CapacityStrategy, s.LaunchType = strategy, launchType
	if len(strategy) == 0 {
		s.LaunchType = orWord(launchType, string(types.LaunchTypeEc2))
	}
	return nil
}

// recapacity changes the strategy; an empty one leads back to the launch type.
// Source: ECS API reference, UpdateService: capacityProviderStrategy.
func (s *serviceSpec) recapacity(r request, v store.View, cluster *model.Cluster, given []types.CapacityProviderStrategyItem) error {
	switch {
	case len(given) == 0:
		s.LaunchType = orWord(launchOf(s.ServiceSpec), string(types.LaunchTypeEc2))
		s.CapacityStrategy = nil
		return nil
	case s.LaunchType == string(types.LaunchTypeExternal):
		return invalid("A service with the EXTERNAL launch type cannot be updated to use a capacity provider strategy.")
	}
	return s.capacity(r, v, cluster, "", given)
}

// onFargate reports whether the tasks run on Fargate: a strategy is of its
// providers or of none of them.
func (s *serviceSpec) onFargate() bool { return launchOf(s.ServiceSpec) == model.LaunchFargate }

// onPlatform sets the platform version that a request names, or keeps what was
// there, as far as the tasks run on Fargate. An external controller's service
// has none: its task sets have.
func (s *serviceSpec) onPlatform(given *string) (err error) {
	if aws.ToString(given) == "" && s.onFargate() && s.PlatformVersion != "" || s.external() && s.LaunchType == "" && len(s.CapacityStrategy) == 0 {
		return nil
	}
	s.PlatformVersion, err = platform(given, s.onFargate(), s.LaunchType)
	return err
}

// launchTypes are the kinds of instances that the tasks are placed on.
func (s *serviceSpec) launchTypes(r request, v store.View) []string {
	if s.LaunchType != "" {
		return []string{s.LaunchType}
	}
	var kinds []string
	for _, c := range s.CapacityStrategy {
		kind := string(types.LaunchTypeEc2)
		if p, ok := r.provider(v, c.Provider); fargate(c.Provider) {
			kind = model.LaunchFargate
		} else if ok && p.Managed != nil {
			kind = string(types.LaunchTypeManagedInstances)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// zoneAttribute is the attribute that holds an instance's availability zone.
const zoneAttribute = "attribute:ecs.availability-zone"

// spreads decides whether tasks are moved between availability zones. Where
// the caller does not say, they are if that is possible.
// Source: ECS API reference, CreateService: availabilityZoneRebalancing; ECS
// developer guide, "Balancing an Amazon ECS service across Availability Zones".
func (s *serviceSpec) spreads() error {
	why := s.unbalanced()
	switch {
	case s.ZoneRebalancing == "" && why == "":
		s.ZoneRebalancing = string(types.AvailabilityZoneRebalancingEnabled)
	case s.ZoneRebalancing == "":
		s.ZoneRebalancing = string(types.AvailabilityZoneRebalancingDisabled)
	case s.ZoneRebalancing == string(types.AvailabilityZoneRebalancingEnabled) && why != "":
		return invalid("Availability Zone rebalancing is not supported for services %s. Set availabilityZoneRebalancing to DISABLED or change the service and try again.", why)
	}
	return nil
}

// unbalanced says which services cannot be rebalanced and are such as s; ""
// if s can be.
func (s *serviceSpec) unbalanced() string {
	switch {
	case s.Scheduling == model.SchedulingDaemon:
		return "that use the DAEMON scheduling strategy"
	case s.external():
		return "that use the EXTERNAL deployment controller"
	case s.LaunchType == string(types.LaunchTypeExternal):
		return "that use the EXTERNAL launch type"
	case s.Rollout.MaximumPercent <= 100:
		return "with a maximumPercent of 100"
	case len(s.Strategy) > 0 && (s.Strategy[0].Type != string(types.PlacementStrategyTypeSpread) || s.Strategy[0].Field != zoneAttribute):
		return "whose first placement strategy is not spread by " + zoneAttribute
	}
	for _, c := range s.Constraints {
		if strings.Contains(c.Expression, zoneAttribute) {
			return "with a placement constraint on " + zoneAttribute
		}
	}
	return ""
}
