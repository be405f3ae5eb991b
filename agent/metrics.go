package agent

import (
	"context"
	"sync"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// sampleEvery is how often containers' use is read between two messages.
const sampleEvery = 5 * time.Second

// meter sums up what containers use until it is published.
type meter struct {
	read  runtime.Meter
	since time.Time // it measures

	mu   sync.Mutex
	uses map[string]*use // by container id
}

// use is what one container used since it was published last.
type use struct {
	process     Process
	last        runtime.Stats
	cpu, memory acs.StatsSet
}

func newMeter(read runtime.Meter, now time.Time) *meter {
	return &meter{read: read, since: now, uses: map[string]*use{}}
}

// measure samples until ctx ends.
func (a *Agent) measure(ctx context.Context) {
	every := time.NewTicker(sampleEvery)
	defer every.Stop()
	for {
		processes, err := a.node.Processes(ctx)
		if err != nil {
			return
		}
		a.meter.sample(ctx, processes)
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// sample reads what the processes use and forgets those that are gone.
func (m *meter) sample(ctx context.Context, processes []Process) {
	present := map[string]bool{}
	for _, p := range processes {
		present[p.ID] = true
		if now, err := m.read.Stats(ctx, p.ID); err == nil { // one that has just ended uses nothing
			m.add(p, now)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.uses {
		if !present[id] {
			delete(m.uses, id)
		}
	}
}

func (m *meter) add(p Process, now runtime.Stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.uses[p.ID]
	if u == nil {
		u = &use{process: p}
		m.uses[p.ID] = u
	}
	count(&u.memory, float64(now.MemoryUsage)/(1<<20))
	if passed := now.ReadAt.Sub(u.last.ReadAt); !u.last.ReadAt.IsZero() && passed > 0 && now.CPU >= u.last.CPU {
		count(&u.cpu, 100*float64(now.CPU-u.last.CPU)/float64(passed))
	}
	u.last = now
}

func count(s *acs.StatsSet, value float64) {
	if s.SampleCount == 0 {
		s.Min, s.Max = value, value
	}
	s.Min, s.Max = min(s.Min, value), max(s.Max, value)
	s.Sum += value
	s.SampleCount++
}

// take returns what was used since it was called last, by task in the order of
// the processes.
func (m *meter) take(processes []Process) (tasks []acs.TaskMetric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range processes {
		u := m.uses[p.ID]
		if u == nil || u.memory.SampleCount == 0 {
			continue
		}
		if len(tasks) == 0 || tasks[len(tasks)-1].TaskARN != p.Task.ARN {
			tasks = append(tasks, acs.TaskMetric{TaskARN: p.Task.ARN, ClusterARN: p.Task.ClusterARN,
				Family: p.Task.Family, Version: p.Task.Version})
		}
		t := &tasks[len(tasks)-1]
		t.Containers = append(t.Containers, u.metric(p.Name))
		u.cpu, u.memory = acs.StatsSet{}, acs.StatsSet{}
	}
	return tasks
}

func (u *use) metric(name string) acs.ContainerMetric {
	memory := u.memory
	out := acs.ContainerMetric{Name: name, Memory: &memory}
	if u.cpu.SampleCount > 0 {
		cpu := u.cpu
		out.CPU = &cpu
	}
	return out
}

// publishMetrics sends what the containers used since the last time; that
// there are none is said, too.
// Source: specs/agent-protocol.md section 3.
func (a *Agent) publishMetrics(ctx context.Context, send func(acs.Message) error) error {
	if a.meter == nil {
		return nil
	}
	processes, err := a.node.Processes(ctx)
	if err != nil {
		return err
	}
	tasks := a.meter.take(processes)
	for first := true; first || len(tasks) > 0; first = false {
		n := min(len(tasks), tasksPerMessage)
		m := &acs.PublishMetricsRequest{Metadata: a.metadata(n == len(tasks)), Tasks: tasks[:n],
			Timestamp: a.options.Node.Now().UnixMilli()}
		m.Metadata.Idle = len(tasks) == 0
		if err := send(m); err != nil {
			return err
		}
		tasks = tasks[n:]
	}
	return nil
}
