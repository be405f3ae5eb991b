package agent

import (
	"context"
	"iter"
	"maps"
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

	mu     sync.Mutex
	uses   map[string]*use    // by container id
	shared map[string]traffic // the interfaces of tasks whose containers share them, by task ARN
}

// use is what one container used since it was published last.
type use struct {
	process         Process
	last            runtime.Stats
	cpu, memory     acs.StatsSet
	rx, tx          acs.StatsSet // bytes per second
	read, written   acs.CountStatsSet
	network         [8]acs.CountStatsSet // as the fields of traffic, that of rx before that of tx
	through, before traffic              // what went through its interfaces: now, and by the sample before
	connected       bool                 // it has interfaces of its own or of its task
	restarts        int                  // that were published
}

func newMeter(read runtime.Meter, now time.Time) *meter {
	return &meter{read: read, since: now, uses: map[string]*use{}, shared: map[string]traffic{}}
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

// sample reads what the processes use, which are sorted by task, and forgets
// those that are gone.
func (m *meter) sample(ctx context.Context, processes []Process) {
	present, tasks := map[string]bool{}, map[string]bool{}
	for of := range byTask(processes) {
		var read []runtime.Stats
		var there []Process
		for _, p := range of {
			present[p.ID] = true
			if now, err := m.read.Stats(ctx, p.ID); err == nil { // one that has just ended uses nothing
				there, read = append(there, p), append(read, now)
			}
		}
		tasks[of[0].Task.ARN] = true
		m.add(there, read)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.uses, func(id string, _ *use) bool { return !present[id] })
	maps.DeleteFunc(m.shared, func(task string, _ traffic) bool { return !tasks[task] })
}

// byTask yields the processes of one task after another.
func byTask(processes []Process) iter.Seq[[]Process] {
	return func(yield func([]Process) bool) {
		for len(processes) > 0 {
			n := 1
			for n < len(processes) && processes[n].Task.ARN == processes[0].Task.ARN {
				n++
			}
			if !yield(processes[:n]) {
				return
			}
			processes = processes[n:]
		}
	}
}

// add takes note of what the processes of one task used. Of interfaces that
// they share each has an equal part.
func (m *meter) add(processes []Process, read []runtime.Stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range processes {
		u := m.uses[p.ID]
		if u == nil {
			u = &use{process: p}
			m.uses[p.ID] = u
		}
		u.process = p
		own := trafficOf(read[i])
		switch {
		case len(read[i].Network) == 0:
			u.connected = false
		case !sharesNetwork(p.Task):
			u.connected, u.through = true, own
		default:
			u.connected = true
			if i == 0 {
				since := own.since(m.shared[p.Task.ARN])
				m.shared[p.Task.ARN] = own
				for j, q := range processes {
					if m.uses[q.ID] == nil {
						m.uses[q.ID] = &use{process: q}
					}
					m.uses[q.ID].through = m.uses[q.ID].through.plus(since.part(j, len(processes)))
				}
			}
		}
		u.sample(read[i])
	}
}

// sample adds one reading.
func (u *use) sample(now runtime.Stats) {
	count(&u.memory, float64(now.MemoryUsage)/(1<<20))
	countUp(&u.read, now.BlockRead)
	countUp(&u.written, now.BlockWritten)
	passed := now.ReadAt.Sub(u.last.ReadAt)
	known := !u.last.ReadAt.IsZero() && passed > 0
	if known && now.CPU >= u.last.CPU {
		count(&u.cpu, 100*float64(now.CPU-u.last.CPU)/float64(passed))
	}
	if u.connected {
		for i, n := range u.through {
			countUp(&u.network[i], n)
		}
		if since := u.through.since(u.before); known {
			count(&u.rx, float64(since[rxBytes])/passed.Seconds())
			count(&u.tx, float64(since[txBytes])/passed.Seconds())
		}
	}
	u.last, u.before = now, u.through
}

func count(s *acs.StatsSet, value float64) {
	if s.SampleCount == 0 {
		s.Min, s.Max = value, value
	}
	s.Min, s.Max = min(s.Min, value), max(s.Max, value)
	s.Sum += value
	s.SampleCount++
}

func countUp(s *acs.CountStatsSet, value int64) {
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
		t.Containers = append(t.Containers, u.metric(p))
		u.cpu, u.memory, u.rx, u.tx = acs.StatsSet{}, acs.StatsSet{}, acs.StatsSet{}, acs.StatsSet{}
		u.read, u.written, u.network = acs.CountStatsSet{}, acs.CountStatsSet{}, [8]acs.CountStatsSet{}
	}
	return tasks
}

func (u *use) metric(p Process) acs.ContainerMetric {
	out := acs.ContainerMetric{Name: p.Name, CPU: unlessEmpty(u.cpu), Memory: unlessEmpty(u.memory),
		Storage: &acs.StorageStatsSet{Read: new(u.read), Written: new(u.written)}}
	if u.connected {
		n := u.network
		out.Network = &acs.NetworkStatsSet{RxBytes: &n[rxBytes], RxPackets: &n[rxBytes+1], RxErrors: &n[rxBytes+2], RxDropped: &n[rxBytes+3],
			TxBytes: &n[txBytes], TxPackets: &n[txBytes+1], TxErrors: &n[txBytes+2], TxDropped: &n[txBytes+3],
			RxBytesPerSecond: unlessEmpty(u.rx), TxBytesPerSecond: unlessEmpty(u.tx)}
	}
	if p.Restarts != nil {
		out.Restart = &acs.RestartStatsSet{RestartCount: int64(*p.Restarts - u.restarts)}
		u.restarts = *p.Restarts
	}
	return out
}

func unlessEmpty(s acs.StatsSet) *acs.StatsSet {
	if s.SampleCount == 0 {
		return nil
	}
	return &s
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
	a.node.addStorage(processes, tasks)
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

// addStorage says how much of their own disks tasks use.
func (n *Node) addStorage(processes []Process, tasks []acs.TaskMetric) {
	at := map[string]acs.Task{}
	for _, p := range processes {
		at[p.Task.ARN] = p.Task
	}
	for i := range tasks {
		if used, ok := n.diskUse(at[tasks[i].TaskARN]); ok {
			set := &acs.CountStatsSet{}
			countUp(set, used)
			tasks[i].EphemeralStorage = &acs.EphemeralStorageMetrics{Utilized: set}
		}
	}
}
