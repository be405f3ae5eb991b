package containerd

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// Limits of a runtime's trial. What a node begins with is bounded: it is MaxRuntimes times trialTimeout late at most.
const (
	MaxRuntimes  = 8
	trialTimeout = 30 * time.Second
)

// trialCode is the exit code of the init without a command, by which a trial knows that it ran.
const trialCode = 125

// known runtimes are looked for on each machine.
var knownRuntimes = []string{"crun", "runsc"}

// ParseRuntime reads what somebody says of a runtime: "NAME=PROGRAM [FLAG...]" is a program with runc's command line, by
// its path or as it is found in the search path, and "NAME=io.containerd.KIND.VERSION" one that has a shim of its own.
func ParseRuntime(text string, valid func(name string) bool) (OCIRuntime, error) {
	name, what, _ := strings.Cut(text, "=")
	words := strings.Fields(what)
	switch {
	case !valid(name) || name == "runc":
		return OCIRuntime{}, fmt.Errorf("runtime %q: want a name of lower-case letters, digits and hyphens that is not runc", name)
	case len(words) == 0:
		return OCIRuntime{}, fmt.Errorf("runtime %q: want NAME=PROGRAM or NAME=io.containerd.KIND.VERSION", text)
	case strings.HasPrefix(words[0], "io.containerd.") && len(words) == 1:
		return OCIRuntime{Name: name, Shim: words[0], Sandboxed: !strings.HasPrefix(words[0], "io.containerd.runc.")}, nil
	}
	return OCIRuntime{Name: name, Program: words[0], Flags: words[1:]}, nil
}

// FindRuntimes gives those of the runtimes that work on this machine: the given ones and, of other names, crun and gVisor's
// runsc where they are installed. Each is tried by running a container; why one does not work is told to refused.
func FindRuntimes(ctx context.Context, given []OCIRuntime, refused func(name string, why error)) (found []OCIRuntime, err error) {
	if len(given) > MaxRuntimes {
		return nil, fmt.Errorf("%d runtimes: at most %d", len(given), MaxRuntimes)
	}
	all := slices.Clone(given)
	for _, name := range knownRuntimes {
		same := func(r OCIRuntime) bool { return r.Name == name }
		if path, err := exec.LookPath(name); err == nil && !slices.ContainsFunc(given, same) {
			all = append(all, OCIRuntime{Name: name, Program: path})
		}
	}
	for _, r := range all {
		if err := r.try(ctx); err != nil {
			refused(r.Name, err)
			continue
		}
		found = append(found, r)
	}
	return found, ctx.Err()
}

// try completes what is known of a runtime, and runs a container on it.
func (r *OCIRuntime) try(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, trialTimeout)
	defer cancel()
	if r.Shim != "" {
		_, err = exec.LookPath(shimProgram(r.Shim)) // what it needs besides is found out by the first container
		return err
	}
	if r.Program, err = exec.LookPath(r.Program); err == nil {
		r.Program, err = filepath.Abs(r.Program)
	}
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, r.Program, "--version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("ask for its version: %w: %s", err, bytes.TrimSpace(said))
	}
	r.complete(string(said))
	if err = r.runTrial(ctx, true); err != nil && r.Sandboxed { // a sandbox is apart without users of its own
		r.SameUsers = true
		err = r.runTrial(ctx, false)
	}
	return err
}

// shimProgram is the program of a shim. Source: containerd's documentation of runtime v2, "Runtime v2 naming".
func shimProgram(name string) string {
	parts := strings.Split(name, ".")
	return "containerd-shim-" + strings.Join(parts[max(len(parts)-2, 0):], "-")
}

// complete goes by what the program says of itself: what is not known to be like runc counts as sandboxed.
func (r *OCIRuntime) complete(version string) {
	kind, _, _ := strings.Cut(version, " ")
	r.Sandboxed = !slices.Contains([]string{"runc", "crun", "youki"}, kind)
	if r.Inside = kind == "runsc"; !r.Inside {
		return
	}
	for _, flag := range gvisorFlags {
		name, _, _ := strings.Cut(flag, "=")
		if !slices.ContainsFunc(r.Flags, func(f string) bool { return strings.HasPrefix(strings.TrimLeft(f, "-"), strings.TrimLeft(name, "-")) }) {
			r.Flags = append(slices.Clone(r.Flags), flag)
		}
	}
}

