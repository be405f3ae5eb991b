package etcdlog

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
)

func BenchmarkEmbedded(b *testing.B) {
	logtest.Bench(b, func(t testing.TB) logtest.Open {
		l := embedded(t)
		return func(testing.TB) store.Log { return l }
	})
}

// BenchmarkReopen starts an etcd that holds 100,000 tasks and replays it; it
// also says what the process takes afterwards, and with an empty etcd.
func BenchmarkReopen(b *testing.B) {
	dir := b.TempDir()
	open := func() (*Log, *store.DB) {
		l, err := OpenEmbedded(b.Context(), dir, EmbeddedOptions{Logger: quiet()})
		if err != nil {
			b.Fatal(err)
		}
		db, err := store.Open(b.Context(), l, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return l, db
	}
	l, db := open()
	b.ReportMetric(resident(b), "MB-empty")
	logtest.Fill(b, db, 100_000)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	var etcd, tables time.Duration
	b.ResetTimer()
	for b.Loop() {
		start := time.Now()
		l, err := OpenEmbedded(b.Context(), dir, EmbeddedOptions{Logger: quiet()})
		if err != nil {
			b.Fatal(err)
		}
		etcd += time.Since(start)
		start = time.Now()
		if db, err = store.Open(b.Context(), l, store.Options{}); err != nil {
			b.Fatal(err)
		}
		tables += time.Since(start)
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(etcd.Seconds()/float64(b.N), "s-etcd/100k")
	b.ReportMetric(tables.Seconds()/float64(b.N), "s-replay/100k")
	b.ReportMetric(resident(b), "MB-100k")
}

// resident returns the process's own memory in MB: not what it maps of files.
func resident(b *testing.B) float64 {
	b.Helper()
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
