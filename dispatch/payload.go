package dispatch

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// Platform is what a payload says about the platform itself.
type Platform struct {
	Region string
	// RegistryHosts are the names (host:port) under which the built-in
	// registry is reached; images from it are pulled with an ECR token.
	RegistryHosts []string
	// Endpoint is the URL of the AWS APIs, for agents and log drivers.
	Endpoint string
	// LogMode is the mode of awslogs where a container does not name one:
	// blocking or non-blocking; "" leaves it to the agent.
	LogMode string
}

// Payload returns t as its container instance is told of it: the task
// definition d with the overrides of t expanded, in the terms of the Docker
// Engine API. It is a pure function; credentials are added by the caller.
// Source: specs/agent-protocol.md section 2.1.
func (p Platform) Payload(t *model.Task, d *model.TaskDefinition) (acs.Task, error) {
	out := p.stop(t, d)
	out.DesiredStatus = string(t.Desired)
	if t.Desired == model.TaskStopped {
		return out, nil
	}
	def := d.Definition
	out.LaunchType, out.Group = t.Spec.LaunchType, t.Spec.Group
	out.NetworkMode = networkMode(def)
	out.PIDMode, out.IPCMode = string(def.PidMode), string(def.IpcMode)
	out.TaskDefinitionAccountID, out.Runtime = d.Account, t.Spec.Runtime
	if _, name, ok := strings.Cut(t.Spec.Group, "service:"); ok && t.Spec.Service != "" {
		out.ServiceName = name
	}
	cpu, memory := taskLimits(t, def)
	out.CPU, out.Memory = float64(cpu)/1024, memory
	if t.Spec.LaunchType == string(types.LaunchTypeFargate) {
		out.EphemeralStorage = int64(model.FargateStorage(def, t.Spec.Overrides))
	}
	for _, v := range def.Volumes {
		out.Volumes = append(out.Volumes, volume(v))
	}
	out.Attachments = p.attachments(t)
	for i := range def.ContainerDefinitions {
		c, err := p.container(t, d, &def.ContainerDefinitions[i])
		if err != nil {
			return acs.Task{}, fmt.Errorf("payload of task %s: %w", t.ID, err)
		}
		out.Containers[i] = c
	}
	for i, ids := range model.ContainerGPUs(t, def) {
		for _, id := range ids {
			out.Associations = append(out.Associations, acs.Association{
				Containers: []string{out.Containers[i].Name}, Name: id, Type: acs.AssociationGPU})
		}
	}
	return out, nil
}

// stop returns the little that stopping a task takes.
func (p Platform) stop(t *model.Task, d *model.TaskDefinition) acs.Task {
	scope := model.Scope{Region: p.Region, Account: t.Account}
	out := acs.Task{
		ARN: t.ARN(p.Region), ClusterARN: scope.ClusterARN(t.Cluster),
		Family: d.Family, Version: strconv.Itoa(d.Revision), Containers: []acs.Container{},
	}
	for _, c := range d.Definition.ContainerDefinitions {
		out.Containers = append(out.Containers, acs.Container{
			Name: aws.ToString(c.Name), Image: aws.ToString(c.Image), Essential: aws.ToBool(c.Essential)})
	}
	return out
}

func networkMode(def *types.TaskDefinition) string {
	if def.NetworkMode == "" {
		return string(types.NetworkModeBridge)
	}
	return string(def.NetworkMode)
}

// taskLimits returns the task's own CPU units and MiB; 0 where it has none.
func taskLimits(t *model.Task, def *types.TaskDefinition) (cpu, memory int64) {
	texts := [2]string{aws.ToString(def.Cpu), aws.ToString(def.Memory)}
	if o := t.Spec.Overrides; o != nil {
		if o.Cpu != nil {
			texts[0] = *o.Cpu
		}
		if o.Memory != nil {
			texts[1] = *o.Memory
		}
	}
	// Both were validated at registration and by RunTask; 0 means none.
	cpu, _ = strconv.ParseInt(texts[0], 10, 64)
	memory, _ = strconv.ParseInt(texts[1], 10, 64)
	return cpu, memory
}

