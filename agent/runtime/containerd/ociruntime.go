package containerd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// OCIRuntime is what containers can run on beside runc. See FindRuntimes.
type OCIRuntime struct {
	Name string // by which containers ask for it: lower-case letters, digits and hyphens
	// Program is the path of a program with runc's command line, and Flags are what it is given before its commands; ""
	// for a runtime that has a shim of its own.
	Program string
	Flags   []string
	// Shim is the name by which containerd finds a runtime's own shim, such as "io.containerd.kata.v2"; "" is the node's,
	// which executes Program.
	Shim string
	// Sandboxed runtimes run containers on a kernel of their own: what takes the machine's is refused, and the numbers
	// of processes inside mean nothing outside.
	Sandboxed bool
	// SameUsers says that it cannot give a container users of its own: those of a sandbox keep the machine's.
	SameUsers bool
	// Inside says that the program tells the numbers inside (--internal-pid-file), as gVisor's does.
	Inside bool
}

// Labels of containers that do not run on runc. What is unrecorded has a shim that keeps no record.
const (
	labelRuntime    = labelPrefix + "runtime"
	labelSandboxed  = labelPrefix + "sandboxed"
	labelUnrecorded = labelPrefix + "unrecorded"
)

// prepareRuntimes writes the programs by which shims execute runtimes: a file of the node's own stays where it is when
// the runtime is found elsewhere the next time, and carries its flags, which the shim's interface has no place for.
func (l Layout) prepareRuntimes(all []OCIRuntime) error {
	for _, r := range all {
		if r.Program == "" {
			continue
		}
		if err := l.tellInside(r); err != nil {
			return fmt.Errorf("prepare runtime %s: %w", r.Name, err)
		}
		path := l.program(r.Name)
		text := "#!/bin/sh\nexec " + quoted(r.Program, r.Flags) + " \"$@\"\n"
		if there, err := os.ReadFile(path); err == nil && string(there) == text {
			continue
		}
		if err := os.WriteFile(path+".new", []byte(text), 0o700); err != nil {
			return fmt.Errorf("prepare runtime %s: %w", r.Name, err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("prepare runtime %s: %w", r.Name, err)
		}
	}
	return nil
}

// tellInside leaves word for shims whether to ask for numbers inside.
func (l Layout) tellInside(r OCIRuntime) error {
	file := filepath.Join(filepath.Dir(l.ociState(r.Name)), shim.InsideFile)
	if !r.Inside {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, nil, 0o600)
}

// quoted is a command in the words of a shell.
func quoted(program string, flags []string) string {
	words := make([]string, 0, 1+len(flags))
	for _, w := range append([]string{program}, flags...) {
		words = append(words, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(words, " ")
}

// program is what executes a runtime other than runc.
func (l Layout) program(name string) string {
	return filepath.Join(filepath.Dir(l.Shim), "oci-"+name)
}

// ociState is where a runtime other than runc keeps what it knows; its states are in a folder for each namespace.
func (l Layout) ociState(name string) string {
	return filepath.Join(l.Run, shim.ForeignDirectory, name, "state")
}

// on gives the runtime that a container asks for; nil is runc.
func (c *Client) on(container runtime.Container) (*OCIRuntime, error) {
	if container.Runtime == "" {
		return nil, nil
	}
	at := slices.IndexFunc(c.options.Runtimes, func(r OCIRuntime) bool { return r.Name == container.Runtime })
	if at < 0 {
		return nil, fmt.Errorf("the machine has no runtime %q: %w", container.Runtime, errInvalid)
	}
	return &c.options.Runtimes[at], nil
}

// fit gives the container as the runtime can run it, or says what it cannot do.
func (r *OCIRuntime) fit(c runtime.Container) (runtime.Container, error) {
	if r == nil || !r.Sandboxed {
		return c, nil
	}
	own := func(s runtime.Sharing) bool { return s == runtime.SharedByDefault || s == runtime.SharedWithNobody }
	for _, refused := range []struct {
		what   string
		wanted bool
	}{
		{"privileged containers", c.Privileged},
		{"namespaces of processes or IPC that are shared", !own(c.PID) || !own(c.IPC)},
		{"devices of the machine", len(c.Devices) > 0},
		{"hooks", len(c.Hooks) > 0},
		{"AppArmor", slices.ContainsFunc(c.SecurityOpt, func(o string) bool { return strings.HasPrefix(o, "apparmor") })},
		{"settings of the machine's kernel", slices.ContainsFunc(slices.Collect(maps.Keys(c.Sysctls)), func(s string) bool { return !strings.HasPrefix(s, "net.") })},
	} {
		if refused.wanted {
			return c, fmt.Errorf("the runtime %s has no %s: %w", r.Name, refused.what, errInvalid)
		}
	}
	// It cannot show what belongs to other users as the container's own.
	if r.SameUsers || slices.ContainsFunc(c.Mounts, func(m runtime.Mount) bool { return !m.Given }) {
		c.Isolated = false
	}
	return c, nil
}

// sandboxed reports whether the runtime, nil for runc, has a kernel of its own.
func (r *OCIRuntime) sandboxed() bool { return r != nil && r.Sandboxed }

// shimOf is containerd's name of the shim for containers on a runtime, nil for runc.
func (c *Client) shimOf(r *OCIRuntime) string {
	if r == nil {
		return c.shim
	}
	return cmp.Or(r.Shim, c.shim)
}

// ours reports whether a shim is the node's, which keeps records.
func (c *Client) ours(shim string) bool { return shim == c.layout.Shim }

// unrecorded reports whether nobody but the client keeps the record of a container.
func (c *Client) unrecorded(labels map[string]string) bool {
	return !c.ours(c.shim) || labels[labelUnrecorded] != ""
}

// label says on what a container runs.
func (r *OCIRuntime) label(labels map[string]string) {
	if r == nil {
		return
	}
	labels[labelRuntime] = r.Name
	if r.Sandboxed {
		labels[labelSandboxed] = "true"
	}
	if r.Shim != "" {
		labels[labelUnrecorded] = "true"
	}
}

// shortOfMemory reports whether a sandbox did not start because the kernel killed it, or the program that makes it, for memory.
func (c *Client) shortOfMemory(r *OCIRuntime, group string, err error) bool {
	if !r.sandboxed() {
		return false
	}
	kills, _ := c.groups.tree.OOMKills(group) // the group may have been removed already
	return kills > 0 || strings.Contains(err.Error(), "did not terminate successfully: exit status 137")
}

// removeStates removes what runtimes other than runc still know of a container, and its processes.
func (c *Client) removeStates(ctx context.Context, id string) (failed error) {
	roots, _ := filepath.Glob(filepath.Join(c.layout.ociState("*"), c.options.Namespace)) // the pattern is well-formed
	for _, root := range roots {
		if !shim.HasState(root, id) {
			continue
		}
		name := filepath.Base(filepath.Dir(filepath.Dir(root)))
		if err := deleteState(ctx, c.layout.program(name), root, id); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
