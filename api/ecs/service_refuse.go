package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// refuseService refuses the parts of a new service that are not supported or
// make no sense.
func refuseService(in *ecs.CreateServiceInput) error {
	if err := refuse(notSupported,
		parameter{"gatewayConnectors", len(in.GatewayConnectors) > 0},
		parameter{"loadBalancers", len(in.LoadBalancers) > 0},
		parameter{"monitoring", in.Monitoring != nil},
		parameter{"serviceConnectConfiguration", connected(in.ServiceConnectConfiguration)},
		parameter{"serviceRegistries", len(in.ServiceRegistries) > 0},
		parameter{"vpcLatticeConfigurations", len(in.VpcLatticeConfigurations) > 0},
		byCodeDeploy(in.DeploymentController),
	); err != nil {
		return err
	}
	switch {
	case in.LaunchType == types.LaunchTypeManagedInstances:
		return invalid("The MANAGED_INSTANCES launch type is not supported for services. Specify a capacity provider strategy and try again.")
	case in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType):
		return invalid("Invalid launch type: %s", in.LaunchType)
	case in.SchedulingStrategy != "" && !slices.Contains(in.SchedulingStrategy.Values(), in.SchedulingStrategy):
		return invalid("Invalid scheduling strategy: %s", in.SchedulingStrategy)
	case aws.ToString(in.Role) != "":
		return invalid("An IAM role can only be specified when load balancers are specified.")
	}
	return refuseCommon(in.DeploymentController, in.AvailabilityZoneRebalancing)
}

// refuseUpdate refuses the parts of a change of a service that are not
// supported or make no sense. Empty lists take away what is not there.
func refuseUpdate(in *ecs.UpdateServiceInput) error {
	if err := refuse(notSupported,
		parameter{"gatewayConnectors", len(in.GatewayConnectors) > 0},
		parameter{"loadBalancers", len(in.LoadBalancers) > 0},
		parameter{"monitoring", in.Monitoring != nil},
		parameter{"serviceConnectConfiguration", connected(in.ServiceConnectConfiguration)},
		parameter{"serviceRegistries", len(in.ServiceRegistries) > 0},
		parameter{"vpcLatticeConfigurations", len(in.VpcLatticeConfigurations) > 0},
		byCodeDeploy(in.DeploymentController),
	); err != nil {
		return err
	}
	return refuseCommon(in.DeploymentController, in.AvailabilityZoneRebalancing)
}

func refuseCommon(c *types.DeploymentController, z types.AvailabilityZoneRebalancing) error {
	switch {
	case c != nil && c.Type != types.DeploymentControllerTypeEcs && c.Type != types.DeploymentControllerTypeExternal:
		return invalid("Invalid deployment controller: %s", c.Type)
	case z != "" && !slices.Contains(z.Values(), z):
		return invalid("Invalid availabilityZoneRebalancing: %s", z)
	}
	return nil
}

// refuseExternal refuses the parts of a new service that belong to its task
// sets, because somebody else controls its deployments.
// Source: ECS API reference, CreateService: "you can specify only parameters
// that aren't controlled at the task set level".
func refuseExternal(in *ecs.CreateServiceInput) error {
	return refuse(func(name string) error {
		return invalid("%s cannot be specified for a service with the EXTERNAL deployment controller. Specify it in a task set and try again.", name)
	},
		parameter{"taskDefinition", aws.ToString(in.TaskDefinition) != ""},
		parameter{"launchType", in.LaunchType != ""},
		parameter{"platformVersion", aws.ToString(in.PlatformVersion) != ""},
		parameter{"capacityProviderStrategy", len(in.CapacityProviderStrategy) > 0},
		parameter{"volumeConfigurations", len(in.VolumeConfigurations) > 0},
		parameter{"networkConfiguration", in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil},
	)
}

// refuseExternalUpdate refuses the parts of a change that belong to task sets.
// Source: ECS API reference, UpdateService: "For services using the EXTERNAL
// deployment controller, you can update only the desired count, task placement
// constraints and strategies, health check grace period, enable ECS managed
// tags option, and propagate tags option".
func refuseExternalUpdate(in *ecs.UpdateServiceInput) error {
	const wayOut = "on services with an EXTERNAL deployment controller. Please use CreateTaskSet to make a new deployment."
	switch {
	case aws.ToString(in.TaskDefinition) != "":
		return invalid("Unable to update task definition " + wayOut)
	case in.CapacityProviderStrategy != nil:
		return invalid("Unable to update capacity providers " + wayOut)
	case aws.ToString(in.PlatformVersion) != "":
		return invalid("Unable to update platform version " + wayOut)
	case in.ForceNewDeployment:
		return invalid("Cannot force a new deployment " + wayOut)
	case in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil:
		return invalid("Unable to update network parameters " + wayOut)
	case in.VolumeConfigurations != nil:
		return invalid("Unable to update volume configurations " + wayOut)
	case in.DeploymentConfiguration != nil:
		return invalid("Unable to update deployment configuration on services with an EXTERNAL deployment controller.")
	}
	return nil
}

// connected reports whether c asks for anything, even for when it is enabled:
// nothing of it would be kept.
func connected(c *types.ServiceConnectConfiguration) bool {
	return c != nil && (c.Enabled || c.Namespace != nil || len(c.Services) > 0 || len(c.ContainerConfigurations) > 0 ||
		c.LogConfiguration != nil || c.AccessLogConfiguration != nil)
}

func byCodeDeploy(c *types.DeploymentController) parameter {
	return parameter{"deploymentController CODE_DEPLOY", c != nil && c.Type == types.DeploymentControllerTypeCodeDeploy}
}
