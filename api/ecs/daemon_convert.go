package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// defineDaemon returns what a registration of a daemon task definition
// stores: the definition as given, and what its tasks run, once that is known
// to be one that can be expressed. A daemon's containers have no ports; AWS
// gives them a bridge network of their own, here it is each instance's bridge.
func (d *frontDoor) defineDaemon(in *ecs.RegisterDaemonTaskDefinitionInput) (*types.DaemonTaskDefinition, *types.TaskDefinition, error) {
	ipc, pid, err := namespaces(in)
	if err != nil {
		return nil, nil, err
	}
	plain := &ecs.RegisterTaskDefinitionInput{Family: in.Family, Cpu: in.Cpu, Memory: in.Memory, ExecutionRoleArn: in.ExecutionRoleArn,
		TaskRoleArn: in.TaskRoleArn, IpcMode: ipc, PidMode: pid, NetworkMode: types.NetworkModeBridge}
	for _, v := range in.Volumes {
		if v.LogDriverVolumeConfiguration != nil {
			return nil, nil, clientError("%s", notYet("volumes.logDriverVolumeConfiguration"))
		}
		plain.Volumes = append(plain.Volumes, types.Volume{Name: v.Name, Host: v.Host})
	}
	for i := range in.ContainerDefinitions {
		plain.ContainerDefinitions = append(plain.ContainerDefinitions, daemonContainer(&in.ContainerDefinitions[i]))
	}
	runs, err := d.define(plain)
	if err != nil {
		return nil, nil, err
	}
	given := &types.DaemonTaskDefinition{ContainerDefinitions: in.ContainerDefinitions, Cpu: runs.Cpu, Memory: runs.Memory,
		ExecutionRoleArn: runs.ExecutionRoleArn, TaskRoleArn: runs.TaskRoleArn, IpcMode: in.IpcMode, PidMode: in.PidMode,
		Volumes: orEmpty(in.Volumes)}
	return given, runs, nil
}

// namespaces reads with whom a daemon shares its namespaces: "shared" is the
// host's. Source: ECS API reference, RegisterDaemonTaskDefinition.
func namespaces(in *ecs.RegisterDaemonTaskDefinitionInput) (ipc types.IpcMode, pid types.PidMode, err error) {
	switch in.IpcMode {
	case "", types.DaemonIpcModeNone:
	case types.DaemonIpcModeShared:
		ipc = types.IpcModeHost
	default:
		return "", "", clientError("Invalid ipcMode: %s", in.IpcMode)
	}
	switch in.PidMode {
	case "", types.DaemonPidModeNone:
	case types.DaemonPidModeShared:
		pid = types.PidModeHost
	default:
		return "", "", clientError("Invalid pidMode: %s", in.PidMode)
	}
	return ipc, pid, nil
}

// daemonContainer returns the container in the terms of a task definition.
func daemonContainer(c *types.DaemonContainerDefinition) types.ContainerDefinition {
	out := types.ContainerDefinition{
		Name: c.Name, Image: c.Image, Command: c.Command, EntryPoint: c.EntryPoint, Cpu: c.Cpu, Memory: c.Memory,
		MemoryReservation: c.MemoryReservation, DependsOn: c.DependsOn, Environment: c.Environment,
		EnvironmentFiles: c.EnvironmentFiles, Essential: c.Essential, FirelensConfiguration: c.FirelensConfiguration,
		HealthCheck: c.HealthCheck, Interactive: c.Interactive, LogConfiguration: c.LogConfiguration, MountPoints: c.MountPoints,
		Privileged: c.Privileged, PseudoTerminal: c.PseudoTerminal, ReadonlyRootFilesystem: c.ReadonlyRootFilesystem,
		RepositoryCredentials: c.RepositoryCredentials, RestartPolicy: c.RestartPolicy, Secrets: c.Secrets,
		StartTimeout: c.StartTimeout, StopTimeout: c.StopTimeout, SystemControls: c.SystemControls, Ulimits: c.Ulimits,
		User: c.User, WorkingDirectory: c.WorkingDirectory,
	}
	if l := c.LinuxParameters; l != nil {
		out.LinuxParameters = &types.LinuxParameters{Capabilities: l.Capabilities, Devices: l.Devices,
			InitProcessEnabled: l.InitProcessEnabled, Tmpfs: l.Tmpfs}
	}
	return out
}
