package containerd

import (
	"fmt"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

func buildResources(c runtime.Container, m machine) (*specs.LinuxResources, error) {
	r := c.Resources
	if r.MemorySwap != nil && !m.swap {
		return nil, fmt.Errorf("your kernel does not support swap limit capabilities: %w", errCannotCreate)
	}
	resources := &specs.LinuxResources{CPU: processor(c), Memory: &specs.LinuxMemory{}}
	if r.MemoryLimit > 0 {
		resources.Memory.Limit = &r.MemoryLimit
		if m.swap {
			swap := 2 * r.MemoryLimit
			if r.MemorySwap != nil {
				swap = *r.MemorySwap
			}
			resources.Memory.Swap = &swap
		}
	} else if r.MemorySwap != nil && *r.MemorySwap > 0 {
		return nil, fmt.Errorf("you should always set the Memory limit when using Memoryswap limit, see usage: %w", errInvalid) // Docker's words
	}
	if r.MemoryReservation > 0 {
		resources.Memory.Reservation = &r.MemoryReservation
	}
	if !m.unified {
		if r.Swappiness != nil {
			if *r.Swappiness < 0 || *r.Swappiness > 100 {
				return nil, fmt.Errorf("swappiness %d is not between 0 and 100: %w", *r.Swappiness, errInvalid)
			}
			swappiness := uint64(*r.Swappiness)
			resources.Memory.Swappiness = &swappiness
		}
		if r.OOMKillDisable {
			resources.Memory.DisableOOMKiller = &r.OOMKillDisable
		}
	}
	if r.PidsLimit > 0 {
		resources.Pids = &specs.LinuxPids{Limit: &r.PidsLimit}
	}
	return resources, nil
}

func processor(c runtime.Container) *specs.LinuxCPU {
	r := c.Resources
	cpu := &specs.LinuxCPU{Cpus: r.CPUSetCPUs}
	if r.CPUShares > 0 {
		shares := uint64(r.CPUShares)
		cpu.Shares = &shares
	}
	if r.CPUQuota > 0 {
		length := r.CPUPeriod
		if length == 0 {
			length = cgroup.Period
		}
		quota, period := withinTask(r.CPUQuota, length, c.Task.CPUQuota).Microseconds(), uint64(length.Microseconds())
		cpu.Quota, cpu.Period = &quota, &period
	}
	return cpu
}

// withinTask cuts a container's quota to its task's: cgroup v1 refuses a child that is allowed more than its parent.
func withinTask(quota, period, task time.Duration) time.Duration {
	if task <= 0 {
		return quota
	}
	return min(quota, time.Duration(float64(task)*float64(period)/float64(cgroup.Period)))
}

func limitsOf(task runtime.TaskLimits) cgroup.Limits {
	return cgroup.Limits{CPUQuota: task.CPUQuota, CPUWeight: task.CPUShares, Memory: task.MemoryLimit, Pids: task.PidsLimit}
}
