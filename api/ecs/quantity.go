package ecs

import (
	"math"
	"strconv"
	"strings"
)

// Sizes of tasks. Source: ECS developer guide, "Task definition parameters",
// task size (EC2 and external instances).
const (
	minTaskCPU    = 128    // CPU units
	maxTaskCPU    = 196608 // CPU units
	minMemory     = 4      // MiB, of a task or container
	unitsInOne    = 1024   // CPU units in a vCPU, MiB in a GB
	maxTaskMemory = 1 << 30
)

// quantity reads an amount in whole units, or in those of a suffix that are
// 1024 of them: "512", ".5 vCPU", "0.5 GB".
func quantity(s, suffix string) (int, bool) {
	text := strings.ToLower(strings.TrimSpace(s))
	number, large := strings.CutSuffix(text, suffix)
	if !large {
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= 0
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > maxTaskMemory/unitsInOne {
		return 0, false
	}
	return int(f*unitsInOne + 0.5), true
}

// taskCPU returns a task's cpu in units, as text; nil for none. "0" is none.
func taskCPU(s *string) (*string, bool) {
	if s == nil || *s == "" {
		return nil, true
	}
	n, ok := quantity(*s, "vcpu")
	if n == 0 && ok {
		return nil, true
	}
	return new(strconv.Itoa(n)), ok && n >= minTaskCPU && n <= maxTaskCPU
}

// taskMemory returns a task's memory in MiB, as text; nil for none.
func taskMemory(s *string) (*string, bool) {
	if s == nil || *s == "" {
		return nil, true
	}
	n, ok := quantity(*s, "gb")
	if n == 0 && ok {
		return nil, true
	}
	return new(strconv.Itoa(n)), ok && n >= minMemory && n <= maxTaskMemory
}
