//go:build linux && cgo && seccomp

package direct

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/opencontainers/runc/libcontainer"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// exec starts a process beside a container's first one.
func (r *request) exec() error {
	container, err := libcontainer.Load(r.root, r.id())
	if err != nil {
		return err
	}
	status, err := container.Status()
	if err != nil {
		return err
	}
	switch status {
	case libcontainer.Stopped:
		return errors.New("cannot exec in a stopped container")
	case libcontainer.Paused:
		return errors.New("cannot exec in a paused container (use --ignore-paused to override)")
	}
	content, err := os.ReadFile(r.processFile)
	if err != nil {
		return err
	}
	process := new(specs.Process)
	if err := json.Unmarshal(content, process); err != nil {
		return fmt.Errorf("read process: %w", err)
	}
	if err := checkProcess(process); err != nil {
		return err
	}
	_, err = r.begin(container, process, false)
	return err
}

// kill signals a container's first process, and all of them with SIGKILL.
func (r *request) kill() error {
	number, err := strconv.Atoi(r.arguments[1])
	if err != nil {
		return errUnknown
	}
	container, err := libcontainer.Load(r.root, r.id())
	if err != nil {
		return err
	}
	err = container.Signal(unix.Signal(number))
	if r.all && errors.Is(err, libcontainer.ErrNotRunning) {
		return nil
	}
	return err
}

// delete removes what is left of a container that has ended. Anything else is runc's to do.
func (r *request) delete() error {
	container, err := libcontainer.Load(r.root, r.id())
	if err != nil || r.force {
		return errUnknown
	}
	if status, err := container.Status(); err != nil || status != libcontainer.Stopped {
		return errUnknown
	}
	return container.Destroy()
}

// processes lists a container's processes.
func (r *request) processes() error {
	container, err := libcontainer.Load(r.root, r.id())
	if err != nil {
		return err
	}
	pids, err := container.Processes()
	if err != nil {
		return err
	}
	if r.command.Stdout == nil {
		return errUnknown
	}
	return json.NewEncoder(r.command.Stdout).Encode(pids)
}
