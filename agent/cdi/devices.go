package cdi

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
)

// DefaultKind is the kind that Options without one mean.
const DefaultKind = "nvidia.com/gpu"

// defaultFolders are where specifications are; what is in a later one wins.
// Source: CDI specification, "Configuration".
var defaultFolders = [...]string{"/etc/cdi", "/var/run/cdi"}

// MaxDevices is how many devices of the kind are known.
const MaxDevices = 64

// every is the name of a device that stands for all others of its kind.
const every = "all"

// Options say which devices. The zero value means NVIDIA's GPUs.
type Options struct {
	// Kind is vendor/class; "" is DefaultKind.
	Kind string
	// Folders have the specifications; nil is /etc/cdi and /var/run/cdi.
	Folders []string
}

// Devices are the machine's devices of one kind. They are read anew for each
// question: drivers are replaced while containers go on.
type Devices struct{ options Options }

// New returns the devices of a kind.
func New(o Options) *Devices {
	if o.Kind == "" {
		o.Kind = DefaultKind
	}
	if len(o.Folders) == 0 {
		o.Folders = slices.Clone(defaultFolders[:])
	}
	return &Devices{o}
}

// found is a device and the file that it is in.
type found struct {
	device *device
	in     *spec
}

// read returns the devices by name, and what is not used: a file that is not
// understood takes away only what is in it, and of a name that one folder has
// twice nobody knows which is meant.
func (d *Devices) read() (all map[string]found, unusable []error) {
	all = map[string]found{}
	for _, folder := range d.options.Folders {
		specs, bad := readFolder(folder, d.options.Kind)
		unusable = append(unusable, bad...)
		here := map[string]bool{}
		for _, s := range specs {
			for i := range s.Devices {
				name := s.Devices[i].Name
				if again := here[name]; again {
					delete(all, name)
					unusable = append(unusable, fmt.Errorf("device %s=%s is twice in %s", d.options.Kind, name, folder))
					continue
				}
				here[name], all[name] = true, found{&s.Devices[i], s}
			}
		}
	}
	delete(all, every)
	if len(all) > MaxDevices {
		return nil, append(unusable, fmt.Errorf("%d devices %s: at most %d", len(all), d.options.Kind, MaxDevices))
	}
	return all, unusable
}

// IDs returns the names of the devices that can be used, sorted, and why others
// cannot: one error for each file or device.
//
// A vendor's tool can name one device more than once, by number and by its
// own id: only those names are taken whose files in /dev no earlier one has.
func (d *Devices) IDs() (ids []string, unusable []error) {
	all, unusable := d.read()
	for name := range all {
		ids = append(ids, name)
	}
	slices.SortFunc(ids, byNumber)
	seen := map[string]bool{}
	return slices.DeleteFunc(ids, func(id string) bool {
		files := all[id].device.files()
		again := files != "" && seen[files]
		seen[files] = true
		return again
	}), unusable
}

// byNumber orders numbers before all else, and "2" before "10".
func byNumber(a, b string) int {
	switch x, y := digits(a), digits(b); {
	case x && y:
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case x != y && x:
		return -1
	case x != y:
		return 1
	}
	return cmp.Compare(a, b)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// files names the device files that only this device has.
func (d *device) files() string {
	var paths []string
	for _, n := range d.Edits.Devices {
		paths = append(paths, first(n.HostPath, n.Path))
	}
	slices.Sort(paths)
	return strings.Join(paths, "\n")
}

// Apply gives a container the devices with the ids.
func (d *Devices) Apply(c *runtime.Container, ids []string) error {
	all, unusable := d.read()
	var shared []*spec
	for _, id := range ids {
		f, ok := all[id]
		if !ok {
			return errors.Join(append([]error{fmt.Errorf("device %s=%s is not there", d.options.Kind, id)}, unusable...)...)
		}
		if !slices.Contains(shared, f.in) {
			shared = append(shared, f.in)
			f.in.Edits.apply(c)
		}
		f.device.Edits.apply(c)
	}
	return nil
}

func (e *edits) apply(c *runtime.Container) {
	for _, v := range e.Env {
		SetEnv(c, v)
	}
	for _, n := range e.Devices {
		// Devices of one vendor often name the same files.
		if slices.ContainsFunc(c.Devices, func(d runtime.Device) bool { return first(d.ContainerPath, d.HostPath) == n.Path }) {
			continue
		}
		c.Devices = append(c.Devices, runtime.Device{HostPath: first(n.HostPath, n.Path), ContainerPath: n.Path,
			Permissions: first(n.Permissions, "rw"), Mode: n.Mode, UID: n.UID, GID: n.GID})
	}
	for _, m := range e.Mounts {
		if !slices.ContainsFunc(c.Mounts, func(o runtime.Mount) bool { return o.Source == m.HostPath && o.Destination == m.ContainerPath }) {
			c.Mounts = append(c.Mounts, m.forRuntime())
		}
	}
	for _, h := range e.Hooks {
		c.Hooks = append(c.Hooks, runtime.Hook{When: h.When, Path: h.Path, Args: h.Args, Env: h.Env, Timeout: h.Timeout})
	}
}

func (m mount) forRuntime() runtime.Mount {
	out := runtime.Mount{Source: m.HostPath, Destination: m.ContainerPath}
	var further []string
	for _, o := range m.Options {
		switch o {
		case "ro":
			out.ReadOnly = true
		case "rw", "bind", "rbind":
		case "rprivate", "rshared", "rslave", "private", "shared", "slave":
			out.Propagation = o
		default:
			further = append(further, o)
		}
	}
	out.Options = strings.Join(further, ",")
	return out
}

// SetEnv sets a variable, NAME=VALUE, of a container whatever it was.
func SetEnv(c *runtime.Container, assignment string) {
	name, _, _ := strings.Cut(assignment, "=")
	c.Env = append(slices.DeleteFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, name+"=") }), assignment)
}

func first(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
