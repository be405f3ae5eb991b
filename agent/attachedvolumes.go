package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/agent/volume"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Volumes is where the block volumes of tasks come from: on AWS it is EBS.
type Volumes interface {
	// Attach mounts a volume on a directory, made when absent, and makes the
	// volume before where it does not exist. What is attached stays as it is.
	Attach(v volume.Volume, directory string) error
	// Release says that a task is gone, and nothing of it is mounted: volumes
	// that go with it are removed. Releasing twice changes nothing.
	Release(task string) error
	// Tasks returns the ids of the tasks that have volumes.
	Tasks() ([]string, error)
}

// prepareVolumes makes what is mounted for a task: the disk that it writes to,
// and over its directories the volumes that it has attached.
func (n *Node) prepareVolumes(ctx context.Context, t acs.Task) step.Failure {
	if err := n.prepareDisk(t); err != nil {
		return failure("ResourceInitializationError: failed to prepare ephemeral storage", err)
	}
	for _, a := range t.Attachments {
		v, err := volumeOf(t, a)
		switch {
		case err != nil:
		case n.edges.Volumes == nil:
			err = errors.New("this container instance attaches no volumes")
		default:
			err = n.edges.Volumes.Attach(v, filepath.Join(n.volumesDir(taskID(t.ARN)), v.Name))
		}
		if err != nil {
			return failure("ResourceInitializationError: failed to attach EBS volume", err)
		}
	}
	return n.mountFileSystems(ctx, t)
}

// volumeOf reads the attachment of a volume.
func volumeOf(t acs.Task, a acs.Attachment) (volume.Volume, error) {
	v := volume.Volume{ID: a.Property(acs.PropertyVolumeID), Name: a.Property(acs.PropertyVolumeName), Task: taskID(t.ARN),
		FileSystem: a.Property(acs.PropertyFileSystem), Deleted: a.Property(acs.PropertyDeleteOnTermination) != "false"}
	size, err := strconv.ParseInt(a.Property(acs.PropertyVolumeSize), 10, 64)
	if err != nil || size < 1 || size > maxVolume {
		return v, fmt.Errorf("volume %s: %q is not a size in GiB", v.ID, a.Property(acs.PropertyVolumeSize))
	}
	v.Size = size << 30
	return v, usableVolume(v.Name)
}

// maxVolume is the largest volume, in GiB. Source: EBS user guide, io2 Block Express.
const maxVolume = 64 << 10

// unsupportedAttachments says what a task has attached that this node cannot
// give it.
func unsupportedAttachments(t acs.Task) error {
	for _, a := range t.Attachments {
		if !strings.EqualFold(a.Type, acs.AttachmentVolume) {
			return fmt.Errorf("attachments of type %q are not supported by this container instance", a.Type)
		}
	}
	return nil
}

// attachedVolume returns the directory that a task's volume is mounted on.
func (n *Node) attachedVolume(t acs.Task, name string) (string, error) {
	for _, a := range t.Attachments {
		if a.Property(acs.PropertyVolumeName) == name {
			return filepath.Join(n.volumesDir(taskID(t.ARN)), name), nil
		}
	}
	return "", fmt.Errorf("volume %s is not attached", name)
}
