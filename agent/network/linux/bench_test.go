package linux

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/network"
)

// BenchmarkAttach measures a sandbox with one dynamic port: made on the spot,
// and from a namespace that was ready.
func BenchmarkAttach(b *testing.B) {
	b.Run("cold", func(b *testing.B) { benchmarkAttach(b, newLab(b).open(b, Options{}), nil) })
	b.Run("prepared", func(b *testing.B) {
		n := newLab(b).open(b, Options{Prepared: MaxPrepared})
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan error, 1)
		go func() { stopped <- n.Run(ctx) }()
		b.Cleanup(func() { cancel(); <-stopped })
		benchmarkAttach(b, n, func() {
			s := <-n.ready // waits until there is one
			n.ready <- s
		})
	})
}

func benchmarkAttach(b *testing.B, n *Network, ready func()) {
	var detaching time.Duration
	i := 0
	for b.Loop() {
		if ready != nil {
			b.StopTimer()
			ready()
			b.StartTimer()
		}
		id := fmt.Sprint(i)
		i++
		if _, err := n.Attach(context.Background(), network.Request{ID: id, Mode: network.Bridge, Ports: []network.PortRequest{web}}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		start := time.Now()
		if err := n.Detach(context.Background(), id); err != nil {
			b.Fatal(err)
		}
		detaching += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(detaching.Nanoseconds())/float64(i), "ns/detach")
}
