package control_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// An instance's numbers are kept of the tasks that run on it, and of the
// containers that these have.
func TestUseOfAnInstancesOwnTasks(t *testing.T) {
	l := newLinked(t)
	now := time.Unix(1_800_000_000, 0)
	kept := metrics.New(now, metrics.Options{})
	links := control.NewLinks(l.db, dispatch.Platform{Region: linkRegion}, nil, control.LinksOptions{Now: func() time.Time { return now }, Usage: kept})
	task := l.task.Clone()
	task.Spec.Service, task.Status.Last, task.Status.StartedAt = linkAccount+"/default/front", model.TaskRunning, now
	elsewhere := l.task.Clone()
	elsewhere.ID, elsewhere.Spec.Instance = "elsewhere", l.other.Key().ID
	l.put(task, elsewhere)
	count := func(newest int64) *acs.CountStatsSet { return &acs.CountStatsSet{Min: 1, Max: newest, SampleCount: 4} }
	container := func(name string) acs.ContainerMetric {
		return acs.ContainerMetric{Name: name, CPU: &acs.StatsSet{Min: 10, Max: 30, SampleCount: 4, Sum: 80}, Memory: &acs.StatsSet{Min: -1, SampleCount: 1},
			Network: &acs.NetworkStatsSet{RxBytes: count(100), TxPackets: count(7), TxBytesPerSecond: &acs.StatsSet{Max: 2, SampleCount: 2, Sum: 2}},
			Storage: &acs.StorageStatsSet{Written: count(4096)}, Restart: &acs.RestartStatsSet{RestartCount: 2}}
	}
	say := func(arn string, containers ...acs.ContainerMetric) {
		t.Helper()
		m := &acs.PublishMetricsRequest{Metadata: &acs.Metadata{Fin: true}, Tasks: []acs.TaskMetric{{TaskARN: arn, Family: "made up", Containers: containers,
			EphemeralStorage: &acs.EphemeralStorageMetrics{Utilized: count(5000)}}}}
		if err := links.Telemetry(l.root, dispatch.Hello{Cluster: "default", Instance: l.one.ARN(linkRegion)}, m); err != nil {
			t.Fatal(err)
		}
	}
	say(elsewhere.ARN(linkRegion), container("main"))
	say("arn:nonsense", container("main"))
	say(task.ARN(linkRegion), container("unknown"))
	if got := kept.Tasks(); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	say(task.ARN(linkRegion), container("main"))
	got := kept.In(now)[task.Key().ID]
	want := metrics.Usage{Task: task.Key().ID, Container: "main", CPU: metrics.Stat{Count: 4, Sum: 80, Min: 10, Max: 30}, Tx: metrics.Stat{Count: 2, Sum: 2, Max: 2}, Networked: true,
		Restarts: 2, Ephemeral: 5000, Counters: metrics.Counters{metrics.RxBytes: 100, metrics.TxPackets: 7, metrics.StorageWriteBytes: 4096}}
	if len(got) != 1 || got[0] != want {
		t.Errorf("kept %+v, want %+v", got, want)
	}
	if g := kept.Totals(now); len(g) != 1 || g[0].Group != (metrics.Group{Account: linkAccount, Cluster: "default", Service: "front", Family: "web", Container: "main"}) || g[0].Counters[metrics.RxBytes] != 100 {
		t.Errorf("totals %+v", g)
	}
}
