package step

import (
	"syscall"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Effect is one operation for the driver. Every effect is answered exactly
// once, by the method that its comment names.
type Effect interface{ effect() }

// Pull fetches the image of a container. Answer: Task.Pulled.
type Pull struct{ Container string }

// Attach makes the network sandbox of a container. Answer: Task.Attached.
type Attach struct{ Container string }

// Start creates and starts a container. Answer: Task.Started.
type Start struct{ Container string }

// Signal sends a signal to a running container. Answer: Task.Signalled.
type Signal struct {
	Container string
	Signal    syscall.Signal
	// Stop asks for the image's own stop signal instead of Signal.
	Stop bool
}

// Probe runs the health check of a container. Answer: Task.Probed.
type Probe struct {
	Container string
	// Test is the check as Docker words it: CMD or CMD-SHELL first.
	Test    []string
	Timeout time.Duration
}

// Submit reports to the control plane. Answer: Task.Submitted.
type Submit struct{ Report Report }

// Forget removes the task from the node's records, before its containers go:
// what has no record is never started again. Answer: Task.Forgotten.
type Forget struct{}

// Remove removes a stopped container and its sandbox. Answer: Task.Removed.
type Remove struct{ Container string }

// Cancel gives up a pull that is under way; it is not answered. The pull
// itself still is.
type Cancel struct{ Container string }

func (Pull) effect()   {}
func (Attach) effect() {}
func (Start) effect()  {}
func (Signal) effect() {}
func (Probe) effect()  {}
func (Submit) effect() {}
func (Forget) effect() {}
func (Remove) effect() {}
func (Cancel) effect() {}

// Report is what is submitted about a task.
type Report struct {
	Status                                         string // PENDING, RUNNING or STOPPED; "" says of Attachments alone
	Reason                                         string
	Attachments                                    []string // ARNs of the interfaces that are attached
	Containers                                     []ContainerReport
	PullStartedAt, PullStoppedAt, ExecutionStopped time.Time
}

// ContainerReport is the part of a report about one container.
type ContainerReport struct {
	Name, RuntimeID, Status string // PENDING, RUNNING or STOPPED
	ExitCode                *int32
	Reason, Digest          string
	Bindings                []Binding
}

// Binding is a container's port on the host.
type Binding struct {
	BindIP                  string
	ContainerPort, HostPort int
	Protocol                string
	// The ranges ("8080-8090") are set instead of the ports where a range was
	// asked for.
	ContainerPortRange, HostPortRange string
}

// The statuses of reports.
const (
	Pending = "PENDING"
	Running = "RUNNING"
	Stopped = "STOPPED"
)

// Health is what a container's health check says.
const (
	Healthy       = "HEALTHY"
	Unhealthy     = "UNHEALTHY"
	HealthUnknown = "UNKNOWN"
)

// Failure is why an operation did not succeed, in the words that the control
// plane is told: "CannotPullContainerError: ...". The empty Failure is
// success.
type Failure string

// checkOf returns the health check of a container, or nil when it has none.
func checkOf(c acs.Container, config acs.Config) *acs.Healthcheck {
	if c.HealthCheckType != "docker" || config.Healthcheck == nil {
		return nil
	}
	if t := config.Healthcheck.Test; len(t) == 0 || t[0] == "NONE" {
		return nil
	}
	check := *config.Healthcheck
	check.Interval = positive(check.Interval, defaultProbe)
	check.Timeout = positive(check.Timeout, defaultProbe)
	if check.Retries <= 0 {
		check.Retries = defaultRetries
	}
	return &check
}

// What Docker gives a check that leaves them out. An interval of zero would be
// probing without a pause.
const (
	defaultProbe   = int64(30 * time.Second)
	defaultRetries = 3
)

func positive(n, otherwise int64) int64 {
	if n > 0 {
		return n
	}
	return otherwise
}
