package model

import (
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ResourceRequirements returns what a container of a definition requires: what
// the overrides (nil for none) say of it, in place of what it says itself.
// Source: ECS API reference, ContainerOverride.
func ResourceRequirements(c *types.ContainerDefinition, over *types.TaskOverride) []types.ResourceRequirement {
	if over != nil {
		for i := range over.ContainerOverrides {
			o := &over.ContainerOverrides[i]
			if len(o.ResourceRequirements) > 0 && aws.ToString(o.Name) == aws.ToString(c.Name) {
				return o.ResourceRequirements
			}
		}
	}
	return c.ResourceRequirements
}

// RequirementCapabilities returns what an instance must be able to do for a
// container that requires this. A number of GPUs takes no more than that they
// are free.
func RequirementCapabilities(requirements []types.ResourceRequirement) (names []string) {
	for _, r := range requirements {
		gpu := r.Type == types.ResourceTypeGpu
		if gpu && aws.ToString(r.Value) == "ALL" {
			names = append(names, CapabilityGPUAll)
		}
		if gpu && r.SharingStrategy != nil {
			names = append(names, CapabilityGPUSharing)
		}
		if r.Type == types.ResourceTypeNeuronDevice {
			names = append(names, CapabilityNeuron)
		}
	}
	return names
}

// GPUsWanted returns how many whole GPUs a container of a definition asks for,
// with the overrides (nil for none). "ALL", and parts of a GPU, count as none:
// those tasks need what no instance offers (RequirementCapabilities).
func GPUsWanted(c *types.ContainerDefinition, over *types.TaskOverride) int {
	sum := 0
	for _, r := range ResourceRequirements(c, over) {
		if r.Type != types.ResourceTypeGpu || r.Value == nil {
			continue
		}
		if n, err := strconv.Atoi(*r.Value); err == nil && n > 0 {
			sum = min(sum+min(n, math.MaxInt32), math.MaxInt32)
		}
	}
	return sum
}

// ContainerGPUs divides the GPUs of a task of the definition among its
// containers: the first get the first. The answer is in the containers' order,
// and shares the ids with the task.
func ContainerGPUs(t *Task, def *types.TaskDefinition) [][]string {
	all, left := make([][]string, len(def.ContainerDefinitions)), t.Spec.GPUs
	for i := range def.ContainerDefinitions {
		n := min(GPUsWanted(&def.ContainerDefinitions[i], t.Spec.Overrides), len(left))
		all[i], left = left[:n:n], left[n:]
	}
	return all
}
