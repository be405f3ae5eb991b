package containerd

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/holder"
	"github.com/roadstead/roadstead/agent/runtime/containerd/record"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// machine is what a container's configuration takes from the machine and the client's options.
type machine struct {
	group        string        // control group of the container
	record       string        // path of the shim's record
	hostname     string        // of the machine
	hostnameFile string        // shown as /etc/hostname; its content is hostnameOf
	init         string        // path of the init; "" when there is none
	swap         bool          // the kernel limits swap
	unified      bool          // cgroup v2
	users        uint32        // first of the task's range, where the container is isolated
	shared       holder.Holder // of the container's task
	devices      func(path string) ([]specs.LinuxDevice, error)
	capabilities []string // all that the kernel knows
}

// identifier is what containerd takes for an id, and what is safe as a file name.
var identifier = regexp.MustCompile(`^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$`)

const longestIdentifier = 76

// buildSpec gives the OCI configuration of a container as Docker would make it: it is a function of its arguments.
func buildSpec(c runtime.Container, image runtime.ImageConfig, users accounts, m machine) (*specs.Spec, error) {
	if err := validate(c); err != nil {
		return nil, err
	}
	process, err := buildProcess(c, image, users, m)
	if err != nil {
		return nil, err
	}
	mounts, err := buildMounts(c, m)
	if err != nil {
		return nil, err
	}
	resources, err := buildResources(c, m)
	if err != nil {
		return nil, err
	}
	spec := &specs.Spec{
		Version:  specs.Version,
		Process:  process,
		Root:     &specs.Root{Path: "rootfs", Readonly: c.ReadonlyRootfs},
		Hostname: hostnameOf(c, m),
		Mounts:   mounts,
		Annotations: map[string]string{
			shim.GroupAnnotation: c.TaskID,
			record.Annotation:    m.record,
		},
		Linux: &specs.Linux{
			CgroupsPath: m.group,
			Namespaces:  namespaces(c, m),
			Resources:   resources,
			Sysctl:      maps.Clone(c.Sysctls),
		},
	}
	if err := addDevices(spec, c, m); err != nil {
		return nil, err
	}
	if err := secure(spec, c); err != nil {
		return nil, err
	}
	if spec.Hooks, err = buildHooks(c.Hooks); err != nil {
		return nil, err
	}
	if c.Isolated {
		isolate(spec, m.users)
	}
	return spec, nil
}

func validate(c runtime.Container) error {
	for name, value := range map[string]string{"id": c.ID, "task id": c.TaskID} {
		if len(value) > longestIdentifier || !identifier.MatchString(value) {
			return fmt.Errorf("%s %q: want letters and digits, with '.', '_' or '-' between them, at most %d: %w",
				name, value, longestIdentifier, errInvalid)
		}
	}
	all := []runtime.Sharing{runtime.SharedByDefault, runtime.SharedInTask, runtime.SharedWithHost, runtime.SharedWithNobody}
	if !slices.Contains(all[:3], c.PID) || !slices.Contains(all, c.IPC) {
		return fmt.Errorf("sharing of processes %q, of IPC %q: %w", c.PID, c.IPC, errInvalid)
	}
	own := func(s runtime.Sharing) bool { return s == runtime.SharedByDefault || s == runtime.SharedWithNobody }
	if c.Isolated && len(c.Hooks) > 0 {
		return fmt.Errorf("hooks do not go with users of the container's own: %w", errInvalid)
	}
	if c.Isolated && (c.Privileged || !own(c.PID) || !own(c.IPC)) {
		return fmt.Errorf("users of its own do not go with privileged or shared namespaces: %w", errInvalid)
	}
	for _, mount := range c.Mounts {
		if !path.IsAbs(mount.Destination) {
			return fmt.Errorf("mount destination %q is not absolute: %w", mount.Destination, errInvalid)
		}
	}
	for _, mount := range c.Tmpfs {
		if !path.IsAbs(mount.Destination) {
			return fmt.Errorf("tmpfs destination %q is not absolute: %w", mount.Destination, errInvalid)
		}
	}
	return nil
}

func namespaces(c runtime.Container, m machine) []specs.LinuxNamespace {
	list := []specs.LinuxNamespace{{Type: specs.UTSNamespace}, {Type: specs.MountNamespace}}
	for _, shared := range []struct {
		kind specs.LinuxNamespaceType
		with runtime.Sharing
		path string
	}{{specs.PIDNamespace, c.PID, m.shared.PID()}, {specs.IPCNamespace, c.IPC, m.shared.IPC()}} {
		switch shared.with {
		case runtime.SharedWithHost:
		case runtime.SharedInTask:
			list = append(list, specs.LinuxNamespace{Type: shared.kind, Path: shared.path})
		default:
			list = append(list, specs.LinuxNamespace{Type: shared.kind})
		}
	}
	if c.NetNS != "" {
		list = append(list, specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: c.NetNS})
	}
	if m.unified {
		list = append(list, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}
	return list
}

// hostnameOf follows Docker: 12 characters of the id, and the machine's own name beside the machine's own network.
func hostnameOf(c runtime.Container, m machine) string {
	switch {
	case c.Hostname != "":
		return c.Hostname
	case c.NetNS == "":
		return m.hostname
	case len(c.ID) > 12:
		return c.ID[:12]
	}
	return c.ID
}
