package containerd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// BenchmarkStart measures Start alone: from the call until the container's process runs. The task and its shim are new
// each time. Compare with BenchmarkBare, on the same machine in the same run.
func BenchmarkStart(b *testing.B) {
	n := newNode(b)
	image := n.pull(b)
	logs := b.TempDir()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("bench-%d", i)
		n.start(b, runtime.Container{ID: id, TaskID: id, Image: image.Ref, LogPath: filepath.Join(logs, id), Command: []string{"sleep", "1000"}})
		b.StopTimer()
		if err := n.client.Remove(context.Background(), id); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkStartRemove measures a container's whole life.
func BenchmarkStartRemove(b *testing.B) {
	n := newNode(b)
	image := n.pull(b)
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("bench-%d", i)
		n.start(b, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sleep", "1000"}})
		if err := n.client.Remove(context.Background(), id); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAgainstBare alternates Start with `runc run -d` of the same configuration with everything prepared, so that
// both see the same load, and reports the medians and their ratio.
func BenchmarkAgainstBare(b *testing.B) {
	n := newNode(b)
	image := n.pull(b)
	bare := newBare(b, n)
	logs := b.TempDir()
	var starts, runs []time.Duration
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("bench-%d", i)
		began := time.Now()
		n.start(b, runtime.Container{ID: id, TaskID: id, Image: image.Ref, LogPath: filepath.Join(logs, id), Command: []string{"sleep", "1000"}})
		starts = append(starts, time.Since(began))
		if err := n.client.Remove(context.Background(), id); err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		bare.run(b, id)
		runs = append(runs, time.Since(began))
		bare.remove(b, id)
	}
	start, run := median(starts), median(runs)
	b.ReportMetric(float64(start.Microseconds())/1000, "ms/start")
	b.ReportMetric(float64(run.Microseconds())/1000, "ms/bare")
	b.ReportMetric(float64(start)/float64(run), "ratio")
}

func median(values []time.Duration) time.Duration {
	slices.Sort(values)
	return values[len(values)/2]
}
