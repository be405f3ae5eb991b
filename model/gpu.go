package model

import (
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// GPUsWanted returns how many whole GPUs a container of a definition asks for.
// "ALL", and parts of a GPU, count as none: those tasks need what no instance
// offers (CapabilityGPUAll, CapabilityGPUSharing).
func GPUsWanted(c *types.ContainerDefinition) int {
	sum := 0
	for _, r := range c.ResourceRequirements {
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
		n := min(GPUsWanted(&def.ContainerDefinitions[i]), len(left))
		all[i], left = left[:n:n], left[n:]
	}
	return all
}
