package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// maxDesired bounds the tasks of a service. Source: ECS developer guide,
// "Service quotas".
const maxDesired = 5000

// serviceSpec is the spec of a service or task set while a request makes or
// changes it.
type serviceSpec struct {
	model.ServiceSpec
	// network is the request's.
	network *types.NetworkConfiguration
}

// newSpec reads a service that is to be created, with AWS's defaults.
func newSpec(in *ecs.CreateServiceInput) (*serviceSpec, error) {
	if !validName(aws.ToString(in.ServiceName)) {
		return nil, invalid("Service names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
	}
	if err := refuseService(in); err != nil {
		return nil, err
	}
	s := &serviceSpec{model.ServiceSpec{
		Scheduling: orWord(string(in.SchedulingStrategy), model.SchedulingReplica),
		Strategy:   strategies(in.PlacementStrategy), Constraints: constraints(in.PlacementConstraints),
		EnableManagedTags: in.EnableECSManagedTags, EnableExecuteCommand: in.EnableExecuteCommand, PropagateTags: string(in.PropagateTags),
		ZoneRebalancing: string(in.AvailabilityZoneRebalancing),
	}, in.NetworkConfiguration}
	if in.DeploymentController != nil {
		s.Controller = string(in.DeploymentController.Type)
	}
	daemon := s.Scheduling == model.SchedulingDaemon
	switch {
	case daemon && s.external():
		return nil, invalid("The DAEMON scheduling strategy is not supported for services with the EXTERNAL deployment controller.")
	case s.external():
		if err := refuseExternal(in); err != nil {
			return nil, err
		}
	case !daemon && in.DesiredCount == nil:
		return nil, invalid("DesiredCount can not be null.")
	}
	s.Rollout = model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200, Strategy: string(types.DeploymentStrategyRolling)}
	if daemon {
		s.Rollout.MinimumHealthyPercent, s.Rollout.MaximumPercent = 0, 100
	}
	if err := s.scale(in.DesiredCount); err != nil {
		return nil, err
	}
	if err := s.grace(in.HealthCheckGracePeriodSeconds); err != nil {
		return nil, err
	}
	if err := s.rollout(in.DeploymentConfiguration); err != nil {
		return nil, err
	}
	var err error
	if s.Volume, err = newServiceVolume(in.VolumeConfigurations); err != nil {
		return nil, err
	}
	return s, s.valid()
}

// external reports whether somebody else controls the service's deployments.
func (s *serviceSpec) external() bool {
	return s.Controller == string(types.DeploymentControllerTypeExternal)
}

// complete takes over what a new service names in its account and cluster.
func (s *serviceSpec) complete(r request, v store.View, c *model.Change, cluster *model.Cluster, in *ecs.CreateServiceInput) error {
	if !s.external() {
		if err := s.capacity(r, v, cluster, string(in.LaunchType), in.CapacityProviderStrategy); err != nil {
			return err
		}
		if err := s.onPlatform(in.PlatformVersion); err != nil {
			return err
		}
		t, err := s.resolve(r, v, aws.ToString(in.TaskDefinition))
		if err != nil {
			return err
		}
		c.Expect(t)
	}
	if err := r.volumeRole(v, cluster, model.TaskVolume(s.Volume)); err != nil {
		return err
	}
	return s.spreads()
}

// change takes over what a request changes.
func (s *serviceSpec) change(r request, v store.View, c *model.Change, cluster *model.Cluster, in *ecs.UpdateServiceInput) error {
	if in.DeploymentController != nil && string(in.DeploymentController.Type) != orWord(s.Controller, string(types.DeploymentControllerTypeEcs)) {
		return notSupported("Changing the deploymentController of a service")
	}
	if in.DeploymentController != nil {
		s.Controller = string(in.DeploymentController.Type)
	}
	if s.external() {
		if err := refuseExternalUpdate(in); err != nil {
			return err
		}
	}
	if err := s.update(in); err != nil {
		return err
	}
	if in.VolumeConfigurations != nil {
		if err := r.volumeRole(v, cluster, model.TaskVolume(s.Volume)); err != nil {
			return err
		}
	}
	if in.CapacityProviderStrategy != nil {
		before := s.CapacityStrategy
		if err := s.recapacity(r, v, cluster, in.CapacityProviderStrategy); err != nil {
			return err
		}
		if !in.ForceNewDeployment && !slices.Equal(before, s.CapacityStrategy) {
			// AWS's words, as deployment tools report them.
			return invalid("When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy " +
				"on a service that is already using one, you must force a new deployment.")
		}
		c.Expect(cluster)
	}
	if err := s.onPlatform(in.PlatformVersion); err != nil {
		return err
	}
	ref := aws.ToString(in.TaskDefinition)
	switch {
	case ref != "":
		t, err := s.resolve(r, v, ref)
		if err != nil {
			return err
		}
		c.Expect(t)
	case s.TaskDefinition != "":
		if err := s.check(r, v); err != nil {
			return err
		}
	default:
		if _, err := place.Compile(s.Strategy, s.Constraints); err != nil {
			return invalid("%s", err)
		}
	}
	return s.spreads()
}

