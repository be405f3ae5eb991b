package containerd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// Options adjust a Client; the zero value is right for one node on one machine.
type Options struct {
	Address     string // of another containerd than the Layout's; "" is the Layout's
	Namespace   string // of containerd, one for each node on a machine; "" is "roadstead"
	CgroupRoot  string // control group above the tasks' groups; "" is "/roadstead"
	Snapshotter string // "" is "overlayfs", or "native" where that does not work
	Runc        string // path; "" is the bundle's, else the distribution's
	// Runtimes are what containers can ask for beside runc.
	Runtimes []OCIRuntime
	Shim     string // path; "" is the bundle's, else the executable of this process, whose Main must be called; not used with another containerd
	Init     string // path of the init for containers that want one; "" is the bundle's, else the distribution's
	// Starts is how many containers are started at once; others wait. 0 is two for each processor: more only makes
	// all of them slower.
	Starts int
	// Spares is how many shims wait for a task, about 10 MB each, most of it shared. 0 is 2; negative is none.
	Spares int
	// TasksPerShim is how many tasks are given to one shim before another one is started for those that follow. What
	// ends a shim ends the containers of all of them. Isolated tasks, and those on an OCI runtime of their own, have one each. 0 is 1, MaxTasksPerShim the most.
	TasksPerShim int
	// Pulls is how many images are pulled at once; others wait. 0 is 4.
	Pulls int
	// Inactivity is how long a registry may pause in an answer, which is then asked for from where it stopped; it may do
	// so a few times. 0 is one minute.
	Inactivity time.Duration
	// Mirrors are asked for images before the registries that the images' names begin with, at most maxMirrors; those of
	// a registry in their order, and then those of all registries.
	Mirrors []Mirror
	// MirrorsOnly asks no registry that has a mirror.
	MirrorsOnly bool
	// Unmirrored are registries that no mirror stands for, such as the control plane's own. Pulls bring their credentials.
	Unmirrored []string
	// Login gives the credentials for a mirror, and for a registry when a pull brings none; nil, also what it returns,
	// is anonymous.
	Login func(ctx context.Context, host string) (*runtime.BasicAuth, error)
	// Roots are certificates in PEM by which registries are verified beside the system's.
	Roots []byte
}

// MaxTasksPerShim bounds what the end of one shim can end.
const MaxTasksPerShim = 16

const (
	defaultNamespace  = "roadstead"
	defaultCgroupRoot = "/roadstead"
	startsPerCPU      = 2
	defaultPulls      = 4
	defaultSpares     = 2
	defaultPerShim    = 1
	// defaultInactivity is the stock agent's ECS_IMAGE_PULL_INACTIVITY_TIMEOUT.
	defaultInactivity = time.Minute
	bundleDirectory   = "runtime" // beside the executable
)

func (o Options) withDefaults(layout Layout) (Options, error) {
	orElse(&o.Address, layout.Address())
	orElse(&o.Namespace, defaultNamespace)
	orElse(&o.CgroupRoot, defaultCgroupRoot)
	if o.Starts == 0 {
		o.Starts = startsPerCPU * goruntime.NumCPU()
	}
	if o.Spares == 0 {
		o.Spares = defaultSpares
	}
	if o.TasksPerShim = min(o.TasksPerShim, MaxTasksPerShim); o.TasksPerShim <= 0 {
		o.TasksPerShim = defaultPerShim
	}
	if o.Pulls == 0 {
		o.Pulls = defaultPulls
	}
	if o.Inactivity == 0 {
		o.Inactivity = defaultInactivity
	}
	if len(o.Mirrors) > maxMirrors {
		return o, fmt.Errorf("%d mirrors of registries: at most %d", len(o.Mirrors), maxMirrors)
	}
	if o.Runc == "" {
		path, err := findProgram("runc", "runc")
		if err != nil {
			return o, fmt.Errorf("find the program that starts containers (install runc, or build the runtime bundle): %w", err)
		}
		o.Runc = path
	}
	if o.Shim == "" {
		path, err := findProgram(shim.Name)
		if err != nil {
			if path, err = os.Executable(); err != nil {
				return o, fmt.Errorf("find own executable: %w", err)
			}
		}
		o.Shim = path
	}
	if o.Init == "" {
		// Most containers want none: its absence is an error of those that do.
		o.Init, _ = findProgram("roadstead-init", "docker-init", "tini-static", "tini")
	}
	return o, nil
}

func orElse(value *string, fallback string) {
	if *value == "" {
		*value = fallback
	}
}

// findProgram looks in the bundle for the first name and in the search path and the system's directories for the others.
func findProgram(bundled string, installed ...string) (string, error) {
	if executable, err := os.Executable(); err == nil {
		path := filepath.Join(filepath.Dir(executable), bundleDirectory, bundled)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	last := fmt.Errorf("%s is not in the runtime bundle", bundled)
	for _, name := range installed {
		path, err := exec.LookPath(name)
		if err == nil {
			return filepath.Abs(path)
		}
		last = err
		if info, err := os.Stat(filepath.Join("/usr/sbin", name)); err == nil && info.Mode().IsRegular() {
			return filepath.Join("/usr/sbin", name), nil
		}
	}
	return "", last
}
