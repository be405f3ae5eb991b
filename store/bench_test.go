package store_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
	"github.com/roadstead/roadstead/store/memlog"
)

func BenchmarkMemory(b *testing.B) {
	logtest.Bench(b, func(testing.TB) logtest.Open {
		log := memlog.New(memlog.Options{History: 10})
		return func(testing.TB) store.Log { return log.Peer(nil) }
	})
}

func BenchmarkGet(b *testing.B) {
	db := open(b, memlog.New(memlog.Options{History: 1}))
	ids := logtest.Fill(b, db, 100_000)
	v := db.View()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if _, ok := store.Get[*model.Task](v, ids[i*7919%len(ids)]); !ok {
			b.Fatal("a task is missing")
		}
	}
}

func BenchmarkTasksByInstance(b *testing.B) {
	db := open(b, memlog.New(memlog.Options{History: 1}))
	logtest.Fill(b, db, 100_000)
	v := db.View()
	instance := logtest.RunningTask(1).Spec.Instance
	n := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		for range store.TasksByInstance(v, instance) {
			n++
		}
	}
	b.ReportMetric(float64(n)/float64(b.N), "tasks/op")
}

// BenchmarkReplay reopens a log of 100,000 tasks and says what they take.
func BenchmarkReplay(b *testing.B) {
	log := memlog.New(memlog.Options{History: 1})
	logtest.Fill(b, open(b, log), 100_000)
	var db *store.DB
	before := heap()
	start := time.Now()
	for b.Loop() {
		db = open(b, log.Peer(nil))
	}
	b.ReportMetric(time.Since(start).Seconds()/float64(b.N), "s/100k")
	b.ReportMetric(float64(heap()-before)/10/(1<<20), "MB/10k")
	runtime.KeepAlive(db)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
