package metrics

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

var began = time.Unix(1_800_000_000, 0) // the beginning of a minute

func report(task, container string, cpu float64, rx int64) Report {
	one := func(v float64) Stat { return Stat{1, v, v, v} }
	return Report{Task: task, Group: Group{"0", "default", "web", "web", container}, Begun: began, CPU: one(cpu), Memory: one(64),
		Rx: one(10), Tx: one(20), Counters: Counters{RxBytes: rx}, Networked: true, Ephemeral: -1}
}

// Reports of one minute are summed up; the last minutes are there, and no more.
func TestMinutes(t *testing.T) {
	s := New(began, Options{})
	for i := range 4 * 3 { // every 20 s
		s.Put(began.Add(time.Duration(i)*20*time.Second), []Report{report("t", "c", float64(i), int64(100*i))})
	}
	for minute, want := range map[int]Stat{1: {3, 12, 3, 5}, 2: {3, 21, 6, 8}, 3: {3, 30, 9, 11}} {
		got := s.In(began.Add(time.Duration(minute) * time.Minute))["t"]
		if len(got) != 1 || got[0].CPU != want || got[0].Memory.Mean() != 64 || got[0].Counters[RxBytes] != 1100 {
			t.Errorf("minute %d: %+v", minute, got)
		}
	}
	if got := s.In(began); len(got) != 0 {
		t.Errorf("too old: %+v", got)
	}
	if got := s.Latest(began.Add(5 * time.Minute))["t"]; len(got) != 1 || got[0].CPU.Sum != 30 {
		t.Errorf("latest: %+v", got)
	}
	if got := s.Latest(began.Add(6 * time.Minute)); len(got) != 0 {
		t.Errorf("latest, and too old: %+v", got)
	}
	s.Put(began.Add(7*time.Minute), []Report{report("u", "c", 1, 0)})
	if got := s.Tasks(); !slices.Equal(got, []string{"u"}) || s.Size().Containers != 1 {
		t.Errorf("kept: %v, %+v", got, s.Size())
	}
}

// A group's total only grows: with containers that begin, are restarted or go,
// and it leaves out what was before its time.
func TestTotals(t *testing.T) {
	s := New(began, Options{})
	put := func(second int, r ...Report) { s.Put(began.Add(time.Duration(second)*time.Second), r) }
	old := report("old", "c", 50, 1_000_000)
	old.Begun = began.Add(-time.Hour)
	put(0, old, report("new", "c", 50, 5))
	old.Counters[RxBytes] += 7
	again := report("new", "c", 150, 3) // it has begun anew
	again.Restarts = 1
	put(20, old, again)
	put(400, report("other", "c", 0, 2))
	got := s.Totals(began.Add(400 * time.Second))
	if len(got) != 1 || got[0].Group != old.Group || got[0].Counters[RxBytes] != 5+7+3+2 || got[0].Restarts != 1 || got[0].CPUSeconds != 10+30 || got[0].Containers != 1 || got[0].MemoryBytes != 64<<20 {
		t.Errorf("%+v", got)
	}
	put(2*3600, report("other", "d", 0, 2))
	if got := s.Totals(began); len(got) != 1 || got[0].Container != "d" {
		t.Errorf("idle groups: %+v", got)
	}
}

func TestLimits(t *testing.T) {
	s := New(began, Options{MaxContainers: 2, MaxGroups: 1})
	s.Put(began, []Report{report("a", "c", 1, 0), report("b", "c", 1, 0), report("d", "c", 1, 0), report("a", "c", 1, 0)})
	if got := s.Size(); got != (Size{2, 1, 1}) {
		t.Errorf("%+v", got)
	}
	s = New(began, Options{MaxGroups: 1})
	s.Put(began, []Report{report("a", "c", 1, 0), report("b", "d", 1, 0)})
	if got := s.Size(); got != (Size{2, 1, 1}) {
		t.Errorf("%+v", got)
	}
}

// BenchmarkTenThousandInstances says what 20 containers on each of 10,000
// instances take: memory for each container, and time for a message of one
// instance.
func BenchmarkTenThousandInstances(b *testing.B) {
	const instances, each = 10_000, 20
	before := heap()
	s := New(began, Options{})
	messages := make([][]Report, instances)
	for i := range messages {
		for j := range each {
			r := report(fmt.Sprintf("000000000000/default/%032d", i*each+j), "main", 1, 1)
			r.Group.Service, r.Group.Family = fmt.Sprint(j), fmt.Sprint(j)
			messages[i] = append(messages[i], r)
		}
	}
	sent := heap() - before
	for minute := range Minutes {
		for _, m := range messages {
			s.Put(began.Add(time.Duration(minute)*time.Minute), m)
		}
	}
	held := float64(heap() - before - sent)
	for i := 0; b.Loop(); i++ {
		s.Put(began.Add(Minutes*time.Minute), messages[i%instances])
	}
	b.ReportMetric(held/(instances*each), "B/container")
	if s.Size().Containers != instances*each {
		b.Errorf("%+v", s.Size())
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
