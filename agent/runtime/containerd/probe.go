package containerd

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/errdefs"

	"github.com/roadstead/roadstead/agent/runtime"
)

const defaultProbeTimeout = 30 * time.Second

// probeIDs numbers probes; together with the start of the client a number is unique on the machine.
type probeIDs struct{ last atomic.Uint64 }

func (p *probeIDs) next() string {
	return "probe-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.FormatUint(p.last.Add(1), 36)
}

// Exec implements runtime.Prober.
func (c *Client) Exec(ctx context.Context, id string, command []string, shell bool, timeout time.Duration) (runtime.ExecResult, error) {
	if timeout <= 0 {
		timeout = defaultProbeTimeout
	}
	if len(command) == 0 || shell && len(command) != 1 {
		return runtime.ExecResult{}, failure("exec", id, fmt.Errorf("a shell takes one command, anything else at least one word: %w", errInvalid))
	}
	if shell {
		command = []string{"/bin/sh", "-c", command[0]}
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result, err := c.exec(limited, id, command)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return result, &runtime.Error{Kind: runtime.KindTimedOut, Op: "exec", Subject: id, Err: fmt.Errorf("health check exceeded timeout (%v)", timeout)}
	}
	return result, failure("exec", id, err)
}

func (c *Client) exec(ctx context.Context, id string, command []string) (runtime.ExecResult, error) {
	container, err := c.conn.LoadContainer(ctx, id)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	spec, err := container.Spec(ctx)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	task, err := container.Task(ctx, nil)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	process := *spec.Process
	process.Args, process.Terminal = command, false
	output := &limitedBuffer{limit: runtime.OutputLimit}
	running, err := task.Exec(ctx, c.probes.next(), &process,
		cio.NewCreator(cio.WithStreams(nil, output, output), cio.WithFIFODir(c.layout.files(id))))
	if err != nil {
		return runtime.ExecResult{}, err
	}
	defer c.endProbe(ctx, task, running)
	exit, err := running.Wait(ctx)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	if err := running.Start(ctx); err != nil {
		return runtime.ExecResult{}, err
	}
	select {
	case status := <-exit:
		if err := status.Error(); err != nil {
			return runtime.ExecResult{Output: output.bytes()}, err
		}
		running.IO().Wait()
		return runtime.ExecResult{ExitCode: int(status.ExitCode()), Output: output.bytes()}, nil
	case <-ctx.Done():
		return runtime.ExecResult{Output: output.bytes()}, ctx.Err()
	}
}

// endProbe kills the probe if it still runs and removes it, also when the time for it is over.
func (c *Client) endProbe(ctx context.Context, task containerd.Task, running containerd.Process) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTimeout)
	defer cancel()
	if _, err := running.Delete(ctx); err == nil || errdefs.IsNotFound(err) {
		return
	}
	if inside := c.session(ctx, task, running.ID(), int(running.Pid())); inside.program != "" {
		inside.signal(ctx, syscall.SIGKILL)
	}
	// The container's end ends a probe that even this cannot.
	_, _ = running.Delete(ctx, containerd.WithProcessKill)
}

// limitedBuffer keeps the beginning of what is written to it.
type limitedBuffer struct {
	limit int
	mu    sync.Mutex
	kept  []byte
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	room := min(b.limit-len(b.kept), len(p))
	b.kept = append(b.kept, p[:room]...)
	return len(p), nil
}

func (b *limitedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]byte(nil), b.kept...)
}
