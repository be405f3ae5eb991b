package logtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// RunningTask is the i-th of many tasks as services of one container have
// them, a hundred to a container instance.
func RunningTask(i int) *model.Task {
	at := time.UnixMilli(1_767_225_600_000 + int64(i)).UTC()
	return &model.Task{
		Account: "000000000000", Cluster: "default", ID: fmt.Sprintf("%032x", uint64(i+1)*0x9e3779b97f4a7c15),
		Spec: model.TaskSpec{
			TaskDefinition: "000000000000/web/0000000012",
			Instance:       fmt.Sprintf("000000000000/default/%032x", uint64(i/100+1)*0x9e3779b97f4a7c15),
			Service:        fmt.Sprintf("000000000000/default/web-%d", i/1000),
			Deployment:     "ecs-svc/1234567890123456789",
			Group:          fmt.Sprintf("service:web-%d", i/1000), StartedBy: "ecs-svc/1234567890123456789", LaunchType: "EC2",
			Resources: model.Resources{CPU: 256, Memory: 512}, CreatedAt: at,
		},
		Desired: model.TaskRunning,
		Status: model.TaskObserved{
			Last: model.TaskRunning, ConnectedAt: at, PullStartedAt: at, PullStoppedAt: at, StartedAt: at,
			Health: "HEALTHY", Version: 4,
			Containers: []model.ContainerObserved{{
				Name: "app", RuntimeID: fmt.Sprintf("%064x", uint64(i+1)*0x2545f4914f6cdd1d), Last: model.TaskRunning, Health: "HEALTHY",
				ID:       fmt.Sprintf("0a1b2c3d-0000-4000-8000-%012x", i),
				Digest:   "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
				Bindings: []model.NetworkBinding{{BindIP: "0.0.0.0", ContainerPort: 80, HostPort: 32768 + i%1000, Protocol: "tcp"}},
			}},
		},
	}
}

// Fill commits n tasks and returns their ids.
func Fill(t testing.TB, db *store.DB, n int) []string {
	t.Helper()
	ids := make([]string, 0, n)
	for len(ids) < n {
		var c model.Change
		for range min(store.MaxChangeWrites, n-len(ids)) {
			task := RunningTask(len(ids))
			ids = append(ids, task.Key().ID)
			c.PutUnguarded(task)
		}
		if _, err := db.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// Bench measures commits over a log that holds 10,000 tasks: one committer,
// 64 of them, and one that writes 100 nouns at a time. Every commit is the
// read-modify-write of tasks.
func Bench(b *testing.B, make Maker) {
	db, err := store.Open(b.Context(), make(b)(b), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ids := Fill(b, db, 10_000)
	var next atomic.Int64
	commit := func(writes int) {
		var c model.Change
		first := int(next.Add(int64(writes)))
		for i := range writes {
			task, _ := store.Get[*model.Task](db.View(), ids[(first+i)*7919%len(ids)])
			task = task.Clone()
			task.Status.Version++
			c.Put(task)
		}
		if _, err := db.Commit(context.Background(), c); err != nil {
			b.Error(err)
		}
	}
	rate := func(b *testing.B, writes int) {
		b.ReportMetric(float64(b.N*writes)/b.Elapsed().Seconds(), "writes/s")
	}
	b.Run("1 committer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			commit(1)
		}
		rate(b, 1)
	})
	b.Run("64 committers", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				commit(1)
			}
		})
		rate(b, 1)
	})
	b.Run("100 writes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			commit(100)
		}
		rate(b, 100)
	})
}
