package shim

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
	"github.com/containerd/log"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"
)

const (
	// mostStarting is how many starts are under way at once; a task has ten containers, and commands beside them.
	mostStarting = 256
	// holdTimeout is how long ended children may be left because of a start that does not come to an end, which a
	// file system that does not answer can do. After it that start fails instead.
	holdTimeout = 10 * time.Second
)

// children buries the shim's dead. Whoever starts a container in this process waits for some of its children itself, so
// while one does, none are buried.
type children struct{ starting *semaphore.Weighted }

func newChildren() *children { return &children{starting: semaphore.NewWeighted(mostStarting)} }

// begin keeps children from being buried until the function that it gives is called.
func (c *children) begin() (end func()) {
	_ = c.starting.Acquire(context.Background(), 1) // waits for one burial or for others' starts, and both end
	return func() { c.starting.Release(1) }
}

// run buries children until the context ends, and tells containerd's part of the shim of each.
func (c *children) run(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, unix.SIGCHLD)
	defer signal.Stop(died)
	for {
		c.bury(ctx)
		select {
		case <-ctx.Done():
			return
		case <-died:
		}
	}
}

func (c *children) bury(ctx context.Context) {
	waiting, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	if err := c.starting.Acquire(waiting, mostStarting); err == nil {
		defer c.starting.Release(mostStarting)
	} else if ctx.Err() != nil {
		return
	}
	if err := reaper.Reap(); err != nil {
		log.G(ctx).WithError(err).Error("bury children")
	}
}
