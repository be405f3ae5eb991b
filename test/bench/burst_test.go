package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	containerd "github.com/containerd/containerd/v2/client"
)

const (
	burstSize = 40 // tasks, at ten a call
	burstBar  = 3.0
	// quiet is how long what a burst leaves behind may take to be done before
	// its CPU time is read.
	quiet = 1500 * time.Millisecond
)

// bill is what a burst cost.
type bill struct {
	wall time.Duration
	cpu  time.Duration // of everybody who takes part
	// parts of cpu: the server or client, containerd, and what runs inside the
	// containers' control groups. The rest is shims and runc.
	own, daemon, inside time.Duration
}

// shares says who had what part of one start.
func (b bill) shares(own string) string {
	each := func(d time.Duration) string { return milliseconds(d / burstSize) }
	return fmt.Sprintf("%s %s, containerd %s, shims and runc %s, inside the containers' groups %s",
		own, each(b.own), each(b.daemon), each(b.cpu-b.own-b.daemon-b.inside), each(b.inside))
}

func (b bill) String() string {
	return fmt.Sprintf("%.1f starts/s of a core (%.1f ms CPU each), %.1f/s by the clock", b.perCore(), float64(b.cpu.Microseconds())/1000/burstSize,
		burstSize/b.wall.Seconds())
}

func (b bill) perCore() float64 { return burstSize / b.cpu.Seconds() }

// burst measures what forty starts at once cost in CPU time: of the whole
// platform with its control plane, and of stock containerd with a plain client.
func burst(t *testing.T, r *report, image sample) {
	if daemon, runc := findStock(); daemon == "" || runc == "" {
		r.skip("container starts against stock containerd", "Debian's containerd and runc are not installed")
		return
	}
	peer := newStock(t, image)
	p := start(t, "up")
	definition := p.register("bench-burst", p.push(image), types.NetworkModeHost)
	first := p.runTasks("default", definition, 10) // pulls, warms up, and keeps the topmost control group
	p.untilAll(first, "RUNNING", 20*time.Millisecond)
	peer.burst(t, 10)
	pause(quiet)
	ours := p.burst(first[0], definition)
	pause(quiet)
	theirs := peer.burst(t, burstSize)
	r.add(row{what: "container starts per second per core, burst of 40", measured: ours.String(), peer: "stock containerd " + theirs.String(),
		ratio: times(ours.perCore() / theirs.perCore()), bar: ">= 3x", verdict: atLeast(ours.perCore()/theirs.perCore(), burstBar)})
	r.note("CPU of a start, ours: %s", ours.shares("control plane and agent"))
	r.note("CPU of a start, peer: %s", theirs.shares("client"))
	same, plain := newBare(t, image, p.configurationOf(first[0])), newBare(t, image, "")
	r.note("CPU of runc run alone, for comparison: %s with our configuration, %s without a seccomp filter",
		milliseconds(same.cost(t, 10)), milliseconds(plain.cost(t, 10)))
	p.stopBatch(first)
}

// burst starts the tasks and returns the bill of the platform: its processes,
// shims included, and its containers.
func (p *platform) burst(warm, definition string) bill {
	p.t.Helper()
	containers := p.containersOf(warm)
	read := func() bill {
		inside := containers.used(p.t)
		return bill{cpu: p.group.used(p.t) + inside, own: cpuOf(p.t, p.pid()), daemon: cpuOf(p.t, p.containerd()), inside: inside}
	}
	before, began := read(), time.Now()
	var arns []string
	for range burstSize / 10 {
		arns = append(arns, p.runTasks("default", definition, 10)...)
	}
	p.untilAll(arns, "RUNNING", 50*time.Millisecond)
	took := time.Since(began)
	pause(quiet) // spares that were used up are made again: that is part of the bill
	b := read().since(before, took)
	p.stopBatch(arns)
	return b
}

// since returns what b has more than before.
func (b bill) since(before bill, took time.Duration) bill {
	return bill{took, b.cpu - before.cpu, b.own - before.own, b.daemon - before.daemon, b.inside - before.inside}
}

// containerd returns the pid of the platform's containerd.
func (p *platform) containerd() int {
	p.t.Helper()
	for _, pid := range children(p.pid()) {
		if commandOf(pid) != "shim" {
			return pid
		}
	}
	p.t.Fatal("the platform has no containerd")
	return 0
}

// containersOf returns the control group of all containers, found by one task.
func (p *platform) containersOf(arn string) account {
	p.t.Helper()
	id := aws.ToString(p.tasks([]string{arn})[0].Containers[0].RuntimeId)
	for _, pid := range pidsOf(id) {
		group, err := accountOf(pid)
		if err != nil {
			p.t.Fatal(err)
		}
		return group
	}
	p.t.Fatalf("container %s has no process", id)
	return ""
}

// pidsOf returns the processes of a container, found by its control group.
func pidsOf(runtimeID string) (pids []int) {
	if runtimeID == "" {
		return nil // every group's name contains it
	}
	files, _ := filepath.Glob("/proc/[0-9]*/cgroup") // the pattern is well-formed
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(text, []byte(runtimeID)) {
			continue // it has ended, or is another's
		}
		pids = append(pids, int(number(filepath.Base(filepath.Dir(f)))))
	}
	return pids
}

// burst starts n containers, two for each core at once as the platform does,
// and returns the bill of containerd, its shims, the containers and the client.
func (s *stock) burst(t testing.TB, n int) bill {
	t.Helper()
	read := func() bill {
		own, inside := ownCPU(t), s.below.used(t)
		return bill{cpu: s.group.used(t) + inside + own, own: own, daemon: cpuOf(t, s.daemon.Process.Pid), inside: inside}
	}
	before, began := read(), time.Now()
	started := make([]containerd.Container, n)
	failed := make([]error, n)
	var all sync.WaitGroup
	slots := make(chan struct{}, 2*goruntime.NumCPU())
	for i := range n {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			started[i], failed[i] = s.start(fmt.Sprintf("burst-%d-%d", n, i))
		})
	}
	all.Wait()
	took := time.Since(began)
	pause(quiet)
	b := read().since(before, took)
	for i, c := range started {
		if failed[i] != nil {
			t.Error(failed[i])
		}
		if c == nil {
			continue
		}
		if err := s.remove(c); err != nil {
			t.Error(err)
		}
	}
	return b
}
