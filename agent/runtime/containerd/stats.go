package containerd

import (
	"context"
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Stats implements runtime.Meter. It reads the kernel's files itself: asking the shim would cost a hundred times more.
func (c *Client) Stats(ctx context.Context, id string) (runtime.Stats, error) {
	labels, err := c.labelsOf(ctx, id)
	if err != nil {
		return runtime.Stats{}, failure("stats", id, err)
	}
	group := c.groups.ofContainer(labels[labelTask], id)
	reading, err := c.groups.tree.Read(group)
	ended := errors.Is(err, os.ErrNotExist) || err == nil && reading.Pids == 0
	if labels[labelRuntime] != "" { // its own processes may be there for a moment longer than what they ran
		seen, known := c.seen(id)
		ended = ended || known && seen.Exited
	}
	if ended {
		return runtime.Stats{}, &runtime.Error{Kind: runtime.KindNotFound, Op: "stats", Subject: id, Err: fmt.Errorf("container is not running")}
	}
	if err != nil {
		return runtime.Stats{}, failure("stats", id, err)
	}
	return runtime.Stats{
		ReadAt:        time.Now().UTC(),
		CPU:           reading.CPU,
		CPUThrottled:  reading.CPUThrottled,
		OnlineCPUs:    goruntime.NumCPU(),
		MemoryUsage:   reading.Memory,
		MemoryPeak:    reading.MemoryPeak,
		MemoryLimit:   reading.MemoryLimit,
		OOMKillsSoFar: reading.OOMKills,
		Pids:          reading.Pids,
		BlockRead:     reading.BlockRead,
		BlockWritten:  reading.BlockWritten,
		Network:       traffic(c.networked(id, labels, group), c.hostNetwork),
	}, nil
}

// networked is a process in the container's network. A sandboxed runtime's own processes beside the first may be elsewhere.
func (c *Client) networked(id string, labels map[string]string, group string) int {
	if labels[labelSandboxed] == "" {
		return c.groups.tree.FirstProcess(group)
	}
	seen, _ := c.seen(id)
	return seen.PID
}
