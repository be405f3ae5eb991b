package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// refuseService refuses the parts of a new service that are not supported or
// make no sense.
func refuseService(in *ecs.CreateServiceInput) error {
	if err := refuse(notSupported,
		parameter{"capacityProviderStrategy", len(in.CapacityProviderStrategy) > 0},
		parameter{"launchType FARGATE", in.LaunchType == types.LaunchTypeFargate},
		parameter{"launchType MANAGED_INSTANCES", in.LaunchType == types.LaunchTypeManagedInstances},
		parameter{"enableExecuteCommand", in.EnableExecuteCommand},
		parameter{"gatewayConnectors", len(in.GatewayConnectors) > 0},
		parameter{"loadBalancers", len(in.LoadBalancers) > 0},
		parameter{"monitoring", in.Monitoring != nil},
		parameter{"serviceConnectConfiguration", connected(in.ServiceConnectConfiguration)},
		parameter{"serviceRegistries", len(in.ServiceRegistries) > 0},
		parameter{"volumeConfigurations", len(in.VolumeConfigurations) > 0},
		parameter{"vpcLatticeConfigurations", len(in.VpcLatticeConfigurations) > 0},
		parameter{"availabilityZoneRebalancing ENABLED", in.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled},
		externally(in.DeploymentController),
	); err != nil {
		return err
	}
	switch {
	case in.LaunchType != "" && in.LaunchType != types.LaunchTypeEc2 && in.LaunchType != types.LaunchTypeExternal:
		return invalid("Invalid launch type: %s", in.LaunchType)
	case in.SchedulingStrategy != "" && in.SchedulingStrategy != types.SchedulingStrategyReplica && in.SchedulingStrategy != types.SchedulingStrategyDaemon:
		return invalid("Invalid scheduling strategy: %s", in.SchedulingStrategy)
	case aws.ToString(in.PlatformVersion) != "":
		return invalid("The platform version must be null when specifying an %s launch type.", orWord(string(in.LaunchType), "EC2"))
	case aws.ToString(in.Role) != "":
		return invalid("An IAM role can only be specified when load balancers are specified.")
	}
	return refuseCommon(in.NetworkConfiguration, in.DeploymentController, in.AvailabilityZoneRebalancing)
}

// refuseUpdate refuses the parts of a change of a service that are not
// supported or make no sense. Empty lists take away what is not there.
func refuseUpdate(in *ecs.UpdateServiceInput) error {
	if err := refuse(notSupported,
		parameter{"capacityProviderStrategy", len(in.CapacityProviderStrategy) > 0},
		parameter{"enableExecuteCommand", aws.ToBool(in.EnableExecuteCommand)},
		parameter{"gatewayConnectors", len(in.GatewayConnectors) > 0},
		parameter{"loadBalancers", len(in.LoadBalancers) > 0},
		parameter{"monitoring", in.Monitoring != nil},
		parameter{"serviceConnectConfiguration", connected(in.ServiceConnectConfiguration)},
		parameter{"serviceRegistries", len(in.ServiceRegistries) > 0},
		parameter{"volumeConfigurations", len(in.VolumeConfigurations) > 0},
		parameter{"vpcLatticeConfigurations", len(in.VpcLatticeConfigurations) > 0},
		parameter{"availabilityZoneRebalancing ENABLED", in.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled},
		externally(in.DeploymentController),
	); err != nil {
		return err
	}
	if aws.ToString(in.PlatformVersion) != "" {
		return invalid("The platform version must be null when specifying an EC2 launch type.")
	}
	return refuseCommon(in.NetworkConfiguration, in.DeploymentController, in.AvailabilityZoneRebalancing)
}

func refuseCommon(n *types.NetworkConfiguration, c *types.DeploymentController, z types.AvailabilityZoneRebalancing) error {
	switch {
	case n != nil && n.AwsvpcConfiguration != nil:
		return invalid("Network Configuration is not valid for the given networkMode of this task definition.")
	case c != nil && c.Type != types.DeploymentControllerTypeEcs:
		return invalid("Invalid deployment controller: %s", c.Type)
	case z != "" && z != types.AvailabilityZoneRebalancingDisabled:
		return invalid("Invalid availabilityZoneRebalancing: %s", z)
	}
	return nil
}

// connected reports whether c asks for anything, even for when it is enabled:
// nothing of it would be kept.
func connected(c *types.ServiceConnectConfiguration) bool {
	return c != nil && (c.Enabled || c.Namespace != nil || len(c.Services) > 0 || len(c.ContainerConfigurations) > 0 ||
		c.LogConfiguration != nil || c.AccessLogConfiguration != nil)
}

func externally(c *types.DeploymentController) parameter {
	if c == nil {
		return parameter{}
	}
	return parameter{"deploymentController " + string(c.Type),
		c.Type == types.DeploymentControllerTypeCodeDeploy || c.Type == types.DeploymentControllerTypeExternal}
}

// refuseRollout refuses the parts of a deployment configuration that are not
// supported. Alarms that are switched off and without a name are none.
func refuseRollout(c *types.DeploymentConfiguration) error {
	b := c.DeploymentCircuitBreaker
	return refuse(notSupported,
		parameter{"deploymentConfiguration.alarms", c.Alarms != nil && (c.Alarms.Enable || c.Alarms.Rollback || len(c.Alarms.AlarmNames) > 0)},
		parameter{"deploymentConfiguration.strategy " + string(c.Strategy), c.Strategy != "" && c.Strategy != types.DeploymentStrategyRolling},
		parameter{"deploymentConfiguration.bakeTimeInMinutes", aws.ToInt32(c.BakeTimeInMinutes) != 0},
		parameter{"deploymentConfiguration.canaryConfiguration", c.CanaryConfiguration != nil},
		parameter{"deploymentConfiguration.linearConfiguration", c.LinearConfiguration != nil},
		parameter{"deploymentConfiguration.earlySuccessCriteria", c.EarlySuccessCriteria != nil},
		parameter{"deploymentConfiguration.lifecycleHooks", len(c.LifecycleHooks) > 0},
		parameter{"deploymentConfiguration.deploymentCircuitBreaker.resetOnHealthyTask", b != nil && b.ResetOnHealthyTask != nil},
		parameter{"deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration", b != nil && b.ThresholdConfiguration != nil},
	)
}
