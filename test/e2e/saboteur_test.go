package e2e

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// saboteur harms a running platform at random.
type saboteur struct {
	p      *platform
	random *rand.Rand
	// harmed says what was done to the containers of a task, by task id.
	harmed map[string]string
	// blind are the instants at which a shim was killed, which may have been
	// about to start a process.
	blind []time.Time
	done  map[string]int // how often each harm was done
}

// act does one harm.
func (s *saboteur) act() {
	began := time.Now()
	harms := []struct {
		name   string
		weight int
		do     func()
	}{
		{"kill of everything", 4, s.everything},
		{"kill while starting", 2, s.starting},
		{"graceful restart", 2, s.restart},
		{"kill of containerd", 4, s.containerd},
		{"kill of a shim", 4, s.shim},
		{"kill of a container", 6, s.container},
	}
	total := 0
	for _, h := range harms {
		total += h.weight
	}
	n := s.random.IntN(total)
	for _, h := range harms {
		if n -= h.weight; n < 0 {
			s.done[h.name]++
			h.do()
			s.p.t.Logf("%s: %s, until %s", began.Format("05.000"), h.name, time.Now().Format("05.000"))
			return
		}
	}
}

func (s *saboteur) everything() {
	s.p.kill()
	s.doze(time.Second)
	s.p.up()
}

func (s *saboteur) starting() {
	s.p.kill()
	s.p.launch()
	s.doze(1500 * time.Millisecond)
	s.p.kill()
	s.p.up()
}

func (s *saboteur) restart() {
	s.p.interrupt()
	s.doze(500 * time.Millisecond)
	s.p.up()
}

func (s *saboteur) containerd() {
	if pid := s.p.containerd(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended just now
	}
}

// shim kills a shim that may have tasks.
func (s *saboteur) shim() {
	pids := s.p.shims()
	if len(pids) == 0 {
		return
	}
	slices.Sort(pids)
	pid, _ := strconv.Atoi(pids[s.random.IntN(len(pids))])
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it starts nothing while we look
	for child, container := range s.p.contained() {
		if status(child, "PPid") == pid {
			s.harm(container, "shim killed")
		}
	}
	s.blind = append(s.blind, time.Now())
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func (s *saboteur) container() {
	processes := s.p.contained()
	pids := make([]int, 0, len(processes))
	for pid := range processes {
		if init := status(pid, "PPid"); processes[init] == "" { // not a child of the container's own
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		return
	}
	slices.Sort(pids)
	pid := pids[s.random.IntN(len(pids))]
	s.harm(processes[pid], "process killed")
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func (s *saboteur) harm(container, how string) {
	task := filepath.Base(container)
	if i := strings.LastIndexByte(task, '-'); i > 0 {
		task = task[:i]
	}
	s.harmed[task] = strings.TrimPrefix(s.harmed[task]+", "+how, ", ")
}

// spared reports whether a task was surely not harmed itself.
func (s *saboteur) spared(task types.Task) bool {
	const window = 3 * time.Second // from a task's creation to its start, on a busy machine
	for _, at := range s.blind {
		if began := aws.ToTime(task.CreatedAt); at.After(began.Add(-time.Second)) && at.Before(began.Add(window)) {
			return false
		}
	}
	return s.harmed[idOf(task)] == ""
}

// doze pauses for a random time up to most.
func (s *saboteur) doze(most time.Duration) {
	pause(time.Duration(s.random.Int64N(int64(most))))
}
