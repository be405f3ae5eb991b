package scrape

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/roadstead/roadstead/control/census"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// Limits of what is shown.
const (
	// MaxServices is how many services have series of their own; of more the
	// first by name are shown, and the others counted.
	MaxServices = 20_000
	// MaxClusters is how many clusters are shown.
	MaxClusters = 2_000
)

// Store is what is asked of the store; *store.DB is one.
type Store interface {
	View() store.View
	Waiting() int
	Leading() bool
}

// Usage tells what containers use; *metrics.Store is one.
type Usage interface {
	Totals(now time.Time) []metrics.GroupTotal
	Size() metrics.Size
}

// Sources are where the numbers come from.
type Sources struct {
	Store Store
	Usage Usage
	// Agents returns how many channels agents have open, and how many instances
	// are connected.
	Agents func() (channels, instances int)
	// LogBytes returns how much disk log events take.
	LogBytes func() int64
}

// collector reads the sources at each scrape.
type collector struct {
	from Sources
	now  func() time.Time
	log  *slog.Logger
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range descriptions() {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	emit := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		m, err := prometheus.NewConstMetric(d, kind, value, labels...)
		if err != nil {
			c.log.Error("a metric cannot be shown", "metric", d.String(), "error", err)
			return
		}
		out <- m
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		emit(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, value float64, labels ...string) {
		emit(d, prometheus.CounterValue, value, labels...)
	}
	c.containers(gauge, count)
	c.clusters(gauge)
	c.server(gauge, count)
}

type emitter = func(d *prometheus.Desc, value float64, labels ...string)

func (c *collector) containers(gauge, count emitter) {
	for _, t := range c.from.Usage.Totals(c.now()) {
		labels := []string{t.Account, t.Cluster, t.Service, t.Family, t.Container}
		gauge(containers, float64(t.Containers), labels...)
		gauge(containerCores, t.Cores, labels...)
		gauge(containerMemory, t.MemoryBytes, labels...)
		count(containerSeconds, t.CPUSeconds, labels...)
		count(containerRestarts, float64(t.Restarts), labels...)
		for i, d := range containerCounters {
			count(d, float64(t.Counters[i]), labels...)
		}
	}
	size := c.from.Usage.Size()
	gauge(usageContainers, float64(size.Containers))
	gauge(usageGroups, float64(size.Groups))
	count(usageDropped, float64(size.Dropped))
}

func (c *collector) clusters(gauge emitter) {
	shown, omitted := 0, 0
	for i, n := range census.Take(c.from.Store.View()) {
		if i >= MaxClusters {
			omitted++
			continue
		}
		of := []string{n.Account, n.Name}
		gauge(clusterTasks, float64(n.Running), append(of, "running")...)
		gauge(clusterTasks, float64(n.Pending), append(of, "pending")...)
		gauge(clusterServices, float64(len(n.Services)), of...)
		for _, status := range []string{model.InstanceActive, model.InstanceDraining, model.InstanceRegistering} {
			gauge(clusterInstances, float64(n.Instances[status]), append(of, status)...)
		}
		gauge(clusterConnected, float64(n.Connected), of...)
		gauge(clusterCPU, float64(n.Registered.CPU)/1024, append(of, "registered")...)
		gauge(clusterCPU, float64(n.Reserved.CPU)/1024, append(of, "reserved")...)
		gauge(clusterMemory, float64(n.Registered.Memory)*(1<<20), append(of, "registered")...)
		gauge(clusterMemory, float64(n.Reserved.Memory)*(1<<20), append(of, "reserved")...)
		for _, s := range n.Services {
			if shown++; shown > MaxServices {
				omitted++
				continue
			}
			gauge(serviceTasks, float64(s.Desired()), n.Account, n.Name, s.Name, "desired")
			gauge(serviceTasks, float64(s.Running), n.Account, n.Name, s.Name, "running")
			gauge(serviceTasks, float64(s.Pending), n.Account, n.Name, s.Name, "pending")
			gauge(serviceDeployments, float64(s.Deployments), n.Account, n.Name, s.Name)
		}
	}
	gauge(omissions, float64(omitted))
}

func (c *collector) server(gauge, count emitter) {
	v := c.from.Store.View()
	for kind, n := range v.Sizes() {
		gauge(storeNouns, float64(n), string(kind))
	}
	count(storeRevision, float64(v.Rev()))
	gauge(storeWaiting, float64(c.from.Store.Waiting()))
	leads := 0.0
	if c.from.Store.Leading() {
		leads = 1
	}
	gauge(storeLeading, leads)
	channels, instances := c.from.Agents()
	gauge(agentChannels, float64(channels))
	gauge(agentInstances, float64(instances))
	gauge(logBytes, float64(c.from.LogBytes()))
}
