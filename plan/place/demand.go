package place

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// Demand returns what a task of the definition takes from its container
// instance, with the overrides (nil for none) applied: the task's own cpu and
// memory where they are set, else the sum over its containers, where a
// container counts with its memoryReservation if it has one and with its
// memory otherwise. Ports are the host ports that it asks for by number. The
// error says which amount cannot be read.
// Source: ECS developer guide, "Task definition parameters", memory.
func Demand(def *types.TaskDefinition, over *types.TaskOverride) (model.Resources, error) {
	r := model.Resources{Ports: staticPorts(def)}
	taskCPU, taskMemory := def.Cpu, def.Memory
	if over != nil && over.Cpu != nil {
		taskCPU = over.Cpu
	}
	if over != nil && over.Memory != nil {
		taskMemory = over.Memory
	}
	for i := range def.ContainerDefinitions {
		cpu, memory := containerDemand(&def.ContainerDefinitions[i], over)
		r.CPU += cpu
		r.Memory += memory
		r.GPUs += model.GPUsWanted(&def.ContainerDefinitions[i], over)
	}
	var err error
	if taskCPU != nil && *taskCPU != "" {
		if r.CPU, err = amount(*taskCPU, "vcpu"); err != nil {
			return model.Resources{}, fmt.Errorf("cpu of the task: %w", err)
		}
	}
	if taskMemory != nil && *taskMemory != "" {
		if r.Memory, err = amount(*taskMemory, "gb"); err != nil {
			return model.Resources{}, fmt.Errorf("memory of the task: %w", err)
		}
	}
	return r, nil
}

func containerDemand(c *types.ContainerDefinition, over *types.TaskOverride) (cpu, memory int) {
	cpu = int(c.Cpu)
	hard, soft := c.Memory, c.MemoryReservation
	if o := overrideOf(c, over); o != nil {
		if o.Cpu != nil {
			cpu = int(*o.Cpu)
		}
		if o.Memory != nil {
			hard = o.Memory
		}
		if o.MemoryReservation != nil {
			soft = o.MemoryReservation
		}
	}
	switch {
	case soft != nil:
		return cpu, int(*soft)
	case hard != nil:
		return cpu, int(*hard)
	}
	return cpu, 0
}

func overrideOf(c *types.ContainerDefinition, over *types.TaskOverride) *types.ContainerOverride {
	if over == nil || c.Name == nil {
		return nil
	}
	for i := range over.ContainerOverrides {
		if o := &over.ContainerOverrides[i]; o.Name != nil && *o.Name == *c.Name {
			return o
		}
	}
	return nil
}

// amount reads "256" or, in units of 1024, ".25 vCPU" and "0.5 GB".
func amount(s, unit string) (int, error) {
	low := strings.ToLower(strings.TrimSpace(s))
	number, hasUnit := strings.CutSuffix(low, unit)
	if !hasUnit {
		n, err := strconv.Atoi(low)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%q is not an amount", s)
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(f >= 0 && f <= 1<<20) {
		return 0, fmt.Errorf("%q is not an amount", s)
	}
	return int(f*1024 + 0.5), nil
}

// staticPorts returns the host ports that the definition names, sorted,
// without duplicates. A task with a network of its own takes none.
func staticPorts(def *types.TaskDefinition) []model.Port {
	if def.NetworkMode == types.NetworkModeAwsvpc || def.NetworkMode == types.NetworkModeNone || mutant.On(mutant.PortsUncounted) {
		return nil
	}
	host := def.NetworkMode == types.NetworkModeHost
	var ports []model.Port
	for i := range def.ContainerDefinitions {
		for _, m := range def.ContainerDefinitions[i].PortMappings {
			ports = appendPorts(ports, m, host)
		}
	}
	slices.SortFunc(ports, model.ComparePorts)
	return slices.Compact(ports)
}

func appendPorts(ports []model.Port, m types.PortMapping, host bool) []model.Port {
	protocol := string(m.Protocol)
	if protocol == "" {
		protocol = "tcp"
	}
	first, last := 0, 0
	switch {
	case m.HostPort != nil && *m.HostPort != 0:
		first, last = int(*m.HostPort), int(*m.HostPort)
	case host && m.ContainerPort != nil:
		first, last = int(*m.ContainerPort), int(*m.ContainerPort)
	case host && m.ContainerPortRange != nil:
		first, last = portRange(*m.ContainerPortRange)
	}
	for p := first; p != 0 && p <= last; p++ {
		ports = append(ports, model.Port{Number: p, Protocol: protocol})
	}
	return ports
}

// portRange reads "8080-8090"; what is not a range has no ports.
func portRange(s string) (first, last int) {
	a, b, _ := strings.Cut(s, "-")
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || first < 1 || last > 65535 {
		return 0, 0
	}
	return first, last
}

// RequiredWith returns the attributes that an instance must have for a task of
// the definition with the overrides, nil for none: a role that only they name
// takes an instance that hands roles' credentials out, and devices that they
// ask for stand in place of the definition's.
func RequiredWith(def *types.TaskDefinition, over *types.TaskOverride) []model.Attribute {
	required := requiredDevices(def, over)
	if over == nil || over.TaskRoleArn == nil || def.TaskRoleArn != nil {
		return required
	}
	required = append(required, model.Attribute{Name: model.CapabilityTaskRole})
	if def.NetworkMode == types.NetworkModeHost {
		required = append(required, model.Attribute{Name: model.CapabilityTaskRoleHost})
	}
	return required
}

// requiredDevices is Required with what the overrides say of devices.
func requiredDevices(def *types.TaskDefinition, over *types.TaskOverride) []model.Attribute {
	required := Required(def)
	if over == nil || !slices.ContainsFunc(over.ContainerOverrides, func(o types.ContainerOverride) bool { return len(o.ResourceRequirements) > 0 }) {
		return required
	}
	before, after := map[string]bool{}, map[string]bool{}
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		for _, name := range model.RequirementCapabilities(c.ResourceRequirements) {
			before[name] = true
		}
		for _, name := range model.RequirementCapabilities(model.ResourceRequirements(c, over)) {
			if after[name] {
				continue
			}
			after[name] = true
			required = append(required, model.Attribute{Name: name})
		}
	}
	return slices.DeleteFunc(required, func(a model.Attribute) bool { return before[a.Name] && !after[a.Name] })
}

// RequiredOn returns the attributes that an instance must have for a task of
// the definition with the overrides, nil for none, on an OCI runtime; "" is the
// one that every instance has.
func RequiredOn(runtime string, def *types.TaskDefinition, over *types.TaskOverride) []model.Attribute {
	return append(RequiredWith(def, over), model.RuntimeNeeds(def, over, runtime)...)
}

// Required returns the attributes that an instance must have for a task of
// the definition.
func Required(def *types.TaskDefinition) []model.Attribute {
	required := make([]model.Attribute, 0, len(def.RequiresAttributes))
	for _, a := range def.RequiresAttributes {
		if a.Name == nil {
			continue
		}
		r := model.Attribute{Name: *a.Name}
		if a.Value != nil {
			r.Value = *a.Value
		}
		required = append(required, r)
	}
	return required
}

// DefinitionConstraints returns the definition's own placement constraints.
func DefinitionConstraints(def *types.TaskDefinition) []model.PlacementConstraint {
	var cs []model.PlacementConstraint
	for _, c := range def.PlacementConstraints {
		m := model.PlacementConstraint{Type: string(c.Type)}
		if c.Expression != nil {
			m.Expression = *c.Expression
		}
		cs = append(cs, m)
	}
	return cs
}
