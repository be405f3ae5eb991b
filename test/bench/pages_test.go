package bench

import (
	"context"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/cli/garbage"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
	"github.com/roadstead/roadstead/store/memlog"
)

// BenchmarkPages measures what a store of ROADSTEAD_BENCH_TASKS tasks, half a
// million without it, has from the pages that its heap is kept in: it is to be
// run with garbage.Switch set and without. All are CPU time.
func BenchmarkPages(b *testing.B) {
	tasks := 500_000
	if n, err := strconv.Atoi(os.Getenv("ROADSTEAD_BENCH_TASKS")); err == nil {
		tasks = n
	}
	each := func(what string, n int, f func()) {
		began, kernel := ownCPU(b), ownKernel(b)
		f()
		b.ReportMetric(float64((ownCPU(b)-began).Nanoseconds())/float64(n)/1000, what+"-µs")
		if below := ownKernel(b) - kernel; below > 100*time.Millisecond {
			b.ReportMetric(float64(below.Nanoseconds())/float64(n)/1000, what+"-kernel-µs")
		}
	}
	for b.Loop() {
		log := memlog.New(memlog.Options{History: 1})
		db := openedBy(b, log)
		var ids []string
		ctx, cancel := context.WithCancel(b.Context())
		var running sync.WaitGroup
		running.Go(func() { garbage.Run(ctx) })
		each("commit", tasks, func() { ids = logtest.Fill(b, db, tasks) })
		v := db.View()
		const gets = 300_000
		random := rand.New(rand.NewPCG(1, 2))
		each("get", gets, func() {
			for range gets {
				if _, ok := store.Get[*model.Task](v, ids[random.IntN(len(ids))]); !ok {
					b.Fatal("a task is missing")
				}
			}
		})
		each("collection", 3, func() {
			for range 3 {
				goruntime.GC()
			}
		})
		b.ReportMetric(float64(hugePages(b))/(1<<20), "huge-MiB")
		b.ReportMetric(residentOf(b, os.Getpid()).anonymous/(1<<20), "MiB")
		cancel()
		running.Wait()
		each("load", tasks, func() {
			defer garbage.Fill()()
			goruntime.KeepAlive(openedBy(b, log.Peer(nil)))
		})
		goruntime.KeepAlive(db)
	}
}

func openedBy(b *testing.B, log store.Log) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), log, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// hugePages is how many bytes of this process are in huge pages.
func hugePages(b *testing.B) (n int64) {
	b.Helper()
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "AnonHugePages:"); ok {
			if n, err = strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64); err != nil {
				b.Fatal(err)
			}
		}
	}
	return n << 10
}
