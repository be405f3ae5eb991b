package containerd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/containerd/containerd/v2/core/mount"
)

// moveWrites has the one overlay of a snapshot that was just prepared keep what is written in a directory, which is made
// anew: what an earlier run of the container left there goes.
func moveWrites(mounts []mount.Mount, directory string) error {
	if len(mounts) != 1 || mounts[0].Type != "overlay" {
		return fmt.Errorf("a directory for what containers write takes the snapshotter overlayfs, and this one gives %d mounts", len(mounts))
	}
	if err := os.RemoveAll(directory); err != nil {
		return fmt.Errorf("what an earlier run wrote: %w", err)
	}
	for i, option := range mounts[0].Options {
		name, from, _ := strings.Cut(option, "=")
		if name != "upperdir" && name != "workdir" {
			continue
		}
		to := filepath.Join(directory, name)
		if err := likewise(from, to); err != nil {
			return fmt.Errorf("directory for what a container writes: %w", err)
		}
		mounts[0].Options[i] = name + "=" + to
	}
	return nil
}

// likewise makes a directory with the owner and the mode of another: the root
// of the container's file system gets them from there.
func likewise(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o711); err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(to, int(owner.Uid), int(owner.Gid)); err != nil {
		return err
	}
	return os.Chmod(to, info.Mode().Perm())
}
