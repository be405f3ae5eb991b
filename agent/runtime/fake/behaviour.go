package fake

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Options script a Machine. The zero value has every image, and containers that run until they are signalled.
type Options struct {
	// Pull says what a pull comes to; nil is PullAny.
	Pull func(runtime.PullRequest) Pulled
	// Behave says what a container does; nil is the zero Behaviour for all.
	Behave func(runtime.Container) Behaviour
}

// Pulled is what a pull comes to.
type Pulled struct {
	Image runtime.Image
	Err   error         // want a *runtime.Error
	Takes time.Duration // until the answer
}

// Behaviour is what a container does once started. The zero value runs until SIGTERM or SIGKILL, at once.
type Behaviour struct {
	StartErr   error // want a *runtime.Error; nothing remains of the container
	StartTakes time.Duration
	Runs       time.Duration // until it ends by itself; 0 is never
	ExitCode   int           // when it ends by itself
	OOMKilled  bool          // when it ends by itself
	// StopTakes is from SIGTERM until the end; negative ignores SIGTERM. SIGKILL ends it at once, as do other signals
	// that end a process which does not expect them.
	StopTakes time.Duration
	// Kills is how many SIGKILLs it takes to end it, as of a process whose server of NFS is away; 0 is one.
	Kills    int
	StopCode int // the exit code after SIGTERM; 0 is 143, as of a process that does not handle it
	// Exec answers probes; nil answers all with exit code 0 and no output.
	Exec func(command []string, shell bool) (runtime.ExecResult, error)
	// ExecTakes is how long a probe takes.
	ExecTakes time.Duration
	// Execute is what a command for people does; nil ends at once with exit code 0. Its context ends with the container.
	Execute func(ctx context.Context, c runtime.Command) (exitCode int, err error)
	Stats   runtime.Stats // as reported while it runs
}

// PullAny gives any name an image with a digest that only the name determines.
func PullAny(request runtime.PullRequest) Pulled {
	digest := digestOf(request.Image)
	return Pulled{Image: runtime.Image{Ref: request.Image + "@" + digest, Name: request.Image, Digest: digest}}
}
