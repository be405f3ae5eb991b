package ecs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// Ranges and defaults of managed scaling and of managed instances.
// Source: ECS API reference, ManagedScaling, InfrastructureOptimization.
const (
	maxTargetCapacity = 100   // percent
	maxScalingStep    = 10000 // instances
	maxWarmup         = 10000 // seconds
	defaultWarmup     = 300   // seconds
	maxScaleInAfter   = 3600  // seconds
	neverScaleIn      = -1
)

// groupResource is the resource of an Auto Scaling group's ARN.
var groupResource = regexp.MustCompile(`^autoScalingGroup:[0-9a-zA-Z-]+:autoScalingGroupName/.{1,255}$`)

// newGroup reads the settings of an Auto Scaling group, with AWS's defaults.
// There is no Auto Scaling here: the group stands for the instances that
// register with the provider's name.
func (r request) newGroup(given *types.AutoScalingGroupProvider) (*types.AutoScalingGroupProvider, error) {
	ref := aws.ToString(given.AutoScalingGroupArn)
	if ref == "" || len(ref) > 1600 || strings.HasPrefix(ref, "arn:") && !r.groupARN(ref) || !strings.HasPrefix(ref, "arn:") && (len(ref) > maxName || strings.Contains(ref, ":")) {
		return nil, clientError("The specified Auto Scaling group ARN is invalid. Specify a valid ARN and try again.")
	}
	g := &types.AutoScalingGroupProvider{AutoScalingGroupArn: given.AutoScalingGroupArn,
		ManagedScaling: &types.ManagedScaling{InstanceWarmupPeriod: new(int32(defaultWarmup)), MaximumScalingStepSize: new(int32(maxScalingStep)),
			MinimumScalingStepSize: new(int32(1)), Status: types.ManagedScalingStatusDisabled, TargetCapacity: new(int32(maxTargetCapacity))},
		ManagedTerminationProtection: types.ManagedTerminationProtectionDisabled, ManagedDraining: types.ManagedDrainingEnabled}
	return updatedGroup(g, &types.AutoScalingGroupProviderUpdate{ManagedDraining: given.ManagedDraining,
		ManagedScaling: given.ManagedScaling, ManagedTerminationProtection: given.ManagedTerminationProtection})
}

func (r request) groupARN(arn string) bool {
	a, ok := model.ParseARN(arn)
	return ok && a.Service == "autoscaling" && a.Region == r.scope.Region && a.Account == r.scope.Account && groupResource.MatchString(a.Resource)
}

// updatedGroup returns old with the given settings; what is not given stays.
func updatedGroup(old *types.AutoScalingGroupProvider, given *types.AutoScalingGroupProviderUpdate) (*types.AutoScalingGroupProvider, error) {
	n := *old
	switch {
	case given.ManagedDraining != "" && !slices.Contains(given.ManagedDraining.Values(), given.ManagedDraining):
		return nil, invalid("Invalid managedDraining: %s", given.ManagedDraining)
	case given.ManagedTerminationProtection != "" && !slices.Contains(given.ManagedTerminationProtection.Values(), given.ManagedTerminationProtection):
		return nil, invalid("Invalid managedTerminationProtection: %s", given.ManagedTerminationProtection)
	}
	if given.ManagedDraining != "" {
		n.ManagedDraining = given.ManagedDraining
	}
	if given.ManagedTerminationProtection != "" {
		n.ManagedTerminationProtection = given.ManagedTerminationProtection
	}
	var err error
	if n.ManagedScaling, err = updatedScaling(old.ManagedScaling, given.ManagedScaling); err != nil {
		return nil, err
	}
	if n.ManagedTerminationProtection == types.ManagedTerminationProtectionEnabled && n.ManagedScaling.Status != types.ManagedScalingStatusEnabled {
		return nil, clientError("The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, managed scaling must be enabled.")
	}
	return &n, nil
}

