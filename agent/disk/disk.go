// Package disk makes file systems of a given size for tasks, in sparse files on loop devices.
//
// It decides how a size becomes a file, a device and a file system, and that none of them outlives its mount or its file:
// a device goes with the last mount of it, and the file of a scratch disk has no name from the moment it is made. Whose
// disk it is, where it is mounted and when it goes is the agent's to say.
//
// A file holds what was written and not what could be: a machine whose own disk is full fails the writes of all.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/mount"
)

// Kinds of file systems, as their programs name them.
const (
	Ext3 = "ext3"
	Ext4 = "ext4"
	XFS  = "xfs"
)

// MaxSize bounds a disk, in bytes: the largest volume of EBS has 64 TiB.
const MaxSize = 64 << 40

// Loop makes disks on loop devices. The zero value is usable.
type Loop struct{}

// Usable says why this machine cannot make disks of a kind; nil: it can.
func (Loop) Usable(kind string) error {
	if _, err := program(kind); err != nil {
		return err
	}
	control, err := os.OpenFile(loopControl, os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loop devices: %w", err)
	}
	defer control.Close()
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return fmt.Errorf("file systems of this machine: %w", err)
	}
	if !slices.Contains(words(known), kind) {
		return fmt.Errorf("the kernel of this machine has no file system %s", kind)
	}
	return nil
}

// Scratch mounts an empty file system of a size, in bytes, on a directory that is made when absent. It is gone when it is
// unmounted, however that comes about. What is a mount point already stays as it is.
func (Loop) Scratch(directory string, size int64) error {
	if mounted, err := prepared(directory); mounted || err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(directory), ".scratch-*")
	if err != nil {
		return fmt.Errorf("scratch disk: %w", err)
	}
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil {
		return fmt.Errorf("scratch disk: %w", err)
	}
	if err := format(file, Ext4, size, scratchFlags); err != nil {
		return fmt.Errorf("scratch disk: %w", err)
	}
	if err := mountFile(file, Ext4, directory, false); err != nil {
		return fmt.Errorf("scratch disk: %w", err)
	}
	return nil
}

// Create makes a disk in a file, which must not exist, with an empty file system of a kind. A file by that name has
// always a whole file system in it.
func (Loop) Create(path, kind string, size int64) error {
	file, err := os.OpenFile(path+unfinished, os.O_RDWR|os.O_CREATE|os.O_TRUNC|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	defer file.Close()
	if err = format(file, kind, size, nil); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = unix.Link(path+unfinished, path)
	}
	if removed := os.Remove(path + unfinished); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("disk %s: %w", filepath.Base(path), err)
	}
	return nil
}

// unfinished ends the name of a file whose file system is being made.
const unfinished = ".unfinished"

// Mount mounts the disk in a file on a directory that is made when absent. What is a mount point already stays as it is.
func (Loop) Mount(path, kind, directory string) error {
	if mounted, err := prepared(directory); mounted || err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	defer file.Close()
	if err := mountFile(file, kind, directory, true); err != nil {
		return fmt.Errorf("disk %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Remove removes the disk in a file, which must not be mounted. Removing what is not there succeeds.
func (Loop) Remove(path string) error {
	for _, name := range []string{path + unfinished, path} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove disk %s: %w", filepath.Base(path), err)
		}
	}
	return nil
}

// Usage returns what is used of the disk that is mounted on a directory, and how much it can hold, in bytes; zeros when
// none is.
func (Loop) Usage(directory string) (used, size int64, err error) {
	if mounted, err := mount.Mounted(directory); !mounted || err != nil {
		return 0, 0, err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(directory, &s); err != nil {
		return 0, 0, fmt.Errorf("usage of %s: %w", directory, err)
	}
	return int64(s.Blocks-s.Bfree) * s.Bsize, int64(s.Blocks) * s.Bsize, nil
}

// prepared makes a directory and reports whether something is mounted on it.
func prepared(directory string) (mounted bool, err error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return false, fmt.Errorf("disk: %w", err)
	}
	return mount.Mounted(directory)
}

// mountFile puts a file on a loop device and mounts that. The device goes with its last mount.
func mountFile(file *os.File, kind, directory string, durable bool) error {
	device, err := attach(file)
	if err != nil {
		return err
	}
	defer device.Close()
	if err := unix.Mount(device.Name(), directory, kind, 0, options(kind, durable)); err != nil {
		return fmt.Errorf("mount %s as %s: %w", device.Name(), kind, err)
	}
	return nil
}

// options have what is deleted given back to the machine, and do not write tables of inodes that a sparse file has
// already: as zeros.
func options(kind string, durable bool) string {
	switch {
	case kind == XFS:
		return "discard,nouuid"
	case !durable:
		return "discard,noinit_itable,errors=continue"
	}
	return "discard,noinit_itable"
}
