//go:build linux && cgo && seccomp

package direct

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	_ "github.com/opencontainers/cgroups/devices" // it registers what sets up the device controller
	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/specconv"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	_ "github.com/roadstead/roadstead/agent/runtime/containerd/shim/direct/become" // what this program is executed again for
)

// create makes a container whose process waits to be let go. There is none when the context has ended meanwhile.
func (r *request) create(ctx context.Context, known filters) error {
	spec, raw, err := readSpec(filepath.Join(r.bundle, "config.json"))
	if err != nil {
		return err
	}
	if spec.Hooks != nil || spec.Root == nil || spec.Linux == nil {
		return errUnknown // hooks are runc's to run, with its environment
	}
	config, filter, err := r.filtered(spec, raw, known)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	container, err := libcontainer.Create(r.root, r.id(), config)
	if err != nil {
		return err
	}
	process, err := r.begin(container, spec.Process, true)
	if err == nil {
		if err = ctx.Err(); err == nil && filter.Short != nil {
			err = filter.tellAll(filepath.Join(r.root, r.id(), "state.json"))
		}
		if err != nil {
			end(process)
		}
	}
	if err != nil {
		return errors.Join(err, ignoreGone(container.Destroy()))
	}
	return nil
}

// end kills a process and buries it.
func end(process *libcontainer.Process) {
	_ = process.Signal(unix.SIGKILL) // it may have ended
	_, _ = process.Wait()
}

// filtered gives libcontainer's configuration, with the short one of a profile whose program is kept. raw is the profile;
// the rest of the bundle's configuration does not have it.
func (r *request) filtered(spec *specs.Spec, raw json.RawMessage, known filters) (*configs.Config, profile, error) {
	var kept profile
	mark, err := markOf(raw)
	usable := err == nil && known.directory != "" && len(raw) > 0
	found := false
	if usable {
		kept, found = known.find(mark)
	}
	if !found && len(raw) > 0 {
		if err := json.Unmarshal(raw, &spec.Linux.Seccomp); err != nil {
			return nil, profile{}, fmt.Errorf("read the profile of system calls: %w", err)
		}
	}
	config, err := r.configuration(spec)
	if err != nil {
		return nil, profile{}, err
	}
	if !found && usable && config.Seccomp != nil {
		if kept, err = known.learn(mark, config.Seccomp); err != nil {
			return config, profile{}, nil // the container compiles it itself
		}
	}
	switch {
	case kept.Short != nil:
		config.Seccomp = kept.Short
	case found:
		err = json.Unmarshal(kept.Full, &config.Seccomp)
	}
	return config, kept, err
}

// configuration turns the bundle's configuration into libcontainer's. That takes relative paths as runc does, from the
// working directory, which is the bundle there, but not here.
func (r *request) configuration(spec *specs.Spec) (*configs.Config, error) {
	if !filepath.IsAbs(spec.Root.Path) {
		spec.Root.Path = filepath.Join(r.bundle, spec.Root.Path)
	}
	for _, m := range spec.Mounts {
		bind := m.Type == "bind" || slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind")
		if bind && !filepath.IsAbs(m.Source) {
			return nil, errUnknown
		}
	}
	config, err := specconv.CreateLibcontainerConfig(&specconv.CreateOpts{
		CgroupName: r.id(), NoPivotRoot: r.noPivot, NoNewKeyring: r.noNewKeyring, Spec: spec,
	})
	if err != nil {
		return nil, err
	}
	for i, label := range config.Labels {
		if strings.HasPrefix(label, "bundle=") {
			config.Labels[i] = "bundle=" + r.bundle
		}
	}
	return config, nil
}

// begin starts a process: a container's first, or one beside it.
func (r *request) begin(container *libcontainer.Container, process *specs.Process, first bool) (*libcontainer.Process, error) {
	if process.Terminal != (r.consoleSocket != "") {
		return nil, errors.New("a terminal and the socket for it go together")
	}
	starting, err := newProcess(process)
	if err != nil {
		return nil, err
	}
	starting.Init, starting.LogLevel = first, "3" // warnings
	starting.Rlimits = r.limits(starting.Rlimits, container.Config().Rlimits)
	if process.Terminal {
		release, err := r.connectConsole(starting)
		if err != nil {
			return nil, err
		}
		defer release()
	} else {
		r.connectStreams(starting)
	}
	if first {
		err = container.Start(starting)
	} else {
		err = container.Run(starting)
	}
	if err != nil {
		return nil, err
	}
	if err := writePid(r.pidFile, starting); err != nil {
		end(starting)
		return nil, err
	}
	return starting, nil
}

// connectStreams gives the process the command's streams, which are pipes of the shim's. Others than files are for what
// runc itself says.
func (r *request) connectStreams(process *libcontainer.Process) {
	if file, ok := r.command.Stdin.(*os.File); ok {
		process.Stdin = file
	}
	if file, ok := r.command.Stdout.(*os.File); ok {
		process.Stdout = file
	}
	if file, ok := r.command.Stderr.(*os.File); ok {
		process.Stderr = file
	}
}

// connectConsole connects to the socket through which the terminal's other end is to be sent.
func (r *request) connectConsole(process *libcontainer.Process) (release func(), err error) {
	conn, err := net.Dial("unix", r.consoleSocket)
	if err != nil {
		return nil, err
	}
	socket, err := conn.(*net.UnixConn).File()
	if err != nil {
		conn.Close()
		return nil, err
	}
	process.ConsoleSocket = socket
	return func() { socket.Close(); conn.Close() }, nil
}

// writePid writes the process's number as runc does: whoever sees the file sees all of it.
func writePid(path string, process *libcontainer.Process) error {
	pid, err := process.Pid()
	if err != nil || path == "" {
		return err
	}
	next := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(next, []byte(strconv.Itoa(pid)), 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// readSpec reads a bundle's configuration and leaves the profile of system calls, half of it, as it is.
func readSpec(path string) (*specs.Spec, json.RawMessage, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	var read struct {
		specs.Spec
		Linux *struct {
			specs.Linux
			Seccomp json.RawMessage `json:"seccomp"`
		} `json:"linux"`
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	spec, raw := &read.Spec, json.RawMessage(nil)
	if read.Linux != nil {
		spec.Linux = &read.Linux.Linux
		if raw = read.Linux.Seccomp; string(raw) == "null" {
			raw = nil
		}
	}
	return spec, raw, checkProcess(spec.Process)
}

func ignoreGone(err error) error {
	if errors.Is(err, libcontainer.ErrNotExist) {
		return nil
	}
	return err
}