func updatedScaling(old, given *types.ManagedScaling) (*types.ManagedScaling, error) {
	if given == nil {
		return old, nil
	}
	if given.Status != "" && !slices.Contains(given.Status.Values(), given.Status) {
		return nil, invalid("Invalid managed scaling status: %s", given.Status)
	}
	n := &types.ManagedScaling{
		InstanceWarmupPeriod:   either(given.InstanceWarmupPeriod, old.InstanceWarmupPeriod),
		MaximumScalingStepSize: either(given.MaximumScalingStepSize, old.MaximumScalingStepSize),
		MinimumScalingStepSize: either(given.MinimumScalingStepSize, old.MinimumScalingStepSize),
		TargetCapacity:         either(given.TargetCapacity, old.TargetCapacity),
		Status:                 types.ManagedScalingStatus(orWord(string(given.Status), string(old.Status))),
	}
	switch {
	case outside(n.InstanceWarmupPeriod, 0, maxWarmup):
		return nil, invalid("The managed scaling setting is invalid: instanceWarmupPeriod must be between 0 and %d.", maxWarmup)
	case outside(n.MinimumScalingStepSize, 1, maxScalingStep):
		return nil, invalid("The managed scaling setting is invalid: minimumScalingStepSize must be between 1 and %d.", maxScalingStep)
	case outside(n.MaximumScalingStepSize, 1, maxScalingStep):
		return nil, invalid("The managed scaling setting is invalid: maximumScalingStepSize must be between 1 and %d.", maxScalingStep)
	case *n.MinimumScalingStepSize > *n.MaximumScalingStepSize:
		return nil, invalid("The managed scaling setting is invalid: minimumScalingStepSize cannot be greater than maximumScalingStepSize.")
	case outside(n.TargetCapacity, 1, maxTargetCapacity):
		return nil, invalid("The managed scaling setting is invalid: targetCapacity must be between 1 and %d.", maxTargetCapacity)
	}
	return n, nil
}

// newManaged reads the settings of managed instances. Of AWS's defaults only
// the capacity option is shown (Terraform takes the others for a change).
// Roadstead starts no machines: they describe those that whoever runs it
// registers with the provider's name.
func newManaged(given *types.CreateManagedInstancesProviderConfiguration) (*types.ManagedInstancesProvider, error) {
	n := &types.ManagedInstancesProvider{
		AutoRepairConfiguration: given.AutoRepairConfiguration, InfrastructureOptimization: given.InfrastructureOptimization,
		InfrastructureRoleArn: given.InfrastructureRoleArn, PropagateTags: given.PropagateTags,
	}
	if given.InstanceLaunchTemplate != nil {
		t := *given.InstanceLaunchTemplate
		if t.CapacityOptionType == "" {
			t.CapacityOptionType = types.CapacityOptionTypeOnDemand
		}
		n.InstanceLaunchTemplate = &t
	}
	return n, checkManaged(n)
}

// updatedManaged returns old with the given settings; what is not given stays.
func updatedManaged(old *types.ManagedInstancesProvider, given *types.UpdateManagedInstancesProviderConfiguration) (*types.ManagedInstancesProvider, error) {
	if aws.ToString(given.InfrastructureRoleArn) == "" || given.InstanceLaunchTemplate == nil {
		return nil, invalid("infrastructureRoleArn and instanceLaunchTemplate must be specified.")
	}
	n := &types.ManagedInstancesProvider{
		AutoRepairConfiguration:    either(given.AutoRepairConfiguration, old.AutoRepairConfiguration),
		InfrastructureOptimization: either(given.InfrastructureOptimization, old.InfrastructureOptimization),
		InfrastructureRoleArn:      given.InfrastructureRoleArn,
		PropagateTags:              types.PropagateMITags(orWord(string(given.PropagateTags), string(old.PropagateTags))),
	}
	t, u := *old.InstanceLaunchTemplate, given.InstanceLaunchTemplate
	t.CapacityReservations = either(u.CapacityReservations, t.CapacityReservations)
	t.Ec2InstanceProfileArn = either(u.Ec2InstanceProfileArn, t.Ec2InstanceProfileArn)
	t.InstanceMetadataTagsPropagation = either(u.InstanceMetadataTagsPropagation, t.InstanceMetadataTagsPropagation)
	t.InstanceRequirements = either(u.InstanceRequirements, t.InstanceRequirements)
	t.LocalStorageConfiguration = either(u.LocalStorageConfiguration, t.LocalStorageConfiguration)
	t.Monitoring = types.ManagedInstancesMonitoringOptions(orWord(string(u.Monitoring), string(t.Monitoring)))
	t.NetworkConfiguration = either(u.NetworkConfiguration, t.NetworkConfiguration)
	t.StorageConfiguration = either(u.StorageConfiguration, t.StorageConfiguration)
	n.InstanceLaunchTemplate = &t
	return n, checkManaged(n)
}

