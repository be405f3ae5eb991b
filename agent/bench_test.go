package agent

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	networkfake "github.com/roadstead/roadstead/agent/network/fake"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// BenchmarkTask is what a node itself costs per task, from the payload to its
// end, over containers that cost nothing: decisions, records and files. Kept is
// how many other tasks run meanwhile.
func BenchmarkTask(b *testing.B) {
	for _, kept := range []int{0, 1000} {
		b.Run(fmt.Sprintf("beside=%d", kept), func(b *testing.B) {
			machine := fake.NewRuntime(fake.NewMachine(fake.Options{}))
			host, err := networkfake.NewHost(networkfake.Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := &counter{ran: make(chan struct{}, 1<<16)}
			gone := make(chan struct{}, 1<<16)
			n, err := NewNode(Edges{Runtime: machine, Prober: machine, Network: host.Open(), Reporter: r, Registry: r, Logs: r},
				NodeOptions{Dir: b.TempDir(), Gone: func(string) { gone <- struct{}{} }})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			var wg sync.WaitGroup
			wg.Go(func() { _ = n.Run(ctx) })
			defer wg.Wait()
			defer cancel()
			<-n.Ready()
			begin := func(i int) string {
				web := task(fmt.Sprint("t", i), essential("web", port(80, 0)))
				save, err := n.Assign(ctx, web)
				if err == nil {
					err = save()
				}
				if err != nil {
					b.Fatal(err)
				}
				<-r.ran
				return web.ARN
			}
			for i := range kept {
				begin(-i - 1)
			}
			for i := 0; b.Loop(); i++ {
				arn := begin(i)
				if err := n.Stop(ctx, []string{arn}); err != nil {
					b.Fatal(err)
				}
				<-gone
			}
		})
	}
}

// counter is a control plane, a registry and a log driver that agree to
// everything.
type counter struct {
	reports atomic.Int64
	ran     chan struct{}
}

func (c *counter) Submit(_ context.Context, _ string, r step.Report) error {
	c.reports.Add(1)
	if r.Status == step.Running {
		c.ran <- struct{}{}
	}
	return nil
}

func (c *counter) Authenticate(context.Context, acs.Container) (*runtime.BasicAuth, error) {
	return nil, nil
}

func (c *counter) Open(context.Context, Log) (LogFile, error) { return LogFile{}, nil }
func (c *counter) Finish(context.Context, string) error       { return nil }
func (c *counter) Drain(context.Context, string) error        { return nil }
