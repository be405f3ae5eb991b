package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// define returns what a registration stores: the definition as it was given,
// with AWS's defaults filled in, if AWS would accept it. Whether a container
// instance can do what it asks for is not decided here: it requires the
// attributes of what it uses, and placement looks for them.
func (d *frontDoor) define(in *ecs.RegisterTaskDefinitionInput) (*types.TaskDefinition, error) {
	cpu, cpuOK := taskCPU(in.Cpu)
	memory, memoryOK := taskMemory(in.Memory)
	switch {
	case !cpuOK:
		return nil, clientError("Invalid 'cpu' setting for task.")
	case !memoryOK:
		return nil, clientError("Invalid 'memory' setting for task.")
	case len(in.InferenceAccelerators) > 0: // AWS no longer has them
		return nil, clientError("Unsupported field 'inferenceAccelerators'.")
	}
	def := &types.TaskDefinition{
		Cpu: cpu, Memory: memory, NetworkMode: in.NetworkMode, IpcMode: in.IpcMode, PidMode: in.PidMode,
		TaskRoleArn: nonEmpty(in.TaskRoleArn), ExecutionRoleArn: nonEmpty(in.ExecutionRoleArn),
		RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform,
		EphemeralStorage: in.EphemeralStorage, ProxyConfiguration: in.ProxyConfiguration,
		EnableFaultInjection: in.EnableFaultInjection,
		PlacementConstraints: orEmpty(in.PlacementConstraints), Volumes: []types.Volume{},
	}
	for _, v := range in.Volumes {
		def.Volumes = append(def.Volumes, volumeWithDefaults(v))
	}
	for _, c := range in.ContainerDefinitions {
		def.ContainerDefinitions = append(def.ContainerDefinitions, withDefaults(c, def.NetworkMode))
	}
	if err := validateDefinition(def); err != nil {
		return nil, err
	}
	var err error
	if def.Compatibilities, err = d.compatibilities(def); err != nil {
		return nil, err
	}
	def.RequiresAttributes = d.requiredAttributes(def)
	return def, checkDefinitionSize(def)
}

// withDefaults fills in what AWS fills in when a container is registered.
// What it only documents as a default (restartAttemptPeriod, for one) stays
// out, for Terraform compares what comes back with what it sent.
func withDefaults(c types.ContainerDefinition, mode types.NetworkMode) types.ContainerDefinition {
	if c.Essential == nil {
		c.Essential = new(true)
	}
	c.Environment, c.MountPoints, c.VolumesFrom = orEmpty(c.Environment), orEmpty(c.MountPoints), orEmpty(c.VolumesFrom)
	c.SystemControls = orEmpty(c.SystemControls)
	ports := make([]types.PortMapping, 0, len(c.PortMappings))
	for _, p := range c.PortMappings {
		ports = append(ports, portWithDefaults(p, mode))
	}
	c.PortMappings = ports
	if c.HealthCheck != nil {
		h := *c.HealthCheck
		h.Interval, h.Timeout, h.Retries = orElse(h.Interval, 30), orElse(h.Timeout, 5), orElse(h.Retries, 3)
		c.HealthCheck = &h
	}
	return c
}

// portWithDefaults fills in the protocol, as which AWS takes tcp for all but
// udp, and the host port, which is the container's where they share a network.
func portWithDefaults(p types.PortMapping, mode types.NetworkMode) types.PortMapping {
	if p.Protocol != types.TransportProtocolUdp {
		p.Protocol = types.TransportProtocolTcp
	}
	if p.ContainerPortRange != nil {
		return p
	}
	shared := mode == types.NetworkModeHost || mode == types.NetworkModeAwsvpc
	switch {
	case shared && aws.ToInt32(p.HostPort) == 0:
		p.HostPort = new(aws.ToInt32(p.ContainerPort))
	case p.HostPort == nil:
		p.HostPort = new(int32(0))
	}
	return p
}

// volumeWithDefaults fills in what AWS fills in for a volume.
func volumeWithDefaults(v types.Volume) types.Volume {
	if volumeKinds(v) == 0 && !aws.ToBool(v.ConfiguredAtLaunch) {
		v.Host = &types.HostVolumeProperties{}
	}
	if d := v.DockerVolumeConfiguration; d != nil && d.Scope == "" {
		filled := *d
		filled.Scope = types.ScopeTask
		v.DockerVolumeConfiguration = &filled
	}
	if e := v.EfsVolumeConfiguration; e != nil && aws.ToString(e.RootDirectory) == "" {
		filled := *e
		filled.RootDirectory = new("/")
		v.EfsVolumeConfiguration = &filled
	}
	return v
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
