package bench

import (
	"fmt"
	"testing"
	"time"
)

const (
	storedTasks  = 10_000
	idleBar      = 100e6
	thousandBar  = 3e6
	thousands    = storedTasks / 1000
	memorySettle = 5 * time.Second
)

// memory measures the resident memory of `roadstead up`, the control plane and
// the agent in one process, idle and with tasks in the store. Those are on
// simulated instances: what a shim takes for a real one is named beside it.
func memory(t *testing.T, r *report, image sample) {
	p := start(t, "up")
	pause(memorySettle)
	idle := residentOf(t, p.pid())
	r.add(row{what: "resident memory, control plane and agent, idle", measured: idle.String(), bar: "<= 100 MB", verdict: atMost(idle.resident, idleBar)})
	p.others(r)
	definition := p.simulated(t, "simulated", simulatedNodes)
	pause(memorySettle)
	before := residentOf(t, p.pid())
	for n := range storedTasks / 10 {
		p.runTasks("simulated", definition, 10)
		if n == 99 {
			pause(memorySettle)
			r.add(row{what: "  with 1,000 tasks on 100 instances", measured: residentOf(t, p.pid()).String()})
		}
	}
	pause(memorySettle)
	after := residentOf(t, p.pid())
	each := (after.resident - before.resident) / thousands
	r.add(row{what: "resident memory for each 1,000 tasks, over 10,000", measured: megabytes(each),
		bar: "<= 3 MB", verdict: atMost(each, thousandBar)})
	r.note("%s with 100 instances, %s with 10,000 tasks on them", before, after)
}

func (m memoryOf) String() string {
	return fmt.Sprintf("%s (%s anonymous)", megabytes(m.resident), megabytes(m.anonymous))
}

// others notes the memory of the platform's other processes.
func (p *platform) others(r *report) {
	shares := 0.0
	count := 0
	for _, pid := range children(p.pid()) {
		m := residentOf(p.t, pid)
		if commandOf(pid) == "shim" {
			shares += m.share
			count++
			continue
		}
		r.add(row{what: "  containerd, its child", measured: m.String()})
	}
	if count > 0 {
		r.add(row{what: fmt.Sprintf("  shims started ahead, %d, proportional share of each", count), measured: megabytes(shares / float64(count))})
	}
}
