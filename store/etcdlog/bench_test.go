package etcdlog

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
)

func BenchmarkEmbedded(b *testing.B) {
	logtest.Bench(b, func(t testing.TB) logtest.Open {
		l := embedded(t)
		return func(testing.TB) store.Log { return l }
	})
}

// BenchmarkConfirm measures what it costs to be sure to lead before something is
// refused.
func BenchmarkConfirm(b *testing.B) {
	db, err := store.Open(b.Context(), embedded(b), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := db.Confirm(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReopen starts an etcd that holds many tasks and replays it: wall
// and processor seconds for etcd and for the tables, and the process's memory
// then and with an empty etcd. ROADSTEAD_BENCH_TASKS sets how many, 100,000
// without it.
func BenchmarkReopen(b *testing.B) {
	tasks := 100_000
	if n, err := strconv.Atoi(os.Getenv("ROADSTEAD_BENCH_TASKS")); err == nil {
		tasks = n
	}
	dir := b.TempDir()
	start := func() *Log {
		l, err := OpenEmbedded(b.Context(), dir, EmbeddedOptions{Logger: quiet()})
		if err != nil {
			b.Fatal(err)
		}
		return l
	}
	replay := func(l *Log) *store.DB {
		db, err := store.Open(b.Context(), l, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return db
	}
	l := start()
	db := replay(l)
	empty := resident(b)
	logtest.Fill(b, db, tasks)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	db = nil
	var etcd, tables cost
	var full float64
	b.ResetTimer()
	for b.Loop() {
		etcd.measure(func() { l = start() })
		tables.measure(func() { db = replay(l) })
		full = resident(b)
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.KeepAlive(db)
	etcd.report(b, "etcd")
	tables.report(b, "replay")
	b.ReportMetric(empty, "MB-empty")
	b.ReportMetric(full, "MB-full")
}

// cost is wall and processor time.
type cost struct{ wall, cpu time.Duration }

func (c *cost) measure(f func()) {
	start, used := time.Now(), processor()
	f()
	c.wall += time.Since(start)
	c.cpu += processor() - used
}

func (c *cost) report(b *testing.B, name string) {
	b.ReportMetric(c.wall.Seconds()/float64(b.N), "s-"+name)
	b.ReportMetric(c.cpu.Seconds()/float64(b.N), "cpu-s-"+name)
}

func processor() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident returns the process's own memory in MB, garbage not counted, nor
// what it maps of files.
func resident(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		b.Skip("no RssAnon in /proc/self/status")
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return float64(kb) / 1024
}
