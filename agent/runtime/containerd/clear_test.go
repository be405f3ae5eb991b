package containerd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// cleared is how many containers of as many tasks are killed at once.
const cleared = 100

// BenchmarkClear kills a hundred containers at once and measures how long it takes until nothing of them is left. It also
// reports what a waiting shim holds in memory.
func BenchmarkClear(b *testing.B) {
	n := newNode(b)
	image := n.pull(b)
	ctx := context.Background()
	for b.Loop() {
		b.StopTimer()
		var pids []int
		for i := range cleared {
			id := fmt.Sprintf("clear-%d", i)
			started, err := n.client.Start(ctx, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sleep", "1000"}})
			if err != nil {
				b.Fatal(err)
			}
			pids = append(pids, started.PID)
		}
		shims, err := shimsOf(n.client.options.Namespace)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(memoryOf(b, shims, "Anonymous:"), "kB/shim")
		b.ReportMetric(memoryOf(b, shims, "Pss:"), "kB/shim-with-share")
		b.StartTimer()
		began := time.Now()
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				b.Error(err)
			}
		}
		var all sync.WaitGroup
		for i := range cleared {
			all.Go(func() {
				if err := n.client.Remove(ctx, fmt.Sprintf("clear-%d", i)); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		b.ReportMetric(time.Since(began).Seconds(), "s/clear")
	}
}

// memoryOf gives the mean of a line of the processes' memory, in kB.
func memoryOf(b *testing.B, pids []int, line string) float64 {
	total, counted := 0, 0
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		for l := range bytes.Lines(text) {
			if fields := bytes.Fields(l); len(fields) > 1 && string(fields[0]) == line {
				kilobytes, err := strconv.Atoi(string(fields[1]))
				if err != nil {
					b.Fatal(err)
				}
				total, counted = total+kilobytes, counted+1
			}
		}
	}
	if counted == 0 {
		b.Fatal("there are no shims")
	}
	return float64(total) / float64(counted)
}