func volume(v types.Volume) acs.Volume {
	if c := v.DockerVolumeConfiguration; c != nil {
		out := acs.Volume{Name: aws.ToString(v.Name), Type: "docker", Docker: &acs.DockerVolume{Scope: string(c.Scope),
			Autoprovision: aws.ToBool(c.Autoprovision), Driver: aws.ToString(c.Driver), DriverOpts: c.DriverOpts, Labels: c.Labels}}
		if out.Docker.Scope == "" {
			out.Docker.Scope = string(types.ScopeTask)
		}
		if out.Docker.Driver == "" {
			out.Docker.Driver = "local"
		}
		return out
	}
	if aws.ToBool(v.ConfiguredAtLaunch) {
		return acs.Volume{Name: aws.ToString(v.Name), Type: acs.VolumeAttached}
	}
	if c := v.EfsVolumeConfiguration; c != nil {
		return acs.Volume{Name: aws.ToString(v.Name), Type: "efs", EFS: fileSystem(c)}
	}
	out := acs.Volume{Name: aws.ToString(v.Name), Type: "host", Host: &acs.HostVolume{}}
	if v.Host != nil {
		out.Host.SourcePath = aws.ToString(v.Host.SourcePath)
	}
	return out
}

func fileSystem(c *types.EFSVolumeConfiguration) *acs.EFSVolume {
	out := &acs.EFSVolume{FileSystemID: aws.ToString(c.FileSystemId), RootDirectory: aws.ToString(c.RootDirectory),
		TransitEncryption: string(c.TransitEncryption), TransitEncryptionPort: int64(aws.ToInt32(c.TransitEncryptionPort))}
	if out.RootDirectory == "" {
		out.RootDirectory = "/" // source: ECS API reference, EFSVolumeConfiguration
	}
	if a := c.AuthorizationConfig; a != nil {
		out.Authorization = &acs.EFSAuthorization{AccessPointID: aws.ToString(a.AccessPointId), IAM: string(a.Iam)}
	}
	return out
}

func (p Platform) container(t *model.Task, d *model.TaskDefinition, c *types.ContainerDefinition) (acs.Container, error) {
	out := acs.Container{
		Name: aws.ToString(c.Name), Image: aws.ToString(c.Image), Essential: aws.ToBool(c.Essential),
		CPU: int64(c.Cpu), Memory: int64(aws.ToInt32(c.Memory)),
		Command: c.Command, EntryPoint: c.EntryPoint, Environment: map[string]string{}, Links: c.Links,
		StartTimeout: int64(aws.ToInt32(c.StartTimeout)), StopTimeout: int64(aws.ToInt32(c.StopTimeout)),
		RegistryAuthentication: p.registryAuthentication(d.Account, c, executionRole(t, d) != ""),
		Secrets:                p.secrets(d.Account, c), RestartPolicy: restartPolicy(c.RestartPolicy),
	}
	if at := t.Container(out.Name); at >= 0 {
		out.ContainerARN = model.Scope{Region: p.Region, Account: t.Account}.
			ContainerARN(t.Cluster, t.ID, t.Status.Containers[at].ID)
	}
	for _, e := range c.Environment {
		out.Environment[aws.ToString(e.Name)] = aws.ToString(e.Value)
	}
	for _, m := range c.PortMappings {
		out.PortMappings = append(out.PortMappings, acs.PortMapping{ContainerPort: int(aws.ToInt32(m.ContainerPort)),
			HostPort: int(aws.ToInt32(m.HostPort)), Protocol: string(m.Protocol), ContainerPortRange: aws.ToString(m.ContainerPortRange)})
	}
	for _, f := range c.EnvironmentFiles {
		out.EnvironmentFiles = append(out.EnvironmentFiles, acs.EnvironmentFile{Value: aws.ToString(f.Value), Type: string(f.Type)})
	}
	for _, m := range c.MountPoints {
		out.MountPoints = append(out.MountPoints, acs.MountPoint{SourceVolume: aws.ToString(m.SourceVolume),
			ContainerPath: aws.ToString(m.ContainerPath), ReadOnly: aws.ToBool(m.ReadOnly)})
	}
	for _, v := range c.VolumesFrom {
		out.VolumesFrom = append(out.VolumesFrom, acs.VolumeFrom{
			SourceContainer: aws.ToString(v.SourceContainer), ReadOnly: aws.ToBool(v.ReadOnly)})
	}
	for _, dep := range c.DependsOn {
		out.DependsOn = append(out.DependsOn, acs.Dependency{
			ContainerName: aws.ToString(dep.ContainerName), Condition: string(dep.Condition)})
	}
	host := p.hostConfig(t, d, c)
	override(&out, host, t.Spec.Overrides)
	if c.HealthCheck != nil {
		out.HealthCheckType = "docker"
	}
	if f := c.FirelensConfiguration; f != nil {
		out.FirelensConfiguration = &acs.FirelensConfiguration{Type: string(f.Type), Options: f.Options}
	}
	if host.LogConfig != nil && host.LogConfig.Type == "awslogs" && executionRole(t, d) != "" {
		out.LogsAuthStrategy = "ExecutionRole"
	}
	var err error
	out.DockerConfig, err = dockerConfig(c, host)
	return out, err
}

