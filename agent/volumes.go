package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("volumes of tasks: %w", err)
	}
	for _, e := range entries {
		if busy[e.Name()] {
			continue
		}
		if err := os.RemoveAll(n.volumesDir(e.Name())); err != nil {
			n.options.Logger.Warn("volumes of an ended task are not removed", "task", e.Name(), "error", err)
		}
	}
	return nil
}

// mounts returns what a container mounts: its mount points, and those of the
// containers that it takes volumes from.
func (n *Node) mounts(t acs.Task, c acs.Container) ([]runtime.Mount, error) {
	var out []runtime.Mount
	for _, m := range c.MountPoints {
		source, err := n.volume(t, m.SourceVolume)
		if err != nil {
			return nil, err
		}
		out = append(out, runtime.Mount{Source: source, Destination: m.ContainerPath, ReadOnly: m.ReadOnly})
	}
	for _, from := range c.VolumesFrom {
		other := containerOf(t, from.SourceContainer)
		other.VolumesFrom = nil
		mounts, err := n.mounts(t, other)
		if err != nil {
			return nil, err
		}
		for _, m := range mounts {
			m.ReadOnly = m.ReadOnly || from.ReadOnly
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
		path := ""
		if v.Host != nil {
			path = v.Host.SourcePath
		}
		if path == "" {
			if filepath.Base(name) != name || name == "." || name == ".." {
				return "", fmt.Errorf("volume %q has no usable name", name)
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
