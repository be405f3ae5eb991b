package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// An image's VOLUMEs are folders of the task, one for each container that has
// them, beside the volumes that the task's definition names. Which there are is
// told by the folders themselves, so that the agent's next life, and containers
// that take volumes from others, find what was mounted.

// maxImageVolumes bounds the VOLUMEs of one image.
const maxImageVolumes = 64

// imageVolumesDir is where a container's are. No volume of a definition has
// such a name.
func (n *Node) imageVolumesDir(t acs.Task, container string) string {
	return filepath.Join(n.volumesDir(taskID(t.ARN)), ".image", container)
}

// makeImageVolumes makes the volumes that a container's image wants where the
// definition mounts nothing.
// Source: Docker's reference, Dockerfile, VOLUME: what docker run creates.
func (n *Node) makeImageVolumes(t acs.Task, c acs.Container, h acs.HostConfig, wanted []string) error {
	if len(wanted) > maxImageVolumes {
		return fmt.Errorf("the image of container %s has %d volumes: at most %d", c.Name, len(wanted), maxImageVolumes)
	}
	mounts, err := n.mounts(t, c)
	if err != nil {
		return err
	}
	taken := map[string]bool{"/": true}
	for _, m := range mounts {
		taken[path.Clean(m.Destination)] = true
	}
	for tmpfs := range h.Tmpfs {
		taken[path.Clean(tmpfs)] = true
	}
	for _, destination := range wanted {
		destination = path.Clean("/" + destination)
		if taken[destination] {
			continue
		}
		if err := usableVolume(c.Name); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(destination))
		dir := filepath.Join(n.imageVolumesDir(t, c.Name), hex.EncodeToString(sum[:16]))
		if err := os.MkdirAll(filepath.Join(dir, "_data"), 0o755); err != nil {
			return fmt.Errorf("volume of the image at %s: %w", destination, err)
		}
		if err := writeDurably(filepath.Join(dir, "path"), []byte(destination), 0o600); err != nil {
			return fmt.Errorf("volume of the image at %s: %w", destination, err)
		}
	}
	return nil
}

// imageVolumes are the mounts of what makeImageVolumes has made for a container.
func (n *Node) imageVolumes(t acs.Task, container string) ([]runtime.Mount, error) {
	if usableVolume(container) != nil {
		return nil, nil // nothing was made for it
	}
	dir := n.imageVolumesDir(t, container)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("volumes of the image of %s: %w", container, err)
	}
	var out []runtime.Mount
	for _, e := range entries {
		destination, err := os.ReadFile(filepath.Join(dir, e.Name(), "path"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was being made
		}
		if err != nil {
			return nil, fmt.Errorf("volumes of the image of %s: %w", container, err)
		}
		out = append(out, runtime.Mount{Source: filepath.Join(dir, e.Name(), "_data"), Destination: string(destination), Fill: true})
	}
	slices.SortFunc(out, func(a, b runtime.Mount) int { return strings.Compare(a.Destination, b.Destination) })
	return out, nil
}

// fills reports whether a volume begins with what the image has where it is
// mounted: Docker's volumes do, folders of the host do not.
// Source: ECS developer guide, "Use bind mounts with Amazon ECS", on VOLUME.
func fills(t acs.Task, name string) bool {
	for _, v := range t.Volumes {
		if v.Name == name {
			return v.Docker != nil || v.Host == nil || v.Host.SourcePath == ""
		}
	}
	return false
}