// update takes over what a request changes that depends on nothing else.
func (s *serviceSpec) update(in *ecs.UpdateServiceInput) error {
	if err := s.scale(in.DesiredCount); err != nil {
		return err
	}
	if err := s.grace(in.HealthCheckGracePeriodSeconds); err != nil {
		return err
	}
	if in.PlacementStrategy != nil {
		s.Strategy = strategies(in.PlacementStrategy)
	}
	if in.PlacementConstraints != nil {
		s.Constraints = constraints(in.PlacementConstraints)
	}
	if in.PropagateTags != "" {
		s.PropagateTags = string(in.PropagateTags)
	}
	if in.EnableECSManagedTags != nil {
		s.EnableManagedTags = *in.EnableECSManagedTags
	}
	if in.EnableExecuteCommand != nil { // it takes a new deployment to reach tasks, and makes none
		s.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if in.VolumeConfigurations != nil { // an empty list takes it away
		var err error
		if s.Volume, err = newServiceVolume(in.VolumeConfigurations); err != nil {
			return err
		}
	}
	if in.AvailabilityZoneRebalancing != "" {
		s.ZoneRebalancing = string(in.AvailabilityZoneRebalancing)
	}
	if err := s.rollout(in.DeploymentConfiguration); err != nil {
		return err
	}
	return s.valid()
}

func (s *serviceSpec) scale(desired *int32) error {
	switch {
	case desired == nil:
		return nil
	case s.Scheduling == model.SchedulingDaemon:
		return invalid("The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.")
	case *desired < 0 || *desired > maxDesired:
		return invalid("desiredCount must be between 0 and %d.", maxDesired)
	}
	s.DesiredCount = int(*desired)
	return nil
}

func (s *serviceSpec) grace(seconds *int32) error {
	if seconds == nil {
		return nil
	}
	if *seconds < 0 {
		return invalid("healthCheckGracePeriodSeconds must not be negative.")
	}
	s.HealthGrace, s.HealthGraceSet = time.Duration(*seconds)*time.Second, true
	return nil
}

// valid checks what the parts of a spec say together.
func (s *serviceSpec) valid() error {
	switch {
	case s.Scheduling == model.SchedulingDaemon && len(s.Strategy) > 0:
		return invalid("The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again.")
	case s.PropagateTags != "" && !slices.Contains(types.PropagateTags("").Values(), types.PropagateTags(s.PropagateTags)):
		return invalid("Invalid value for propagateTags: %s", s.PropagateTags)
	}
	return s.validRollout()
}

// resolve sets the task definition that ref names and checks the spec
// against it.
func (s *serviceSpec) resolve(r request, v store.View, ref string) (*model.TaskDefinition, error) {
	t, err := r.runnable(v, ref, clientError)
	if err != nil {
		return nil, err
	}
	s.TaskDefinition = t.Key().ID
	return t, s.fits(r, v, t.Definition)
}

// check checks the spec against the definition that it has. It may be
// INACTIVE by now.
func (s *serviceSpec) check(r request, v store.View) error {
	t, ok := store.Get[*model.TaskDefinition](v, s.TaskDefinition)
	if !ok {
		return clientError("TaskDefinition not found.")
	}
	return s.fits(r, v, t.Definition)
}

func (s *serviceSpec) fits(r request, v store.View, def *types.TaskDefinition) error {
	if s.network != nil { // what a request does not say stays as it was
		n, err := r.network(v, s.network, def)
		if err != nil {
			return err
		}
		s.Network = n
	}
	volume := (*string)(nil)
	if s.Volume != nil {
		volume = s.Volume.Name
	}
	if err := volumeMatches(volume, def); err != nil {
		return err
	}
	if s.onFargate() {
		if err := fargateRuns(def, len(s.Strategy), len(s.Constraints)); err != nil {
			return err
		}
	}
	launchTypes := s.launchTypes(r, v)
	if err := matches(s.Network, def, launchTypes...); err != nil {
		return err
	}
	for _, launchType := range launchTypes {
		if need := def.RequiresCompatibilities; len(need) > 0 && !slices.Contains(need, types.Compatibility(launchType)) {
			return invalid("Task definition does not support launch_type %s.", launchType)
		}
	}
	if s.Scheduling == model.SchedulingDaemon && slices.ContainsFunc(s.Constraints,
		func(c model.PlacementConstraint) bool { return c.Type == place.DistinctInstance }) {
		return invalid("The daemon scheduling strategy does not support the distinctInstance placement constraint.")
	}
	if _, err := place.Compile(s.Strategy, slices.Concat(place.DefinitionConstraints(def), s.Constraints)); err != nil {
		return invalid("%s", err)
	}
	return nil
}
