package agent

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Health that turns is told at once, and use every 20 s.
func TestTelemetry(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		var sick atomic.Bool
		h.behave = func(runtime.Container) fake.Behaviour {
			return fake.Behaviour{Stats: runtime.Stats{MemoryUsage: 64 << 20},
				Exec: func([]string, bool) (runtime.ExecResult, error) {
					if sick.Load() {
						return runtime.ExecResult{ExitCode: 1, Output: []byte("refused")}, nil
					}
					return runtime.ExecResult{}, nil
				}}
		}
		h.begin()
		web := task("t1", essential("web", func(c *acs.Container) {
			c.HealthCheckType = "docker"
			c.DockerConfig = &acs.DockerConfig{Config: `{"Healthcheck":{"Test":["CMD-SHELL","probe"],"Interval":5000000000,"Timeout":1000000000,"Retries":2}}`}
		}))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		status := func() string {
			h.plane.mu.Lock()
			defer h.plane.mu.Unlock()
			for _, m := range slices.Backward(h.plane.said) {
				if m, ok := m.(*acs.PublishHealthRequest); ok && len(m.Tasks) > 0 {
					return m.Tasks[0].Containers[0].Status + " " + m.Tasks[0].Containers[0].StatusMessage
				}
			}
			return ""
		}
		h.until("HEALTHY", 6*time.Second, func() bool { return status() == "HEALTHY " })
		sick.Store(true)
		h.until("UNHEALTHY", 11*time.Second, func() bool { return status() == "UNHEALTHY refused" })
		// An adopted container is what it was until its checks say something.
		h.kill()
		sick.Store(false)
		h.plane.said = nil
		h.begin()
		pass(2 * time.Second)
		if got := status(); got != "HEALTHY " {
			t.Errorf("after adoption: %s", got)
		}
		pass(65 * time.Second)
		h.plane.mu.Lock()
		defer h.plane.mu.Unlock()
		var sets []acs.StatsSet
		for _, m := range h.plane.said {
			if m, ok := m.(*acs.PublishMetricsRequest); ok && len(m.Tasks) == 1 {
				sets = append(sets, *m.Tasks[0].Containers[0].Memory)
			}
		}
		// Sampling and publishing may come at one moment, in either order.
		if len(sets) < 3 || sets[2].SampleCount < 3 || sets[2].SampleCount > 5 || sets[2].Min != 64 || sets[2].Sum != 64*float64(sets[2].SampleCount) {
			t.Errorf("memory: %+v", sets)
		}
	})
}

func TestMeterSumsUp(t *testing.T) {
	m := newMeter(nil, time.Now())
	at := time.Unix(1e9, 0)
	p := Process{Task: acs.Task{ARN: "t"}, Name: "web", ID: "t-0"}
	for i, cpu := range []time.Duration{0, time.Second, 4 * time.Second} {
		m.add([]Process{p}, []runtime.Stats{{ReadAt: at.Add(time.Duration(i) * 5 * time.Second), CPU: cpu, MemoryUsage: int64(i+1) << 20}})
	}
	got := m.take([]Process{p})[0].Containers[0]
	if *got.CPU != (acs.StatsSet{Min: 20, Max: 60, SampleCount: 2, Sum: 80}) || *got.Memory != (acs.StatsSet{Min: 1, Max: 3, SampleCount: 3, Sum: 6}) {
		t.Errorf("cpu %+v, memory %+v", got.CPU, got.Memory)
	}
	if again := m.take([]Process{p}); len(again) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
}

// What goes through interfaces that containers share is theirs in equal parts,
// and what goes through a container's own is its own; in the host's network
// there is nothing to say. Restarts are told once.
func TestMeterOfNetworksAndRestarts(t *testing.T) {
	m := newMeter(nil, time.Now())
	at := time.Unix(1e9, 0)
	stats := func(i int, rx, tx int64) runtime.Stats {
		return runtime.Stats{ReadAt: at.Add(time.Duration(i) * 5 * time.Second), BlockRead: int64(i) * 4096, BlockWritten: 512,
			Network: []runtime.InterfaceStats{{Name: "eth0", Rx: runtime.TrafficStats{Bytes: rx, Packets: rx / 100}, Tx: runtime.TrafficStats{Bytes: tx}}}}
	}
	shared := acs.Task{ARN: "a/shared", NetworkMode: "awsvpc"}
	one, two := Process{Task: shared, Name: "one", ID: "s-0"}, Process{Task: shared, Name: "two", ID: "s-1", Restarts: new(3)}
	own, host := Process{Task: acs.Task{ARN: "b/own"}, Name: "own", ID: "o-0"}, Process{Task: acs.Task{ARN: "c/host", NetworkMode: "host"}, Name: "host", ID: "h-0"}
	all := []Process{one, two, own, host}
	for i := range 3 {
		n := int64(i)
		m.add([]Process{one, two}, []runtime.Stats{stats(i, 1001+500*n, 10*n), stats(i, 1001+500*n, 10*n)})
		m.add([]Process{own}, []runtime.Stats{stats(i, 1000*n, 0)})
		m.add([]Process{host}, []runtime.Stats{{ReadAt: at.Add(time.Duration(i) * 5 * time.Second)}})
	}
	got := map[string]acs.ContainerMetric{}
	for _, task := range m.take(all) {
		for _, c := range task.Containers {
			got[c.Name] = c
		}
	}
	if a, b := got["one"].Network, got["two"].Network; a.RxBytes.Max+b.RxBytes.Max != 2001 || a.RxBytes.Max-b.RxBytes.Max > 1 || a.TxBytes.Max+b.TxBytes.Max != 20 || a.RxBytes.SampleCount != 3 ||
		a.RxBytesPerSecond.SampleCount != 2 || a.RxBytesPerSecond.Max != 50 {
		t.Errorf("shared: %+v and %+v, %+v", a.RxBytes, b.RxBytes, a.RxBytesPerSecond)
	}
	if n := got["own"].Network; *n.RxBytes != (acs.CountStatsSet{Max: 2000, Sum: 3000, SampleCount: 3}) || n.RxPackets.Max != 20 || *n.RxBytesPerSecond != (acs.StatsSet{Min: 200, Max: 200, Sum: 400, SampleCount: 2}) {
		t.Errorf("its own: %+v %+v", n.RxBytes, n.RxBytesPerSecond)
	}
	if s := got["own"].Storage; *s.Read != (acs.CountStatsSet{Max: 8192, Sum: 12288, SampleCount: 3}) || s.Written.Min != 512 {
		t.Errorf("storage: %+v %+v", s.Read, s.Written)
	}
	if got["host"].Network != nil || got["one"].Restart != nil || got["two"].Restart.RestartCount != 3 {
		t.Errorf("host %+v, restarts %+v %+v", got["host"].Network, got["one"].Restart, got["two"].Restart)
	}
	two.Restarts = new(4)
	m.add([]Process{two}, []runtime.Stats{stats(3, 0, 7)}) // its interfaces are new
	again := m.take([]Process{two})[0].Containers[0]
	if again.Restart.RestartCount != 1 || again.Network.TxBytes.Max != 17 {
		t.Errorf("again: %+v %+v", again.Restart, again.Network.TxBytes)
	}
}
