package containerd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// costed is how many containers of as many tasks are started at once.
const costed = 40

// BenchmarkCost starts forty containers of as many tasks at once and reports the CPU time of one start: of this process,
// which stands for the agent, of containerd, of shims, and of what runs inside the containers' groups, with the shims
// that are made anew. It counts by control groups, so that other work on the machine matters little.
func BenchmarkCost(b *testing.B) {
	needRoot(b)
	enterAccount(b)
	n := newNode(b)
	image := n.pull(b)
	warm := runtime.Container{ID: "warm", TaskID: "warm", Image: image.Ref, Command: []string{"sleep", "1000"}}
	n.start(b, warm)
	var spent bill
	for b.Loop() {
		before := n.bill(b)
		n.startMany(b, image, costed)
		spent = spent.plus(n.settledBill(b).minus(before))
		b.StopTimer()
		n.removeMany(b, costed)
		n.settledBill(b)
		b.StartTimer()
	}
	for name, part := range map[string]time.Duration{"agent": spent.agent, "containerd": spent.daemon, "shims": spent.all - spent.agent - spent.daemon, "inside": spent.inside, "all": spent.all + spent.inside} {
		b.ReportMetric(float64(part.Microseconds())/1000/costed/float64(b.N), "ms-"+name+"/start")
	}
}

func (n *node) startMany(b *testing.B, image runtime.Image, count int) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			id := fmt.Sprintf("cost-%d", i)
			if _, err := n.client.Start(context.Background(), runtime.Container{ID: id, TaskID: id, Image: image.Ref, LogPath: filepath.Join(b.TempDir(), id), Command: []string{"sleep", "1000"}}); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}

func (n *node) removeMany(b *testing.B, count int) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			if err := n.client.Remove(context.Background(), fmt.Sprintf("cost-%d", i)); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}

// bill is CPU time: of all processes outside the containers, of two of them, and inside the containers.
type bill struct{ all, agent, daemon, inside time.Duration }

func (x bill) minus(y bill) bill {
	return bill{x.all - y.all, x.agent - y.agent, x.daemon - y.daemon, x.inside - y.inside}
}

func (x bill) plus(y bill) bill {
	return bill{x.all + y.all, x.agent + y.agent, x.daemon + y.daemon, x.inside + y.inside}
}

// settledBill waits until nothing is done any more, because shims are made anew in the background.
func (n *node) settledBill(b *testing.B) bill {
	b.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	last, still := n.bill(b), 0
	for deadline := time.Now().Add(patience); still < 8; <-look.C {
		now := n.bill(b)
		if still++; now.all+now.inside-last.all-last.inside > 4*time.Millisecond {
			still = 0
		}
		if last = now; time.Now().After(deadline) {
			b.Fatal("it does not become quiet")
		}
	}
	return last
}

func (n *node) bill(b *testing.B) bill {
	b.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", n.supervisor.PID()))
	if err != nil {
		b.Fatal(err)
	}
	var daemon time.Duration
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", n.supervisor.PID()))
	if err != nil {
		b.Fatal(err)
	}
	for _, thread := range threads {
		if text, err = os.ReadFile(thread); err == nil { // else it has ended
			run, _, _ := bytes.Cut(text, []byte(" "))
			daemon += nanoseconds(b, string(run))
		}
	}
	return bill{all: cpuTime(b, accountGroup()), inside: cpuTime(b, n.client.options.CgroupRoot), daemon: daemon,
		agent: time.Duration(own.Utime.Nano() + own.Stime.Nano())}
}

func nanoseconds(b *testing.B, text string) time.Duration {
	b.Helper()
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(n)
}

// cpuTime reads what a control group and those below it have used.
func cpuTime(b *testing.B, group string) time.Duration {
	b.Helper()
	if text, err := os.ReadFile(filepath.Join(cgroup.Mount, "cpuacct", group, "cpuacct.usage")); err == nil {
		return nanoseconds(b, string(text))
	}
	text, err := os.ReadFile(filepath.Join(cgroup.Mount, group, "cpu.stat"))
	if err != nil {
		b.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return 1000 * nanoseconds(b, strings.TrimPrefix(first, "usage_usec "))
}

func accountGroup() string { return fmt.Sprintf("/roadstead-cost-%d", os.Getpid()) }

// enterAccount moves this process, and what it starts from then on, to a control group that counts.
func enterAccount(b *testing.B) {
	b.Helper()
	root := filepath.Join(cgroup.Mount, "cpuacct")
	if _, err := os.Stat(root); err != nil {
		root = cgroup.Mount
	}
	directory := filepath.Join(root, accountGroup())
	if err := os.Mkdir(directory, 0o755); err != nil {
		b.Skipf("skips counting CPU time: %v", err)
	}
	move := func(to string) {
		if err := os.WriteFile(filepath.Join(to, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			b.Error(err)
		}
	}
	move(directory)
	b.Cleanup(func() {
		move(root)
		eventually(b, "the end of all that was counted", func() bool { return os.Remove(directory) == nil })
	})
}
