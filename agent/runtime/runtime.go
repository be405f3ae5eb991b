// Package runtime is the seam between the agent and whatever runs containers.
//
// It decides what a container is to the agent: what is asked for (Container), what is observed (Event) and how a
// failure is named (Error). It may not decide when something is started, stopped, retried or reported: that is the
// agent's step machine. Implementations live below it (containerd for real containers, fake for the simulator) and all
// of them pass the one contract suite in runtimetest.
//
// Two rules hold for every implementation. What was started keeps running when the agent, or the implementation's own
// daemon, goes away; the next Watch shows it again, with its labels. And a failed Start leaves nothing behind.
package runtime

import (
	"context"
	"syscall"
	"time"
)

// Runtime runs containers. All methods may be called at the same time from many goroutines; calls about one container
// are the caller's to order. Every error that the world can cause is an *Error.
type Runtime interface {
	// Pull makes an image present and unpacked and resolves it to a digest. Equal pulls that overlap are done once.
	Pull(ctx context.Context, request PullRequest) (Image, error)

	// Start creates a container and starts it. The image must have been pulled. On an error nothing remains, and the
	// container's process never ran; that holds also when ctx ends meanwhile, so a start may succeed after that.
	Start(ctx context.Context, container Container) (Started, error)

	// Signal sends a signal to the container's first process only. A container that has exited already is not an
	// error; one that does not exist is KindNotFound.
	Signal(ctx context.Context, id string, signal syscall.Signal) error

	// Remove kills the container if it lives and removes all that belongs to it; with the last container of a task
	// also what the task's containers shared. Removing what does not exist succeeds.
	Remove(ctx context.Context, id string) error

	// Watch calls observe, never twice at once, first with one event for each container that exists and one with
	// StatusListed, then with each change, until ctx ends; then it returns ctx's error. If the implementation loses
	// sight of the containers it lists them all again, ending with another StatusListed, so a container that was
	// known and is not in a listing is gone. Nothing is missed between listing and following; an event may repeat.
	Watch(ctx context.Context, observe func(Event)) error
}

// Undoer takes back starts that were cut short, of which nobody knows how far they came.
type Undoer interface {
	// Undo removes a container whose process never ran, and sees to it that it never will. One whose process runs or
	// ran stays as it is, and the error is KindExists: Watch tells of it, or has told. Undoing what does not exist succeeds.
	Undo(ctx context.Context, id string) error
}

// Prober runs commands inside running containers, for health checks.
type Prober interface {
	// Exec runs a command beside the container's process, with its environment, user and directory. When shell is
	// set, command has one element and is given to "/bin/sh -c". After timeout (0 means 30 s) the command is killed and the error is
	// KindTimedOut. A command that runs and fails is not an error: see ExecResult.
	Exec(ctx context.Context, id string, command []string, shell bool, timeout time.Duration) (ExecResult, error)
}

// Meter reads what containers have used.
type Meter interface {
	// Stats reads a running container's counters. KindNotFound when it does not exist or has exited.
	Stats(ctx context.Context, id string) (Stats, error)
}

// OutputLimit is how many bytes of a probe's output are kept; what follows is read and dropped. Docker keeps as many.
const OutputLimit = 4096

// ExecResult is how a command inside a container ended.
type ExecResult struct {
	ExitCode int
	Output   []byte // both streams as they came, at most OutputLimit bytes
}

// Stats are a container's counters since it started, and its present use.
type Stats struct {
	ReadAt        time.Time
	CPU           time.Duration // processor time of all its processes
	MemoryUsage   int64         // bytes, without inactive file pages, as `docker stats` shows it
	MemoryPeak    int64         // bytes; 0 where the kernel does not tell
	MemoryLimit   int64         // bytes that apply, the task's limit included; 0 means unlimited
	Pids          int64
	BlockRead     int64 // bytes
	BlockWritten  int64 // bytes
	OnlineCPUs    int   // processors of the machine, the divisor for a percentage
	CPUThrottled  time.Duration
	OOMKillsSoFar int64 // processes in the container that the kernel killed for memory
	// Network are the interfaces of the container's network namespace but its
	// loopback, by name; none when the namespace is the host's.
	Network []InterfaceStats
}

// InterfaceStats are the counters of one network interface since it was made.
type InterfaceStats struct {
	Name   string
	Rx, Tx TrafficStats
}

// TrafficStats are the counters of one direction.
type TrafficStats struct{ Bytes, Packets, Errors, Dropped int64 }

// Started is what is known of a container once its process runs.
type Started struct {
	RuntimeID string // the name under which the machine's own tools know it; ECS calls it runtimeId
	PID       int    // of its first process, in the machine's pid namespace
	StartedAt time.Time
}