// gvisorFlags are what runsc is given unless it is told otherwise.
var gvisorFlags = []string{
	// The containers of a task share a network, and each has a sandbox of its own: with a stack of its own for its network
	// the first would take the task's address from the others.
	"--network=host",
	// What is written goes to the task's disk as with runc, and is refused when that is full, instead of into a file that
	// the sandbox has mapped, of which it would die.
	"--overlay2=none",
}

// runTrial runs a program that ends at once in a container with namespaces and a control group as tasks have them, and
// with users of its own or the machine's.
func (r *OCIRuntime) runTrial(ctx context.Context, users bool) (err error) {
	program, command := trialProgram()
	if program == "" {
		// Nothing can be run, so nothing is known: a sandbox keeps the machine's users, which each can do.
		r.SameUsers = r.Sandboxed
		return nil
	}
	tree, err := cgroup.Open("")
	if err != nil {
		return err
	}
	directory, leave, err := trialDirectory(os.TempDir(), tree)
	if err != nil {
		return fmt.Errorf("make trial's directory: %w", err)
	}
	defer func() { err = errors.Join(err, leave()) }()
	id := filepath.Base(directory)
	group := path.Join("/", id)
	defer func() { err = errors.Join(err, tree.Remove(group)) }()
	if err := trialBundle(directory, program, command, group, users); err != nil {
		return fmt.Errorf("make trial's bundle: %w", err)
	}
	run := func(ctx context.Context, words ...string) *exec.Cmd {
		command := exec.CommandContext(ctx, r.Program, slices.Concat(r.Flags, []string{"--root", filepath.Join(directory, "state")}, words)...)
		command.WaitDelay = time.Second
		return command
	}
	said, err := run(ctx, "run", "--bundle", directory, id).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == trialCode {
		return nil
	}
	if err == nil {
		err = errors.New("the command did not run")
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialTimeout)
	defer cancel()
	_ = run(clean, "delete", "--force", id).Run() // there may be nothing to delete
	return fmt.Errorf("run a container: %w: %s", err, bytes.TrimSpace(said))
}

// trialProgram is what runs in a trial, a program that needs no other file, and its command line inside: the init, or
// busybox where there is no bundle. "" is none.
func trialProgram() (program string, command []string) {
	if program, err := findProgram("roadstead-init"); err == nil {
		return program, []string{"/init"}
	}
	program, err := findProgram("busybox", "busybox")
	if err != nil || !isStatic(program) {
		return "", nil
	}
	return program, []string{"/busybox", "sh", "-c", fmt.Sprint("exit ", trialCode)}
}

// isStatic reports whether a program needs no loader.
func isStatic(program string) bool {
	file, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer file.Close()
	return !slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

func trialBundle(directory, program string, command []string, group string, users bool) error {
	content, err := os.ReadFile(program)
	if err == nil {
		err = os.MkdirAll(filepath.Join(directory, "rootfs", "proc"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(directory, "rootfs", command[0]), content, 0o755)
	}
	if err == nil {
		err = os.Chmod(directory, 0o711) // other users must be able to pass through
	}
	if err != nil {
		return err
	}
	spec := specs.Spec{
		Version: specs.Version,
		Process: &specs.Process{Args: command, Cwd: "/"},
		Root:    &specs.Root{Path: "rootfs", Readonly: true},
		Mounts:  []specs.Mount{{Destination: "/proc", Type: "proc", Source: "proc"}},
		Linux:   &specs.Linux{CgroupsPath: group},
	}
	for _, kind := range []specs.LinuxNamespaceType{specs.PIDNamespace, specs.MountNamespace, specs.IPCNamespace, specs.UTSNamespace, specs.NetworkNamespace} {
		spec.Linux.Namespaces = append(spec.Linux.Namespaces, specs.LinuxNamespace{Type: kind})
	}
	if users {
		isolate(&spec, firstUsers)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "config.json"), text, 0o600)
}
