package mount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// helperArgument makes a process a helper, as its first argument.
const helperArgument = "mount-for-agent"

const (
	// patience is how long another machine's file system may take to be mounted or taken away: the kernel would wait for
	// ever for a server that accepts connections and says nothing.
	patience = time.Minute
	// deathPatience is how long a helper that was killed may take to end.
	deathPatience = 2 * time.Second
	// otherFailure is the exit code of a helper that failed without an error number.
	otherFailure = 255
)

// Main is the program of a helper: one system call, whose error number is the exit code. It returns false for a process
// that was not started as one.
func Main(arguments []string, stderr io.Writer) (code int, mine bool) {
	if len(arguments) < 3 || arguments[1] != helperArgument {
		return 0, false
	}
	err := act(arguments[2], arguments[3:])
	var number unix.Errno
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &number) && number > 0 && number < otherFailure:
		return int(number), true
	}
	fmt.Fprint(stderr, err)
	return otherFailure, true
}

// What a helper can do.
const (
	actMount   = "mount"   // source, target, kind, flags, data
	actUnmount = "unmount" // target, flags
	actLook    = "look"    // directory
)

func act(what string, arguments []string) error {
	arguments = append(arguments, make([]string, 5)...)
	switch what {
	case actMount:
		flags, err := strconv.ParseUint(arguments[3], 10, 64)
		if err != nil {
			return err
		}
		return unix.Mount(arguments[0], arguments[1], arguments[2], uintptr(flags), arguments[4])
	case actUnmount:
		flags, err := strconv.Atoi(arguments[1])
		if err != nil {
			return err
		}
		return unix.Unmount(arguments[0], flags)
	case actLook:
		var found unix.Stat_t
		return unix.Stat(arguments[0], &found)
	}
	return fmt.Errorf("unknown act %q", what)
}

// remotely does something about another machine's file system, which may take for ever: a helper is started, and killed
// when ctx ends or the table's patience does. The error is an unix.Errno, ETIMEDOUT for a helper that was given up, or
// says why there is no helper.
func (t Table) remotely(ctx context.Context, what string, arguments ...string) error {
	if len(t.Helper) == 0 {
		return act(what, arguments)
	}
	ctx, cancel := context.WithTimeout(ctx, t.patience())
	defer cancel()
	var stderr bytes.Buffer
	helper := exec.Command(t.Helper[0], append(append(t.Helper[1:len(t.Helper):len(t.Helper)], helperArgument, what), arguments...)...)
	helper.Stderr, helper.WaitDelay = &stderr, deathPatience
	// Nobody is to mount anything for an agent that is gone, nor to end for what the agent's terminal says.
	helper.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		goruntime.LockOSThread() // the kernel takes the end of the thread that started the helper for the end of its parent
		defer goruntime.UnlockOSThread()
		err := helper.Start()
		if started <- err; err == nil {
			ended <- helper.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start a helper: %w", err)
	}
	select {
	case err := <-ended:
		return told(err, &stderr)
	case <-ctx.Done():
	}
	_ = helper.Process.Kill() // or it has just ended
	select {
	case <-ended:
	case <-time.After(deathPatience): // the kernel does not let go of it before the server is back; then it is waited for
	}
	return unix.ETIMEDOUT
}

func (t Table) patience() time.Duration {
	if t.Patience > 0 {
		return t.Patience
	}
	return patience
}

// told is the error that a helper has ended with.
func told(err error, stderr *bytes.Buffer) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if code := exit.ExitCode(); code > 0 && code < otherFailure {
		return unix.Errno(code)
	}
	return errors.New(strings.TrimSpace(exit.Error() + ": " + stderr.String()))
}

// OwnHelper is the helper of a program that calls Main before all else: the program itself.
func OwnHelper() ([]string, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return []string{path}, nil
}
