package agent

import (
	"fmt"
	"path/filepath"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// Disks makes file systems of a given size.
type Disks interface {
	// Scratch mounts an empty file system of a size, in bytes, on a directory,
	// made when absent. Unmounting it removes it. What is a mount point already
	// stays as it is.
	Scratch(directory string, size int64) error
	// Usage returns what is used of the one that is mounted on a directory, in
	// bytes; 0 when none is.
	Usage(directory string) (used, size int64, err error)
}

// containersDir is where, on the disk of a task, its containers write. No volume
// has such a name.
const containersDir = ".containers"

// ownDisk reports whether what a task writes goes to a disk of its own. A node
// that cannot make any lets tasks without particular wishes write to the
// machine's: it does not register the capability, so it gets no others.
func (n *Node) ownDisk(t acs.Task) bool {
	return t.EphemeralStorage > 0 && (n.edges.Disks != nil || t.EphemeralStorage != model.DefaultFargateStorage)
}

// prepareDisk makes the disk that a task's containers and volumes are on. It is
// mounted over the directory of the volumes, and goes with it.
func (n *Node) prepareDisk(t acs.Task) error {
	if !n.ownDisk(t) {
		return nil
	}
	if n.edges.Disks == nil {
		return fmt.Errorf("ephemeral storage of %d GiB is not supported by this container instance", t.EphemeralStorage)
	}
	return n.edges.Disks.Scratch(n.volumesDir(taskID(t.ARN)), t.EphemeralStorage<<30)
}

// scratch returns where a task's container writes; "" is the runtime's own
// place.
func (n *Node) scratch(t acs.Task) string {
	if !n.ownDisk(t) {
		return ""
	}
	return filepath.Join(n.volumesDir(taskID(t.ARN)), containersDir)
}

// storageMetadata is how much of its ephemeral storage a task uses, in MiB.
// Source: ECS developer guide, "Amazon ECS task metadata v4 response", Fargate.
type storageMetadata struct{ Utilized, Reserved int64 }

// storageOf is nil for a task without a disk of its own.
func (n *Node) storageOf(t acs.Task) *storageMetadata {
	used, ok := n.diskUse(t)
	if !ok {
		return nil
	}
	return &storageMetadata{Utilized: used >> 20, Reserved: t.EphemeralStorage << 10}
}

// diskUse is what a task uses of its own disk, in bytes, if it has one.
func (n *Node) diskUse(t acs.Task) (used int64, ok bool) {
	if !n.ownDisk(t) || n.edges.Disks == nil {
		return 0, false
	}
	used, size, err := n.edges.Disks.Usage(n.volumesDir(taskID(t.ARN)))
	return used, err == nil && size > 0
}