func checkManaged(n *types.ManagedInstancesProvider) error {
	switch {
	case !iamARN(n.InfrastructureRoleArn, "role"):
		return invalid("The infrastructureRoleArn must be the ARN of an IAM role.")
	case n.PropagateTags != "" && !slices.Contains(n.PropagateTags.Values(), n.PropagateTags):
		return invalid("Invalid propagateTags: %s", n.PropagateTags)
	case n.InfrastructureOptimization != nil && outside(n.InfrastructureOptimization.ScaleInAfter, neverScaleIn, maxScaleInAfter):
		return invalid("scaleInAfter must be between %d and %d.", neverScaleIn, maxScaleInAfter)
	case n.AutoRepairConfiguration != nil && n.AutoRepairConfiguration.ActionsStatus != "" && !slices.Contains(n.AutoRepairConfiguration.ActionsStatus.Values(), n.AutoRepairConfiguration.ActionsStatus):
		return invalid("Invalid actionsStatus: %s", n.AutoRepairConfiguration.ActionsStatus)
	case n.InstanceLaunchTemplate == nil:
		return invalid("instanceLaunchTemplate must be specified.")
	}
	return checkTemplate(n.InstanceLaunchTemplate)
}

func checkTemplate(t *types.InstanceLaunchTemplate) error {
	network := t.NetworkConfiguration
	switch {
	case !iamARN(t.Ec2InstanceProfileArn, "instance-profile"):
		return invalid("The ec2InstanceProfileArn must be the ARN of an IAM instance profile.")
	case network == nil || len(network.Subnets) == 0:
		return invalid("The networkConfiguration must have at least one subnet.")
	case slices.ContainsFunc(network.Subnets, func(s string) bool { return !strings.HasPrefix(s, "subnet-") }):
		return invalid("Subnets must be specified by their IDs.")
	case slices.ContainsFunc(network.SecurityGroups, func(s string) bool { return !strings.HasPrefix(s, "sg-") }):
		return invalid("Security groups must be specified by their IDs.")
	case !slices.Contains(t.CapacityOptionType.Values(), t.CapacityOptionType):
		return invalid("Invalid capacityOptionType: %s", t.CapacityOptionType)
	case t.Monitoring != "" && !slices.Contains(t.Monitoring.Values(), t.Monitoring):
		return invalid("Invalid monitoring: %s", t.Monitoring)
	case t.StorageConfiguration != nil && outside(t.StorageConfiguration.StorageSizeGiB, 1, 16384):
		return invalid("storageSizeGiB must be between 1 and 16384.")
	case t.CapacityReservations != nil && t.CapacityOptionType != types.CapacityOptionTypeReserved:
		return invalid("capacityReservations can only be specified when capacityOptionType is RESERVED.")
	case t.InstanceRequirements != nil:
		return checkRequirements(t.InstanceRequirements)
	}
	return nil
}

func checkRequirements(q *types.InstanceRequirementsRequest) error {
	switch {
	case q.MemoryMiB == nil || q.MemoryMiB.Min == nil || q.VCpuCount == nil || q.VCpuCount.Min == nil:
		return invalid("instanceRequirements must have the minimum of memoryMiB and of vCpuCount.")
	case *q.MemoryMiB.Min < 0 || q.MemoryMiB.Max != nil && *q.MemoryMiB.Max < *q.MemoryMiB.Min:
		return invalid("Invalid range for memoryMiB.")
	case *q.VCpuCount.Min < 0 || q.VCpuCount.Max != nil && *q.VCpuCount.Max < *q.VCpuCount.Min:
		return invalid("Invalid range for vCpuCount.")
	case len(q.AllowedInstanceTypes) > 0 && len(q.ExcludedInstanceTypes) > 0:
		return invalid("allowedInstanceTypes and excludedInstanceTypes cannot both be specified.")
	}
	return nil
}

// iamARN reports whether arn names something of the kind in IAM.
func iamARN(arn *string, kind string) bool {
	a, ok := model.ParseARN(aws.ToString(arn))
	of, name := a.Path()
	return ok && a.Service == "iam" && of == kind && name != ""
}
