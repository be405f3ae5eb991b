package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/wire"
)

// Limits of task definitions. Source: ECS developer guide, "Service quotas";
// for the size, "Task definition size limit".
const (
	maxContainers     = 10
	maxVolumes        = 100
	maxDefinitionSize = 64 << 10 // bytes
	minStorage        = 21       // GiB, of ephemeralStorage
	maxStorage        = 200
)

// validateDefinition checks a definition whose defaults are filled in, for
// what holds wherever it runs. Wordings are those that AWS has answered, as
// far as they are known; the others are ours.
func validateDefinition(def *types.TaskDefinition) error {
	for _, check := range []func(*types.TaskDefinition) error{
		validateWords, validateRoles, validateConstraints, validateStorage, validateVolumes,
		validateContainers, validateProxy, validateRouters, validateSizes,
	} {
		if err := check(def); err != nil {
			return err
		}
	}
	return nil
}

// validateWords checks the parameters that are one word of a few.
func validateWords(def *types.TaskDefinition) error {
	switch {
	case !oneOf(def.NetworkMode, def.NetworkMode.Values()):
		return clientError("Invalid networkMode: %s", def.NetworkMode)
	case !oneOf(def.PidMode, def.PidMode.Values()):
		return clientError("Invalid pidMode: %s", def.PidMode)
	case !oneOf(def.IpcMode, def.IpcMode.Values()):
		return clientError("Invalid ipcMode: %s", def.IpcMode)
	}
	for _, c := range def.RequiresCompatibilities {
		if !slices.Contains(c.Values(), c) {
			return clientError("Invalid value for requiresCompatibilities: %s", c)
		}
	}
	p := def.RuntimePlatform
	switch {
	case p == nil:
	case !oneOf(p.CpuArchitecture, p.CpuArchitecture.Values()):
		return clientError("Invalid cpuArchitecture: %s", p.CpuArchitecture)
	case !oneOf(p.OperatingSystemFamily, p.OperatingSystemFamily.Values()):
		return clientError("Invalid operatingSystemFamily: %s", p.OperatingSystemFamily)
	case windows(def) && p.CpuArchitecture == types.CPUArchitectureArm64:
		return clientError("The CPU architecture %s is not supported for the operating system family %s.", p.CpuArchitecture, p.OperatingSystemFamily)
	}
	return nil
}

// oneOf reports whether word is none or one of the known ones.
func oneOf[W ~string](word W, known []W) bool { return word == "" || slices.Contains(known, word) }

// windows reports whether the definition is for Windows.
func windows(def *types.TaskDefinition) bool {
	return def.RuntimePlatform != nil && strings.HasPrefix(string(def.RuntimePlatform.OperatingSystemFamily), "WINDOWS_")
}

// requires reports whether the definition demands to be compatible with a
// launch type.
func requires(def *types.TaskDefinition, c types.Compatibility) bool {
	return slices.Contains(def.RequiresCompatibilities, c)
}

func validateRoles(def *types.TaskDefinition) error {
	for _, role := range []*string{def.TaskRoleArn, def.ExecutionRoleArn} {
		if role != nil && !validRole(*role) {
			return clientError("Role is not valid")
		}
	}
	return nil
}

// validRole reports whether s is the ARN of a role.
func validRole(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	return validARN(s, "iam") && strings.HasPrefix(parts[5], "role/") && len(parts[5]) > len("role/")
}

func validateConstraints(def *types.TaskDefinition) error {
	for _, c := range def.PlacementConstraints {
		if c.Type != types.TaskDefinitionPlacementConstraintTypeMemberOf {
			return clientError("Invalid placement constraint: type %q.", string(c.Type))
		}
	}
	if _, err := place.Compile(nil, place.DefinitionConstraints(def)); err != nil {
		return clientError("%s", err)
	}
	return nil
}

func validateStorage(def *types.TaskDefinition) error {
	s := def.EphemeralStorage
	switch {
	case s == nil:
		return nil
	case s.SizeInGiB < minStorage:
		return clientError("EphemeralStorage size should be at least %d", minStorage)
	case s.SizeInGiB > maxStorage:
		return clientError("EphemeralStorage size should be at most %d", maxStorage)
	case requires(def, types.CompatibilityEc2):
		return clientError("Tasks using the EC2 launch type do not support EphemeralStorage.")
	}
	return nil
}

func validateContainers(def *types.TaskDefinition) error {
	switch {
	case len(def.ContainerDefinitions) == 0:
		return clientError("Container list cannot be empty.")
	case len(def.ContainerDefinitions) > maxContainers:
		return clientError("Too many containers.")
	}
	seen := map[string]bool{}
	essential := false
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		name := aws.ToString(c.Name)
		if name != "" && seen[name] {
			return clientError("Container names must be unique within a task definition.")
		}
		seen[name] = true
		essential = essential || *c.Essential
		if err := validateContainer(def, c); err != nil {
			return err
		}
	}
	if !essential {
		return clientError("Task definition doesn't have any essential container.")
	}
	if err := distinctPorts(def); err != nil {
		return err
	}
	return validateDependencies(def)
}

// validateProxy checks the configuration of an App Mesh proxy.
func validateProxy(def *types.TaskDefinition) error {
	p := def.ProxyConfiguration
	if p == nil {
		return nil
	}
	given := map[string]bool{}
	for _, property := range p.Properties {
		given[aws.ToString(property.Name)] = aws.ToString(property.Value) != ""
	}
	switch {
	case !oneOf(p.Type, p.Type.Values()):
		return clientError("Invalid proxy configuration type: %s", p.Type)
	case def.NetworkMode != types.NetworkModeAwsvpc:
		return clientError("APPMESH proxy configuration is only supported in networkMode=awsvpc")
	case find(def, aws.ToString(p.ContainerName)) == nil:
		return clientError("Proxy container [%s] does not exist.", aws.ToString(p.ContainerName))
	case !given["ProxyIngressPort"]:
		return clientError("Ingress port not found")
	case !given["ProxyEgressPort"]:
		return clientError("Egress port not found")
	case !given["AppPorts"]:
		return clientError("App ports not found")
	case !given["IgnoredUID"] && !given["IgnoredGID"]:
		return clientError("Ignored UID or ignored GID not found")
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
			return setting(c, "At least one of 'memory' or 'memoryReservation' must be specified.")
		}
		if limit := number(def.Memory); limit > 0 && int(aws.ToInt32(c.Memory)) > limit {
			return clientError("The 'memory' setting for container '%s' is greater than for the task.", *c.Name)
		}
	}
	if limit := number(def.Cpu); limit > 0 && cpu > limit {
		return clientError("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")
	}
	if limit := number(def.Memory); limit > 0 && memory > limit {
		return clientError("The sum of all container 'memory' values cannot be greater than the value of the task 'memory'.")
	}
	return nil
}

// number reads an amount that was normalised; 0 for none.
func number(s *string) int {
	n, _ := strconv.Atoi(aws.ToString(s)) // "" is none
	return n
}

// checkDefinitionSize bounds the definition as JSON.
func checkDefinitionSize(def *types.TaskDefinition) error {
	encoded, err := wire.Marshal(wire.AWSJSON11, def)
	if err != nil {
		return err
	}
	if len(encoded) > maxDefinitionSize {
		return clientError("Actual length: '%d'. Max allowed length is '%d' bytes.", len(encoded), maxDefinitionSize)
	}
	return nil
}
