package metrics

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Usage is what one container used in one minute.
type Usage struct {
	Task, Container string
	// As in Report.
	CPU, Memory, Rx, Tx Stat
	// Counters are as they stand now.
	Counters  Counters
	Networked bool
	// Restarts is how often it was restarted in this minute.
	Restarts  int64
	Ephemeral int64 // bytes; -1: it is not said
}

// In returns what containers used in the minute that at is in, by task; those
// that said nothing are missing. Only the last Minutes are known.
func (s *Store) In(at time.Time) map[string][]Usage {
	minute := minuteOf(at)
	return s.read(func(c *container) *window { return &c.windows[minute%Minutes] }, func(w *window) bool { return w.minute == minute })
}

// Latest returns what containers used last, by task: in the newest minute of
// which something is known.
func (s *Store) Latest(now time.Time) map[string][]Usage {
	oldest := minuteOf(now) - Minutes
	return s.read((*container).newest, func(w *window) bool { return w.minute > oldest })
}

// newest is the newest minute of which something is known.
func (c *container) newest() *window {
	w := &c.windows[0]
	for i := range c.windows {
		if c.windows[i].minute > w.minute {
			w = &c.windows[i]
		}
	}
	return w
}

func (s *Store) read(of func(*container) *window, wanted func(*window) bool) map[string][]Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string][]Usage, len(s.tasks))
	for id, containers := range s.tasks {
		var all []Usage
		for i := range containers {
			c := &containers[i]
			w := of(c)
			if !wanted(w) {
				continue
			}
			if all == nil {
				all = make([]Usage, 0, len(containers))
			}
			all = append(all, Usage{Task: id, Container: c.name, CPU: w.cpu.stat(), Memory: w.memory.stat(), Rx: w.rx.stat(), Tx: w.tx.stat(),
				Counters: c.counters, Networked: c.networked, Restarts: int64(w.restarts), Ephemeral: c.ephemeral})
		}
		if all != nil {
			out[id] = all
		}
	}
	return out
}

// GroupTotal is a group, what its containers have used, and what those that
// have reported lately use.
type GroupTotal struct {
	Group
	Total
	Containers  int
	Cores       float64 // processors, on average in the newest minute
	MemoryBytes float64
}

// Totals returns every group's, sorted by its fields.
func (s *Store) Totals(now time.Time) []GroupTotal {
	s.mu.Lock()
	out, at := make([]GroupTotal, 0, len(s.groups)), make(map[*Total]int, len(s.groups))
	for g, t := range s.groups {
		at[t] = len(out)
		out = append(out, GroupTotal{Group: g, Total: *t})
	}
	oldest := minuteOf(now) - Minutes
	for _, containers := range s.tasks {
		for i := range containers {
			w := containers[i].newest()
			n, ok := at[containers[i].total]
			if !ok || w.minute <= oldest {
				continue
			}
			out[n].Containers++
			out[n].Cores += w.cpu.stat().Mean() / 100
			out[n].MemoryBytes += w.memory.stat().Mean() * (1 << 20)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(out, func(a, b GroupTotal) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Family, b.Family), cmp.Compare(a.Container, b.Container))
	})
	return out
}

// Size is how much a store holds, and what it had no room for.
type Size struct {
	Containers, Groups int
	Dropped            int64 // reports, since the store began
}

// Size tells how much there is.
func (s *Store) Size() Size {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Size{s.containers, len(s.groups), s.dropped}
}

// Tasks returns the ids of the tasks that are known, sorted.
func (s *Store) Tasks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.tasks))
}
