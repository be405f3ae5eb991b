package agent

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// dockerStats is what a container uses, in Docker's words: what a task is told
// at /stats. Source: Docker Engine API, ContainerStats.
type dockerStats struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Read    time.Time   `json:"read"`
	PreRead time.Time   `json:"preread"`
	Pids    pidsStats   `json:"pids_stats"`
	CPU     cpuStats    `json:"cpu_stats"`
	PreCPU  cpuStats    `json:"precpu_stats"`
	Memory  memoryStats `json:"memory_stats"`
	BlockIO blockStats  `json:"blkio_stats"`
	// Networks are the interfaces by name; none in the host's network.
	Networks map[string]interfaceStats `json:"networks,omitempty"`
	// Rate is since the last sample; the fourth version of the metadata has it.
	// Source: ECS developer guide, "Amazon ECS task metadata endpoint version 4".
	Rate *networkRate `json:"network_rate_stats,omitempty"`
}

type interfaceStats struct {
	RxBytes   int64 `json:"rx_bytes"`
	RxPackets int64 `json:"rx_packets"`
	RxErrors  int64 `json:"rx_errors"`
	RxDropped int64 `json:"rx_dropped"`
	TxBytes   int64 `json:"tx_bytes"`
	TxPackets int64 `json:"tx_packets"`
	TxErrors  int64 `json:"tx_errors"`
	TxDropped int64 `json:"tx_dropped"`
}

type networkRate struct {
	Rx float64 `json:"rx_bytes_per_sec"`
	Tx float64 `json:"tx_bytes_per_sec"`
}

type pidsStats struct {
	Current int64 `json:"current"`
}

type cpuStats struct {
	Usage struct {
		Total int64 `json:"total_usage"` // nanoseconds
	} `json:"cpu_usage"`
	System     int64 `json:"system_cpu_usage,omitempty"` // nanoseconds of all processors
	Online     int   `json:"online_cpus,omitempty"`
	Throttling struct {
		Time int64 `json:"throttled_time"` // nanoseconds
	} `json:"throttling_data"`
}

type memoryStats struct {
	Usage    int64 `json:"usage"`
	MaxUsage int64 `json:"max_usage,omitempty"`
	Limit    int64 `json:"limit,omitempty"`
}

type blockStats struct {
	Bytes []blockEntry `json:"io_service_bytes_recursive"`
}

type blockEntry struct {
	Op    string `json:"op"`
	Value int64  `json:"value"`
}

// statsOf reads what a container uses now; what it used before is as old as
// the last sample. Nil when it does not run.
func (a *Agent) statsOf(ctx context.Context, id, name string) *dockerStats {
	if a.meter == nil {
		return nil
	}
	now, err := a.meter.read.Stats(ctx, id)
	if err != nil {
		return nil
	}
	before := a.meter.latest(id)
	out := &dockerStats{ID: id, Name: name, Read: now.ReadAt, PreRead: before.ReadAt, Pids: pidsStats{now.Pids},
		CPU: cpuStatsOf(now, a.meter.since), PreCPU: cpuStatsOf(before, a.meter.since),
		Memory: memoryStats{Usage: now.MemoryUsage, MaxUsage: now.MemoryPeak, Limit: now.MemoryLimit}}
	out.BlockIO.Bytes = []blockEntry{{"Read", now.BlockRead}, {"Write", now.BlockWritten}}
	out.Networks, out.Rate = networksOf(now), rateOf(now, before)
	return out
}

// networksOf gives the interfaces in Docker's words.
func networksOf(s runtime.Stats) map[string]interfaceStats {
	out := map[string]interfaceStats{}
	for _, i := range s.Network {
		out[i.Name] = interfaceStats{i.Rx.Bytes, i.Rx.Packets, i.Rx.Errors, i.Rx.Dropped, i.Tx.Bytes, i.Tx.Packets, i.Tx.Errors, i.Tx.Dropped}
	}
	return out
}

// rateOf is what went through the interfaces between two readings, by second.
func rateOf(now, before runtime.Stats) *networkRate {
	passed := now.ReadAt.Sub(before.ReadAt).Seconds()
	if len(now.Network) == 0 || before.ReadAt.IsZero() || passed <= 0 {
		return nil
	}
	since := trafficOf(now).since(trafficOf(before))
	return &networkRate{float64(since[rxBytes]) / passed, float64(since[txBytes]) / passed}
}

// cpuStatsOf gives the machine's time beside the container's: clients divide
// the differences of the two, so it may begin anywhere.
func cpuStatsOf(s runtime.Stats, since time.Time) cpuStats {
	out := cpuStats{Online: s.OnlineCPUs}
	out.Usage.Total = int64(s.CPU)
	out.Throttling.Time = int64(s.CPUThrottled)
	if !s.ReadAt.IsZero() {
		out.System = int64(s.ReadAt.Sub(since)) * int64(max(1, s.OnlineCPUs))
	}
	return out
}

// latest returns the last sample of a container; zero when there is none.
func (m *meter) latest(id string) runtime.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.uses[id]; u != nil {
		return u.last
	}
	return runtime.Stats{}
}
