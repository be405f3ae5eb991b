package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime/containerd/daemon"
)

// Supervisor keeps the node's own containerd running. Containers do not depend on it: it can be killed and started
// again at any time.
type Supervisor struct {
	layout  Layout
	options SupervisorOptions
	pid     atomic.Int64
}

// SupervisorOptions adjust a Supervisor; the zero value is right.
type SupervisorOptions struct {
	Executable string    // the binary that is also the daemon; "" is this process's
	Output     io.Writer // the daemon's own log, text; nil is this process's standard error
	LogLevel   string    // "debug", "info", "warn", "error"; "" is "warn"
	Durable    bool      // flush metadata to disk with every change, which makes starts slower; see package daemon
	Log        *slog.Logger
}

// ErrInUse tells that another process supervises the same containerd.
var ErrInUse = errors.New("another process uses this data directory's containers")

const (
	stopTimeout  = 10 * time.Second // from asking the daemon to end until killing it
	leastBackoff = 50 * time.Millisecond
	mostBackoff  = 5 * time.Second
	steadyAfter  = 10 * time.Second // a daemon that lived so long failed anew, not again
)

// NewSupervisor gives a supervisor that Run makes work.
func NewSupervisor(layout Layout, options SupervisorOptions) (*Supervisor, error) {
	if options.Executable == "" {
		executable, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find own executable: %w", err)
		}
		options.Executable = executable
	}
	if options.Output == nil {
		options.Output = os.Stderr
	}
	if options.Log == nil {
		options.Log = slog.Default()
	}
	return &Supervisor{layout: layout, options: options}, nil
}

// PID is the daemon's process id, 0 while there is none.
func (s *Supervisor) PID() int { return int(s.pid.Load()) }

// Run starts the daemon, starts it again whenever it ends, and stops it when ctx ends; it then returns ctx's error.
// Other errors: ErrInUse, and that the daemon cannot be executed at all.
func (s *Supervisor) Run(ctx context.Context) error {
	if err := s.layout.prepare(); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(s.layout.Root, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	// The kernel kills the daemon when the thread that started it ends, so that thread must live as long as Run.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()

	backoff := leastBackoff
	for {
		began := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		if time.Since(began) > steadyAfter {
			backoff = leastBackoff
		}
		s.options.Log.Warn("containerd ended and is started again", "error", err, "after", backoff)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, mostBackoff)
	}
}

func (s *Supervisor) runOnce(ctx context.Context) error {
	s.layout.sweepBundles()
	arguments := daemon.Options{
		Root: s.layout.Root, State: s.layout.state(), Address: s.layout.Address(), Sockets: s.layout.sockets(),
		Durable: s.options.Durable, Log: s.options.LogLevel,
	}.Arguments()
	command := exec.CommandContext(ctx, s.options.Executable, arguments...)
	command.Stdout, command.Stderr = s.options.Output, s.options.Output
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // an interrupt typed at the terminal is for us, and we tell it
		Pdeathsig: syscall.SIGKILL, // if we are killed it must not hold on to what our successor needs
	}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopTimeout
	if err := command.Start(); err != nil {
		return fmt.Errorf("start containerd: %w", err)
	}
	s.pid.Store(int64(command.Process.Pid))
	defer s.pid.Store(0)
	err := command.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		// The daemon is gone; a shim it had just started still holds its output.
		return &exec.ExitError{ProcessState: command.ProcessState}
	}
	return err
}

// lock takes a lock that ends with this process.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock containers' directory: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (%s)", ErrInUse, filepath.Dir(path))
		}
		return nil, fmt.Errorf("lock containers' directory: %w", err)
	}
	return func() { file.Close() }, nil
}
