package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// define returns what a registration stores: the definition with AWS's
// defaults filled in, once it is known to be one that can run here.
func (d *frontDoor) define(in *ecs.RegisterTaskDefinitionInput) (*types.TaskDefinition, error) {
	if err := refuseDefinition(in); err != nil {
		return nil, err
	}
	cpu, cpuOK := taskCPU(in.Cpu)
	memory, memoryOK := taskMemory(in.Memory)
	switch {
	case !cpuOK:
		return nil, clientError("Invalid 'cpu' setting for task.")
	case !memoryOK:
		return nil, clientError("Invalid 'memory' setting for task.")
	}
	def := &types.TaskDefinition{
		Cpu: cpu, Memory: memory, NetworkMode: in.NetworkMode,
		TaskRoleArn: nonEmpty(in.TaskRoleArn), ExecutionRoleArn: nonEmpty(in.ExecutionRoleArn),
		RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform,
		PlacementConstraints: orEmpty(in.PlacementConstraints), Volumes: orEmpty(in.Volumes),
		Compatibilities: []types.Compatibility{types.CompatibilityExternal, types.CompatibilityEc2},
	}
	for _, c := range in.ContainerDefinitions {
		def.ContainerDefinitions = append(def.ContainerDefinitions, withDefaults(c, def.NetworkMode))
	}
	if err := validateDefinition(def); err != nil {
		return nil, err
	}
	def.RequiresAttributes = d.requiredAttributes(def)
	return def, nil
}

// withDefaults fills in what AWS fills in when a container is registered.
func withDefaults(c types.ContainerDefinition, mode types.NetworkMode) types.ContainerDefinition {
	if c.Essential == nil {
		c.Essential = new(true)
	}
	c.Environment, c.MountPoints, c.VolumesFrom = orEmpty(c.Environment), orEmpty(c.MountPoints), orEmpty(c.VolumesFrom)
	c.SystemControls = orEmpty(c.SystemControls)
	ports := make([]types.PortMapping, 0, len(c.PortMappings))
	for _, p := range c.PortMappings {
		if p.Protocol == "" {
			p.Protocol = types.TransportProtocolTcp
		}
		if p.HostPort == nil {
			p.HostPort = new(int32(0))
			if mode == types.NetworkModeHost {
				p.HostPort = new(aws.ToInt32(p.ContainerPort))
			}
		}
		ports = append(ports, p)
	}
	c.PortMappings = ports
	if c.HealthCheck != nil {
		h := *c.HealthCheck
		h.Interval, h.Timeout, h.Retries = orElse(h.Interval, 30), orElse(h.Timeout, 5), orElse(h.Retries, 3)
		c.HealthCheck = &h
	}
	return c
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func orElse[T any](p *T, otherwise T) *T {
	if p == nil {
		return &otherwise
	}
	return p
}

func nonEmpty(s *string) *string {
	if aws.ToString(s) == "" {
		return nil
	}
	return s
}

// refuseDefinition refuses the parts of a definition that are not supported.
func refuseDefinition(in *ecs.RegisterTaskDefinitionInput) error {
	p := in.RuntimePlatform
	return refuse(func(name string) error { return clientError("%s", notYet(name)) },
		parameter{"networkMode " + string(in.NetworkMode), in.NetworkMode == types.NetworkModeAwsvpc},
		parameter{"requiresCompatibilities FARGATE", slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate)},
		parameter{"requiresCompatibilities MANAGED_INSTANCES", slices.Contains(in.RequiresCompatibilities, types.CompatibilityManagedInstances)},
		parameter{"ephemeralStorage", in.EphemeralStorage != nil},
		parameter{"inferenceAccelerators", len(in.InferenceAccelerators) > 0},
		parameter{"ipcMode", in.IpcMode != ""},
		parameter{"pidMode", in.PidMode != ""},
		parameter{"proxyConfiguration", in.ProxyConfiguration != nil},
		parameter{"enableFaultInjection", aws.ToBool(in.EnableFaultInjection)},
		parameter{"runtimePlatform.operatingSystemFamily other than LINUX",
			p != nil && p.OperatingSystemFamily != "" && p.OperatingSystemFamily != types.OSFamilyLinux},
	)
}

// refuseContainer refuses the parts of a container that are not supported.
func refuseContainer(c *types.ContainerDefinition) error {
	return refuse(func(name string) error { return clientError("%s", notYet("containerDefinitions."+name)) },
		parameter{"credentialSpecs", len(c.CredentialSpecs) > 0},
		parameter{"disableNetworking", aws.ToBool(c.DisableNetworking)},
		parameter{"environmentFiles", len(c.EnvironmentFiles) > 0},
		parameter{"firelensConfiguration", c.FirelensConfiguration != nil},
		parameter{"repositoryCredentials", c.RepositoryCredentials != nil},
		parameter{"resourceRequirements", len(c.ResourceRequirements) > 0},
		parameter{"restartPolicy", c.RestartPolicy != nil && aws.ToBool(c.RestartPolicy.Enabled)},
		parameter{"secrets", len(c.Secrets) > 0},
		parameter{"versionConsistency other than disabled", c.VersionConsistency != "" && c.VersionConsistency != types.VersionConsistencyDisabled},
		parameter{"dockerSecurityOptions other than no-new-privileges", slices.ContainsFunc(c.DockerSecurityOptions,
			func(s string) bool { return s != "no-new-privileges" })},
		parameter{"portMappings.containerPortRange", slices.ContainsFunc(c.PortMappings,
			func(p types.PortMapping) bool { return p.ContainerPortRange != nil })},
		parameter{"logConfiguration.secretOptions", c.LogConfiguration != nil && len(c.LogConfiguration.SecretOptions) > 0},
	)
}

// refuseVolume refuses volumes other than the host's and the task's own.
func refuseVolume(v types.Volume) error {
	return refuse(func(name string) error { return clientError("%s", notYet("volumes."+name)) },
		parameter{"configuredAtLaunch", aws.ToBool(v.ConfiguredAtLaunch)},
		parameter{"dockerVolumeConfiguration", v.DockerVolumeConfiguration != nil},
		parameter{"efsVolumeConfiguration", v.EfsVolumeConfiguration != nil},
		parameter{"fsxWindowsFileServerVolumeConfiguration", v.FsxWindowsFileServerVolumeConfiguration != nil},
		parameter{"s3filesVolumeConfiguration", v.S3filesVolumeConfiguration != nil},
	)
}
