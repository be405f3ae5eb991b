package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

func (n *Node) volumesDir(task string) string {
	return filepath.Join(n.options.Dir, "volumes", task)
}

// sweepVolumes removes the volumes of tasks of which nothing else is left. What
// has strays loses its volumes with the last of them.
func (n *Node) sweepVolumes(strays map[string]bool) error {
	busy := map[string]bool{}
	for arn := range n.live {
		busy[taskID(arn)] = true
	}
	for id := range strays {
		task, _ := splitID(id)
		busy[task] = true
	}
	entries, err := os.ReadDir(n.volumesDir(""))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("volumes of tasks: %w", err)
	}
	var tasks []string
	if n.edges.Volumes != nil {
		if tasks, err = n.edges.Volumes.Tasks(); err != nil {
			return fmt.Errorf("volumes of tasks: %w", err)
		}
	}
	for _, e := range entries {
		tasks = append(tasks, e.Name())
	}
	for _, task := range tasks {
		if busy[task] {
			continue
		}
		if err := n.removeVolumes(task); err != nil {
			n.options.Logger.Warn("volumes of an ended task are not removed", "task", task, "error", err)
		}
	}
	return nil
}

// mounts returns what a container mounts: its mount points, the volumes of its
// image that were made, and all that the containers mount that it takes volumes
// from, and those that they do. At one place in the container its own mount
// point wins, then the last that it takes volumes from, as with Docker.
func (n *Node) mounts(t acs.Task, c acs.Container) ([]runtime.Mount, error) {
	return n.mountsBut(t, c, []string{c.Name})
}

// mountsBut leaves out what the containers mount that have been looked at.
func (n *Node) mountsBut(t acs.Task, c acs.Container, seen []string) ([]runtime.Mount, error) {
	var out []runtime.Mount
	for _, m := range c.MountPoints {
		source, err := n.volume(t, m.SourceVolume)
		if err != nil {
			return nil, err
		}
		out = append(out, runtime.Mount{Source: source, Destination: m.ContainerPath, ReadOnly: m.ReadOnly, Fill: fills(t, m.SourceVolume)})
	}
	made, err := n.imageVolumes(t, c.Name)
	if err != nil {
		return nil, err
	}
	out = append(out, made...)
	for _, from := range slices.Backward(c.VolumesFrom) {
		if slices.Contains(seen, from.SourceContainer) {
			continue
		}
		mounts, err := n.mountsBut(t, containerOf(t, from.SourceContainer), append(slices.Clone(seen), from.SourceContainer))
		if err != nil {
			return nil, err
		}
		for _, m := range mounts {
			taken := slices.ContainsFunc(out, func(o runtime.Mount) bool { return filepath.Clean(o.Destination) == filepath.Clean(m.Destination) })
			if taken {
				continue
			}
			m.ReadOnly, m.Fill = m.ReadOnly || from.ReadOnly, false
			out = append(out, m)
		}
	}
	return out, nil
}

// volume returns the directory of a task's volume, made when absent. A volume
// without a path of the host's lives and dies with the task.
func (n *Node) volume(t acs.Task, name string) (string, error) {
	for _, v := range t.Volumes {
		if v.Name != name {
			continue
		}
		if v.Docker != nil {
			return n.dockerVolume(t, v)
		}
		if v.EFS != nil {
			return n.fileSystem(t, v), nil
		}
		if v.Type == acs.VolumeAttached {
			return n.attachedVolume(t, name)
		}
		path := ""
		if v.Host != nil {
			path = v.Host.SourcePath
		}
		if path == "" {
			if err := usableVolume(name); err != nil {
				return "", err
			}
			path = filepath.Join(n.volumesDir(taskID(t.ARN)), name)
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			return "", fmt.Errorf("volume %s: %w", name, err)
		}
		return path, nil
	}
	return "", fmt.Errorf("volume %q is not defined", name)
}

// usableVolume refuses names that are no names of directories.
func usableVolume(name string) error {
	if filepath.Base(name) != name || name == "." || name == ".." {
		return fmt.Errorf("volume %q has no usable name", name)
	}
	return nil
}

// volumeRecord is what is kept beside a volume of Docker's local driver.
type volumeRecord struct {
	Labels  map[string]string `json:"labels,omitempty"`
	Options map[string]string `json:"options,omitempty"`
}

