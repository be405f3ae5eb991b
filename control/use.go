package control

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// use hands on what the tasks of an instance used. What it says of other tasks,
// or of containers that its tasks do not have, is left out, as is what cannot
// be: nothing is taken from it but numbers.
func (l *Links) use(i *model.ContainerInstance, m *acs.PublishMetricsRequest) {
	if l.options.Usage == nil {
		return
	}
	v := l.db.View()
	var reports []metrics.Report
	for _, said := range m.Tasks {
		id, ok := taskOf(i, said.TaskARN)
		if !ok {
			continue
		}
		t, ok := store.Get[*model.Task](v, id)
		if !ok || t.Spec.Instance != i.Key().ID || t.Stopped() {
			continue
		}
		d, ok := store.DefinitionOf(v, t)
		if !ok {
			continue
		}
		group := metrics.Group{Account: t.Account, Cluster: t.Cluster, Family: d.Family, Service: t.Spec.Service[strings.LastIndexByte(t.Spec.Service, '/')+1:]}
		for _, c := range said.Containers {
			at := slices.IndexFunc(d.Definition.ContainerDefinitions, func(o types.ContainerDefinition) bool { return aws.ToString(o.Name) == c.Name })
			if at < 0 {
				continue
			}
			group.Container = *d.Definition.ContainerDefinitions[at].Name // which is there as long as the task is, unlike the message
			r := reportOf(c, said.EphemeralStorage)
			r.Task, r.Group, r.Begun = id, group, t.Status.StartedAt
			reports = append(reports, r)
		}
	}
	l.options.Usage.Put(l.options.Now(), reports)
}

// reportOf translates what an agent said of one container.
func reportOf(c acs.ContainerMetric, e *acs.EphemeralStorageMetrics) metrics.Report {
	r := metrics.Report{CPU: statOf(c.CPU), Memory: statOf(c.Memory), Ephemeral: -1}
	if n := c.Network; n != nil {
		r.Networked, r.Rx, r.Tx = true, statOf(n.RxBytesPerSecond), statOf(n.TxBytesPerSecond)
		for at, set := range map[int]*acs.CountStatsSet{metrics.RxBytes: n.RxBytes, metrics.RxPackets: n.RxPackets, metrics.RxErrors: n.RxErrors, metrics.RxDropped: n.RxDropped,
			metrics.TxBytes: n.TxBytes, metrics.TxPackets: n.TxPackets, metrics.TxErrors: n.TxErrors, metrics.TxDropped: n.TxDropped} {
			r.Counters[at] = newest(set)
		}
	}
	if s := c.Storage; s != nil {
		r.Counters[metrics.StorageReadBytes], r.Counters[metrics.StorageWriteBytes] = newest(s.Read), newest(s.Written)
	}
	if c.Restart != nil {
		r.Restarts = min(max(c.Restart.RestartCount, 0), maxRestarts)
	}
	if e != nil && e.Utilized != nil {
		r.Ephemeral = newest(e.Utilized)
	}
	return r
}

// maxRestarts bounds what one report may say: a policy restarts a container at
// most every 60 s, and an agent reports far more often.
const maxRestarts = 1 << 16

// newest is what a counter stands at: it only grows.
func newest(s *acs.CountStatsSet) int64 {
	if s == nil || s.SampleCount <= 0 {
		return 0
	}
	return max(s.Max, 0)
}

// statOf leaves out a statistic set that cannot be one.
func statOf(s *acs.StatsSet) metrics.Stat {
	if s == nil || s.SampleCount <= 0 || s.SampleCount > maxSamples || s.Min < 0 || s.Max < s.Min || s.Sum < s.Min || s.Max > maxValue {
		return metrics.Stat{}
	}
	return metrics.Stat{Count: s.SampleCount, Sum: s.Sum, Min: s.Min, Max: s.Max}
}

// What one statistic set may say: a sample each second for an hour, and values
// that leave room for sums of them.
const (
	maxSamples = 3600
	maxValue   = 1e15
)