// override expands what the caller of RunTask changed for this container.
func override(out *acs.Container, host *acs.HostConfig, o *types.TaskOverride) {
	if o == nil {
		return
	}
	for _, c := range o.ContainerOverrides {
		if aws.ToString(c.Name) != out.Name {
			continue
		}
		if c.Command != nil {
			out.Command = c.Command
		}
		if c.Cpu != nil {
			out.CPU = int64(*c.Cpu)
		}
		if c.Memory != nil {
			if host.MemorySwap > 0 { // counts the memory, too
				host.MemorySwap += (int64(*c.Memory) - out.Memory) << 20
			}
			out.Memory = int64(*c.Memory)
		}
		if c.MemoryReservation != nil {
			host.MemoryReservation = int64(*c.MemoryReservation) << 20
		}
		for _, e := range c.Environment {
			out.Environment[aws.ToString(e.Name)] = aws.ToString(e.Value)
		}
	}
}

// executionRole returns the role that the task is prepared with; "" for none.
func executionRole(t *model.Task, d *model.TaskDefinition) string {
	if o := t.Spec.Overrides; o != nil && o.ExecutionRoleArn != nil {
		return *o.ExecutionRoleArn
	}
	return aws.ToString(d.Definition.ExecutionRoleArn)
}

// registryAuthentication says how an image of the built-in registry is pulled:
// with the execution role where there is one, else as the instance itself; and
// one of a private registry: with what a secret says.
func (p Platform) registryAuthentication(account string, c *types.ContainerDefinition, asRole bool) *acs.RegistryAuthentication {
	if r := c.RepositoryCredentials; r != nil && aws.ToString(r.CredentialsParameter) != "" {
		return &acs.RegistryAuthentication{Type: "asm", ASM: &acs.ASMAuthData{
			CredentialsParameter: *r.CredentialsParameter, Region: p.regionOf(*r.CredentialsParameter)}}
	}
	for _, h := range p.RegistryHosts {
		if strings.HasPrefix(aws.ToString(c.Image), h+"/") {
			return &acs.RegistryAuthentication{Type: "ecr", ECR: &acs.ECRAuthData{
				RegistryID: account, Region: p.Region, EndpointOverride: p.Endpoint, UseExecutionRole: asRole}}
		}
	}
	return nil
}

func dockerConfig(c *types.ContainerDefinition, host *acs.HostConfig) (*acs.DockerConfig, error) {
	config := acs.Config{
		User: aws.ToString(c.User), WorkingDir: aws.ToString(c.WorkingDirectory), Hostname: aws.ToString(c.Hostname),
		Labels: c.DockerLabels, Tty: aws.ToBool(c.PseudoTerminal), OpenStdin: aws.ToBool(c.Interactive),
		Healthcheck: healthcheck(c.HealthCheck), NetworkDisabled: aws.ToBool(c.DisableNetworking),
	}
	texts := [2]string{}
	for i, v := range []any{config, host} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("docker configuration of container %s: %w", aws.ToString(c.Name), err)
		}
		texts[i] = string(b)
	}
	return &acs.DockerConfig{Version: "1.19", Config: texts[0], HostConfig: texts[1]}, nil
}

func healthcheck(h *types.HealthCheck) *acs.Healthcheck {
	if h == nil {
		return nil
	}
	seconds := func(v *int32, otherwise int32) int64 {
		if v != nil {
			otherwise = *v
		}
		return int64(time.Duration(otherwise) * time.Second)
	}
	// The defaults are those of the ECS API reference, HealthCheck.
	out := &acs.Healthcheck{Test: h.Command, Interval: seconds(h.Interval, 30), Timeout: seconds(h.Timeout, 5),
		StartPeriod: seconds(h.StartPeriod, 0), Retries: 3}
	if h.Retries != nil {
		out.Retries = int(*h.Retries)
	}
	return out
}
