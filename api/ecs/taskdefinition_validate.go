package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// Limits of task definitions. Source: ECS developer guide, "Service quotas";
// for the size, "Task definition size limit".
const (
	maxContainers     = 10
	maxVolumes        = 100
	maxDefinitionSize = 64 << 10 // bytes
)

// validateDefinition checks a definition whose defaults are filled in.
func validateDefinition(def *types.TaskDefinition) error {
	switch def.NetworkMode {
	case "", types.NetworkModeBridge, types.NetworkModeHost, types.NetworkModeNone:
	default:
		return clientError("Invalid networkMode: %s", def.NetworkMode)
	}
	for _, c := range def.RequiresCompatibilities {
		if c != types.CompatibilityEc2 && c != types.CompatibilityExternal {
			return clientError("Invalid value for requiresCompatibilities: %s", c)
		}
	}
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture != "" && !slices.Contains(p.CpuArchitecture.Values(), p.CpuArchitecture) {
		return clientError("Invalid cpuArchitecture: %s", p.CpuArchitecture)
	}
	for _, role := range []*string{def.TaskRoleArn, def.ExecutionRoleArn} {
		if role != nil && !validRole(*role) {
			return clientError("Role is not valid")
		}
	}
	if _, err := place.Compile(nil, place.DefinitionConstraints(def)); err != nil {
		return clientError("%s", err)
	}
	for _, c := range def.PlacementConstraints {
		if c.Type != types.TaskDefinitionPlacementConstraintTypeMemberOf {
			return clientError("Invalid placement constraint: type %q.", string(c.Type))
		}
	}
	if err := validateVolumes(def.Volumes); err != nil {
		return err
	}
	if err := validateContainers(def); err != nil {
		return err
	}
	return validateSizes(def)
}

// validRole reports whether s is the ARN of a role.
func validRole(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/") && len(parts[5]) > len("role/")
}

func validateVolumes(volumes []types.Volume) error {
	if len(volumes) > maxVolumes {
		return clientError("Volume list cannot have more than %d elements.", maxVolumes)
	}
	seen := map[string]bool{}
	for _, v := range volumes {
		name := aws.ToString(v.Name)
		switch {
		case !validName(name):
			return clientError("Volume names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
		case seen[name]:
			return clientError("Duplicate volume name '%s'.", name)
		case v.Host != nil && aws.ToString(v.Host.SourcePath) != "" && !strings.HasPrefix(*v.Host.SourcePath, "/"):
			return clientError("Invalid sourcePath for volume '%s': it must be an absolute path.", name)
		}
		seen[name] = true
		if err := refuseVolume(v); err != nil {
			return err
		}
	}
	return nil
}

func validateContainers(def *types.TaskDefinition) error {
	switch {
	case len(def.ContainerDefinitions) == 0:
		return clientError("Container list cannot be empty.")
	case len(def.ContainerDefinitions) > maxContainers:
		return clientError("Container list cannot have more than %d elements.", maxContainers)
	}
	seen := map[string]bool{}
	essential := false
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		name := aws.ToString(c.Name)
		if name != "" && seen[name] {
			return clientError("Container names must be unique: '%s' is used more than once.", name)
		}
		seen[name] = true
		essential = essential || *c.Essential
		if err := refuseContainer(c); err != nil {
			return err
		}
		if err := validateContainer(def, c); err != nil {
			return err
		}
	}
	if !essential {
		return clientError("Invalid setting for containers. At least one container must be essential.")
	}
	if err := distinctPorts(def); err != nil {
		return err
	}
	return validateDependencies(def)
}

// distinctPorts refuses a definition that takes a port of the host twice.
func distinctPorts(def *types.TaskDefinition) error {
	seen := map[model.Port]bool{}
	for _, c := range def.ContainerDefinitions {
		for _, m := range c.PortMappings {
			port := model.Port{Number: int(*m.HostPort), Protocol: string(m.Protocol)}
			if port.Number != 0 && seen[port] {
				return clientError("Invalid setting for container '%s'. The host port %d/%s is used more than once.", *c.Name, port.Number, port.Protocol)
			}
			seen[port] = true
		}
	}
	return nil
}

// validateSizes checks what containers ask for against the task's own size.
func validateSizes(def *types.TaskDefinition) error {
	cpu, memory := 0, 0
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		cpu += int(c.Cpu)
		if c.MemoryReservation != nil {
			memory += int(*c.MemoryReservation)
		} else {
			memory += int(aws.ToInt32(c.Memory))
		}
		if c.Memory == nil && c.MemoryReservation == nil && def.Memory == nil {
			return clientError("Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", *c.Name)
		}
		if limit := number(def.Memory); limit > 0 && int(aws.ToInt32(c.Memory)) > limit {
			return clientError("Invalid setting for container '%s'. The container memory cannot be greater than the task memory.", *c.Name)
		}
	}
	if limit := number(def.Cpu); limit > 0 && cpu > limit {
		return clientError("The sum of the containers' cpu (%d) cannot be greater than the task cpu (%d).", cpu, limit)
	}
	if limit := number(def.Memory); limit > 0 && memory > limit {
		return clientError("The sum of the containers' memory (%d) cannot be greater than the task memory (%d).", memory, limit)
	}
	return checkDefinitionSize(def)
}

// number reads an amount that was normalised; 0 for none.
func number(s *string) int {
	n, _ := strconv.Atoi(aws.ToString(s)) // "" is none
	return n
}
