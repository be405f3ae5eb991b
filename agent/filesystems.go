package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// FileServers mounts what servers of NFS share: on AWS it is EFS.
type FileServers interface {
	// NFS mounts a directory of a server's export ("HOST:/export") on a
	// directory, made when absent, as EFS is mounted. What is a mount point
	// already stays as it is.
	NFS(ctx context.Context, server, directory, target string) error
	// Look waits until a directory can be looked at, which a server that is
	// away delays; until ctx ends at most.
	Look(ctx context.Context, directory string) error
	// Abandon has everything fail that waits for the server of what is mounted
	// on a directory, if the server accepts no connections, or anyway.
	Abandon(ctx context.Context, server, directory string, anyway bool) error
}

const (
	// killsToAbandon is how often a container is killed before the file systems
	// of its task are abandoned whose servers are away; killsAtMost: all.
	killsToAbandon = 2
	killsAtMost    = 5
)

// abandonFileSystems lets a container end that has been killed for so many
// times: the kernel lets nobody go whose writes a server has not taken.
//
// A volume that another task has too, one of used, stays: what that task writes would be lost.
func (n *Node) abandonFileSystems(ctx context.Context, t acs.Task, kills int, used []string) {
	if kills < killsToAbandon || n.edges.FileServers == nil {
		return
	}
	for _, v := range n.remoteVolumes(t) {
		anyway := kills >= killsAtMost
		if v.shared && slices.Contains(used, v.name) || v.elsewhere && !anyway {
			continue
		}
		n.options.Logger.Warn("a container that was killed does not end; its file system is given up if the server is away", "task", t.ARN, "volume", v.name, "server", v.server, "kills", kills)
		if err := n.edges.FileServers.Abandon(ctx, v.server, v.directory, anyway); err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("a file system is not given up", "task", t.ARN, "volume", v.name, "error", err)
		}
	}
}

// mountFileSystems mounts the file systems of EFS that a task has, each on a
// directory of the task's own, so that it goes without asking for others.
// Source of the words: ECS developer guide, "ResourceInitializationError".
func (n *Node) mountFileSystems(ctx context.Context, t acs.Task) step.Failure {
	for _, v := range t.Volumes {
		if v.EFS == nil {
			continue
		}
		id := fileSystemID(v.EFS.FileSystemID)
		server, known := n.options.FileSystems[id]
		var err error
		switch {
		case usableVolume(v.Name) != nil:
			err = usableVolume(v.Name)
		case !known || n.edges.FileServers == nil:
			err = fmt.Errorf("Failed to resolve %q - check that your file system ID is correct, and that the container instance knows it", id)
		default:
			err = n.edges.FileServers.NFS(ctx, server, v.EFS.RootDirectory, n.fileSystem(t, v))
		}
		if err != nil {
			code := 1
			if strings.HasPrefix(err.Error(), "mount.nfs4: ") { // it came to a mount, whose program ends so
				code = 32
			}
			return failure("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr",
				fmt.Errorf("%w : unsuccessful EFS utils command execution; code: %d", err, code))
		}
	}
	return ""
}

// lookAtFileSystems waits until the servers of the file systems answer that a container mounts: the runtime would wait for them in ways that cannot
// be called off.
func (n *Node) lookAtFileSystems(ctx context.Context, t acs.Task, c runtime.Container) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if n.edges.FileServers == nil {
		return nil
	}
	for _, v := range n.remoteVolumes(t) {
		if !slices.ContainsFunc(c.Mounts, func(m runtime.Mount) bool { return m.Source == v.directory }) {
			continue
		}
		if err := n.edges.FileServers.Look(ctx, v.directory); err != nil {
			return fmt.Errorf("file system of volume %s: %w", v.name, err)
		}
	}
	return nil
}

// fileSystemID returns the id of a file system that is named by it or by its
// ARN.
func fileSystemID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// fileSystem is the directory that a volume's file system is mounted on.
func (n *Node) fileSystem(t acs.Task, v acs.Volume) string {
	return filepath.Join(n.volumesDir(taskID(t.ARN)), v.Name)
}

// hasFileSystem reports whether a task mounts what others share.
func hasFileSystem(t acs.Task) bool {
	return slices.ContainsFunc(t.Volumes, func(v acs.Volume) bool { return v.EFS != nil })
}

// unsupportedFileSystem says what a volume asks of EFS that this node does not
// have. The control plane sends no such tasks here.
func unsupportedFileSystem(v acs.Volume) error {
	if v.EFS.TransitEncryption == "ENABLED" || v.EFS.Authorization != nil {
		return fmt.Errorf("volume %s: transit encryption and authorization of EFS are not supported by this container instance", v.Name)
	}
	return nil
}
