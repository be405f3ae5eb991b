package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// compatibilities returns the launch types that the definition is fit for,
// in AWS's order. A launch type that it requires and is not fit for is an
// error, which says why.
func (d *frontDoor) compatibilities(def *types.TaskDefinition) ([]types.Compatibility, error) {
	var fit []types.Compatibility
	for _, k := range []struct {
		is    types.Compatibility
		check func(*types.TaskDefinition) error
	}{
		{types.CompatibilityExternal, externalRefusal},
		{types.CompatibilityEc2, func(*types.TaskDefinition) error { return nil }},
		{types.CompatibilityFargate, d.fargateRefusal},
		{types.CompatibilityManagedInstances, managedRefusal},
	} {
		err := k.check(def)
		if err == nil {
			fit = append(fit, k.is)
		} else if requires(def, k.is) {
			return nil, err
		}
	}
	return fit, nil
}

// unfit returns the error of the first parameter that is set, worded as AWS
// words what Fargate does not have.
func unfit(kind string, refused ...parameter) error {
	return refuse(func(name string) error {
		return clientError("%s compatible task definitions do not support %s", kind, name)
	}, refused...)
}

// externalRefusal says why instances outside of AWS cannot run the definition.
// Source: ECS developer guide, "Task definition differences for EXTERNAL".
func externalRefusal(def *types.TaskDefinition) error {
	named, shared := false, false
	for _, c := range def.ContainerDefinitions {
		named = named || slices.ContainsFunc(c.PortMappings, func(p types.PortMapping) bool { return p.AppProtocol != "" })
		shared = shared || slices.ContainsFunc(c.ResourceRequirements, func(r types.ResourceRequirement) bool { return r.SharingStrategy != nil })
	}
	return unfit("External",
		parameter{"networkMode awsvpc", def.NetworkMode == types.NetworkModeAwsvpc},
		parameter{"proxyConfiguration", def.ProxyConfiguration != nil},
		parameter{"ephemeralStorage", def.EphemeralStorage != nil},
		parameter{"enableFaultInjection", aws.ToBool(def.EnableFaultInjection)},
		parameter{"appProtocol", named && !requires(def, types.CompatibilityExternal)}, // Service Connect, which is ignored there
		parameter{"sharingStrategy", shared},
		parameter{"efsVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.EfsVolumeConfiguration != nil })},
		parameter{"fsxWindowsFileServerVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.FsxWindowsFileServerVolumeConfiguration != nil })},
		parameter{"s3filesVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.S3filesVolumeConfiguration != nil })},
		parameter{"configuredAtLaunch", hasVolume(def, func(v types.Volume) bool { return aws.ToBool(v.ConfiguredAtLaunch) })},
	)
}

func hasVolume(def *types.TaskDefinition, is func(types.Volume) bool) bool {
	return slices.ContainsFunc(def.Volumes, is)
}

// managedRefusal says why ECS Managed Instances cannot run the definition.
// Source: ECS developer guide, "Task definition differences for Amazon ECS
// Managed Instances".
func managedRefusal(def *types.TaskDefinition) error {
	mode := def.NetworkMode
	switch {
	case mode != types.NetworkModeAwsvpc && mode != types.NetworkModeHost:
		return clientError("Managed Instances only supports network modes ‘awsvpc’ and ‘host’.")
	case def.Cpu == nil:
		return clientError("Managed Instances requires that 'cpu' be defined at the task level.")
	case def.Memory == nil:
		return clientError("Managed Instances requires that 'memory' be defined at the task level.")
	}
	return unfit("Managed Instances",
		parameter{"operatingSystemFamily " + osFamily(def), windows(def)},
		parameter{"proxyConfiguration", def.ProxyConfiguration != nil},
		parameter{"ephemeralStorage", def.EphemeralStorage != nil},
		parameter{"dockerVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.DockerVolumeConfiguration != nil })},
		parameter{"fsxWindowsFileServerVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.FsxWindowsFileServerVolumeConfiguration != nil })},
	)
}

func osFamily(def *types.TaskDefinition) string {
	if def.RuntimePlatform == nil || def.RuntimePlatform.OperatingSystemFamily == "" {
		return string(types.OSFamilyLinux)
	}
	return string(def.RuntimePlatform.OperatingSystemFamily)
}

// pulledWithRole reports whether the image can only be pulled as the
// execution role.
func (d *frontDoor) pulledWithRole(def *types.TaskDefinition) bool {
	return slices.ContainsFunc(def.ContainerDefinitions, func(c types.ContainerDefinition) bool { return d.ownImage(aws.ToString(c.Image)) })
}
