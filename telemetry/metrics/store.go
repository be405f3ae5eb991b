package metrics

import (
	"slices"
	"sync"
	"time"
)

const (
	// Minutes is how many minutes are kept of each container, the present one
	// among them.
	Minutes = 3
	// groupIdle is how long a group is kept that no container of which reports.
	groupIdle = time.Hour

	// DefaultMaxContainers and DefaultMaxGroups bound what is kept; more is
	// dropped, and counted. 20 containers on each of 10,000 instances are as
	// many as the first.
	DefaultMaxContainers = 200_000
	DefaultMaxGroups     = 20_000
)

// Options of a Store; the zero value works.
type Options struct {
	// MaxContainers and MaxGroups are how many are kept at a time; 0 is the
	// default.
	MaxContainers, MaxGroups int
}

// Group is what containers have in common that are counted together, for as
// long as the platform runs: the same container of the tasks of a service.
type Group struct {
	Account, Cluster string
	Service          string // name; "" for tasks of none
	Family           string // of the task definition
	Container        string // name
}

// Report is what one container used since its report before.
type Report struct {
	Task  string // id in the store
	Group Group
	// Begun is when its task began to run. What a container that is older than
	// the Store had counted before is left out of its group's total.
	Begun time.Time
	// CPU is in percent of one processor, Memory in MiB, Rx and Tx in bytes
	// per second.
	CPU, Memory, Rx, Tx Stat
	// Counters are as they stand now; those of the network only if Networked.
	Counters  Counters
	Networked bool
	// Restarts is how often the container was restarted since its report before.
	Restarts int64
	// Ephemeral is what its task has written to ephemeral storage, in bytes; -1:
	// it is not said.
	Ephemeral int64
}

// Store keeps reports. It is safe for concurrent use.
type Store struct {
	options Options
	born    time.Time

	mu         sync.Mutex
	tasks      map[string][]container
	groups     map[Group]*Total
	containers int
	dropped    int64
	minute     int64 // of the newest report
}

// container is one container of one task.
type container struct {
	name      string
	counters  Counters
	networked bool
	restarts  int64
	ephemeral int64
	total     *Total // its group's; nil when there was no room for it
	at        int64  // milliseconds since the epoch, of its newest report
	windows   [Minutes]window
}

// window is what was used in one minute.
type window struct {
	minute              int64
	cpu, memory, rx, tx compact
	restarts            int32
}

// Total is what the containers of a group have used since the platform knows
// them, those that are gone included.
type Total struct {
	Counters   Counters
	Restarts   int64
	CPUSeconds float64 // as far as the means of the reports tell it
	seen       time.Time
}

// New returns an empty store that begins now.
func New(now time.Time, o Options) *Store {
	if o.MaxContainers <= 0 {
		o.MaxContainers = DefaultMaxContainers
	}
	if o.MaxGroups <= 0 {
		o.MaxGroups = DefaultMaxGroups
	}
	return &Store{options: o, born: now, tasks: map[string][]container{}, groups: map[Group]*Total{}}
}

// Put takes reports that came now.
func (s *Store) Put(now time.Time, reports []Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	minute := minuteOf(now)
	if minute > s.minute {
		s.minute = minute
		s.sweep(now)
	}
	for _, r := range reports {
		c, isNew := s.container(r)
		if c == nil {
			s.dropped++
			continue
		}
		used, passed := r.Counters.since(c.counters), time.Duration(now.UnixMilli()-c.at)*time.Millisecond
		if isNew {
			passed = 0
			if r.Begun.Before(s.born) {
				used = Counters{}
			}
		}
		c.total = s.total(now, r, used, min(passed, time.Minute))
		c.counters, c.networked, c.at, c.ephemeral = r.Counters, r.Networked, now.UnixMilli(), r.Ephemeral
		c.restarts += r.Restarts
		w := &c.windows[minute%Minutes]
		if w.minute != minute {
			*w = window{minute: minute}
		}
		w.cpu.add(r.CPU)
		w.memory.add(r.Memory)
		w.rx.add(r.Rx)
		w.tx.add(r.Tx)
		w.restarts += int32(r.Restarts)
	}
}

// container finds or makes the place of a report; nil when there is no room.
func (s *Store) container(r Report) (c *container, isNew bool) {
	of := s.tasks[r.Task]
	for i := range of {
		if of[i].name == r.Group.Container {
			return &of[i], false
		}
	}
	if s.containers >= s.options.MaxContainers {
		return nil, false
	}
	s.containers++
	of = append(slices.Grow(of, 1), container{name: r.Group.Container})
	s.tasks[r.Task] = of
	return &of[len(of)-1], true
}

// total adds what a container used, in the time that has passed, to its group.
func (s *Store) total(now time.Time, r Report, used Counters, passed time.Duration) *Total {
	t := s.groups[r.Group]
	if t == nil {
		if len(s.groups) >= s.options.MaxGroups {
			s.dropped++
			return nil
		}
		t = &Total{}
		s.groups[r.Group] = t
	}
	t.seen = now
	t.Counters = t.Counters.Plus(used)
	t.Restarts += r.Restarts
	t.CPUSeconds += r.CPU.Mean() / 100 * passed.Seconds()
	return t
}

// sweep forgets what nobody has reported lately.
func (s *Store) sweep(now time.Time) {
	for id, of := range s.tasks {
		kept := slices.DeleteFunc(of, func(c container) bool { return c.at/60_000 <= s.minute-Minutes })
		s.containers -= len(of) - len(kept)
		if len(kept) == 0 {
			delete(s.tasks, id)
		} else {
			s.tasks[id] = kept
		}
	}
	for g, t := range s.groups {
		if now.Sub(t.seen) > groupIdle {
			delete(s.groups, g)
		}
	}
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }
