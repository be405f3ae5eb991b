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
	labels, ok := c.known.get(id)
	if !ok {
		container, err := c.conn.ContainerService().Get(ctx, id)
		if err != nil {
			return runtime.Stats{}, failure("stats", id, err)
		}
		labels = container.Labels
		c.known.put(id, labels)
	}
	group := c.groups.ofContainer(labels[labelTask], id)
	reading, err := c.groups.tree.Read(group)
	if errors.Is(err, os.ErrNotExist) || err == nil && reading.Pids == 0 {
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
		Network:       traffic(c.groups.tree.FirstProcess(group), c.hostNetwork),
	}, nil
}