// Mounter mounts file systems on directories.
type Mounter interface {
	// Mount mounts source, of a kind, with the options of mount(8); what is a
	// mount point already stays as it is.
	Mount(kind, source, target, options string) error
	// UnmountBelow unmounts everything at and below a directory.
	UnmountBelow(directory string) error
}

// mountVolume mounts what the options of Docker's local driver name. A volume
// that is shared stays mounted until the node is removed.
// Source: Docker's reference, `docker volume create`, driver-specific options.
func (n *Node) mountVolume(name, target string, options map[string]string) error {
	if len(options) == 0 {
		return nil
	}
	if n.edges.Mounts == nil {
		return fmt.Errorf("volume %s: driverOpts are not supported by this container instance", name)
	}
	for _, option := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains([]string{"type", "device", "o"}, option) {
			return fmt.Errorf("volume %s: invalid option: %q", name, option)
		}
	}
	for _, needed := range []string{"device", "type"} {
		if options[needed] == "" {
			return fmt.Errorf("volume %s: missing required option: %q", name, needed)
		}
	}
	if err := n.edges.Mounts.Mount(options["type"], options["device"], target, options["o"]); err != nil {
		return fmt.Errorf("volume %s: %w", name, err)
	}
	return nil
}

// removeVolumes removes the volumes of a task, and first of all what is mounted
// there: that may be somebody's data.
func (n *Node) removeVolumes(task string) error {
	if n.edges.Mounts != nil {
		if err := n.edges.Mounts.UnmountBelow(n.volumesDir(task)); err != nil {
			return err
		}
	}
	if n.edges.Volumes != nil {
		if err := n.edges.Volumes.Release(task); err != nil {
			return err
		}
	}
	return os.RemoveAll(n.volumesDir(task))
}

// The parts of the directory of a volume of Docker's local driver: its files, and what is known of it.
const (
	volumeData    = "_data"
	volumeAccount = "volume.json"
	scopeShared   = "shared"
)

// dockerDirectory is the directory of a volume of Docker's local driver, and whether it is the instance's.
func (n *Node) dockerDirectory(t acs.Task, v acs.Volume) (dir string, shared bool) {
	if v.Docker.Scope == scopeShared {
		return filepath.Join(n.options.Dir, "shared", v.Name), true
	}
	return filepath.Join(n.volumesDir(taskID(t.ARN)), v.Name), false
}

// dockerVolume returns the directory of a volume of Docker's local driver, made
// when absent. One of the task's lives and dies with it. A shared one belongs
// to the instance: tasks find it by its name, and it stays. If its definition
// makes it (autoprovision), it must be what is there.
// Source: ECS API reference, DockerVolumeConfiguration.
func (n *Node) dockerVolume(t acs.Task, v acs.Volume) (string, error) {
	if err := usableVolume(v.Name); err != nil {
		return "", err
	}
	dir, shared := n.dockerDirectory(t, v)
	defer n.volumes.take(dir)()
	data, path := filepath.Join(dir, volumeData), filepath.Join(dir, volumeAccount)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("volume %s: %w", v.Name, err)
	}
	// Of a shared volume it may be a mount of a server that is away: it is not looked at.
	if err := os.Mkdir(data, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("volume %s: %w", v.Name, err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = json.Marshal(volumeRecord{v.Docker.Labels, v.Docker.DriverOpts}); err == nil {
			err = writeDurably(path, text, 0o600)
		}
	}
	var kept volumeRecord
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return "", fmt.Errorf("volume %s: %w", v.Name, err)
	}
	if shared && v.Docker.Autoprovision && !maps.Equal(kept.Labels, v.Docker.Labels) {
		return "", fmt.Errorf("volume %s: the shared volume that exists has other labels", v.Name)
	}
	if shared && v.Docker.Autoprovision && !maps.Equal(kept.Options, v.Docker.DriverOpts) {
		return "", fmt.Errorf("volume %s: the shared volume that exists has other driverOpts", v.Name)
	}
	return data, n.mountVolume(v.Name, data, kept.Options)
}

// unsupportedVolume says what a volume asks for that this node does not have.
func unsupportedVolume(v acs.Volume) error {
	switch {
	case v.EFS != nil:
		return unsupportedFileSystem(v)
	case v.Docker == nil:
		return nil
	case v.Docker.Driver != "" && v.Docker.Driver != "local":
		return fmt.Errorf("volume %s: volume driver %q is not supported by this container instance", v.Name, v.Docker.Driver)
	}
	return nil
}
