package model

import (
	"cmp"
	"slices"
)

// Port is a port of a host that one task can hold at a time.
type Port struct {
	Number   int    `f:"1"`
	Protocol string `f:"2"` // "tcp" or "udp"
}

// ComparePorts orders ports by protocol and number.
func ComparePorts(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Number, b.Number))
}

// Resources is an amount of what a container instance can lend.
type Resources struct {
	CPU    int `f:"1"` // CPU units, 1024 a core
	Memory int `f:"2"` // MiB
	// Ports are host ports: those that an instance keeps for itself, or those
	// that a task asked for by number. Dynamic ports are the node's affair.
	Ports []Port `f:"3"`
	// GPUs is how many whole GPUs: a task shares none with another. Which ones
	// is said by ContainerInstance.GPUs and TaskSpec.GPUs.
	GPUs int `f:"4"`
}

// Usage is what the tasks on one container instance hold together. It is
// derived from the tasks when they are applied and never stored.
type Usage struct {
	CPU, Memory, GPUs int
	Ports             []Port // sorted, without duplicates
	// Running and Pending count the tasks by what they are, for
	// runningTasksCount and pendingTasksCount.
	Running, Pending int
}

// Add returns the usage with task t counted in. The ports are a new slice.
func (u Usage) Add(t *Task) Usage { return u.count(t, 1) }

// Remove returns the usage with task t counted out.
func (u Usage) Remove(t *Task) Usage { return u.count(t, -1) }

func (u Usage) count(t *Task, sign int) Usage {
	if !t.HoldsResources() {
		return u
	}
	u.CPU += sign * t.Spec.Resources.CPU
	u.Memory += sign * t.Spec.Resources.Memory
	u.GPUs += sign * t.Spec.Resources.GPUs
	if t.Status.Last == TaskRunning {
		u.Running += sign
	} else if t.Status.Last.before(TaskRunning) {
		u.Pending += sign
	}
	if len(t.Spec.Resources.Ports) == 0 {
		return u
	}
	ports := slices.Clone(u.Ports)
	for _, p := range t.Spec.Resources.Ports {
		at, found := slices.BinarySearchFunc(ports, p, ComparePorts)
		switch {
		case sign > 0 && !found:
			ports = slices.Insert(ports, at, p)
		case sign < 0 && found:
			ports = slices.Delete(ports, at, at+1)
		}
	}
	u.Ports = ports
	return u
}
