package store

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/roadstead/roadstead/store/codec"
)

// BenchmarkDecode reads 200,000 of a million tasks on 10,000 instances, in an
// order as the log has them: that of random ids. It says what they weigh.
func BenchmarkDecode(b *testing.B) {
	const tasks, read = 1_000_000, 200_000
	s, err := newSchema(Tables())
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	entries := make([]Entry, 0, read)
	for range read {
		i := random.IntN(tasks)
		t := runningTask(i)
		t.Spec.Instance = fmt.Sprintf("000000000000/default/%032x", i/100+1)
		t.Spec.Service, t.Spec.Group = fmt.Sprintf("000000000000/default/web-%d", i/5000), fmt.Sprintf("service:web-%d", i/5000)
		t.Status.Containers[0].ID = fmt.Sprintf("0a1b2c3d-0000-4000-8000-%012x", i)
		value, err := s.codec.Append(nil, t)
		if err != nil {
			b.Fatal(err)
		}
		entries = append(entries, Entry{t.Key(), value, 7})
	}
	rows := make([]*row, read)
	weight := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	b.ReportAllocs()
	for b.Loop() {
		clear(rows)
		before := weight()
		memory := codec.NewMemory()
		for i, e := range entries {
			if _, rows[i], err = s.decode(e, memory); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(weight()-before)/read, "B/task")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/read, "ns/task")
	runtime.KeepAlive(rows)
}
