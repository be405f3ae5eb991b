package containerd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Run holds many small files for each container, which come and go with it. Where /run is on disk, as in many containers
// and on small virtual machines, they cost a tenth of a start and more: a file system that remembers what was removed
// lately looks through that for each new file. So the node mounts a file system in memory there, as systemd does for /run.

// runOptions are those of systemd's /run, but for the share of memory, which is a limit and not taken.
const runOptions = "mode=0711,size=20%"

// prepareRun makes Run, in memory if nothing is kept there yet. What was begun on disk stays there, and so does all of it
// if the file system could not be mounted.
func (l Layout) prepareRun() error {
	if err := os.MkdirAll(l.Run, 0o711); err != nil {
		return err
	}
	// The daemon's supervisor and its client both get here.
	directory, err := os.Open(l.Run)
	if err != nil {
		return err
	}
	defer directory.Close()
	if err := flock(directory); err != nil {
		return err
	}
	inMemory, err := isInMemory(l.Run)
	if err != nil || inMemory || !sharesMounts() {
		return err
	}
	if _, err := directory.Readdirnames(1); !errors.Is(err, io.EOF) {
		return err
	}
	_ = unix.Mount("tmpfs", l.Run, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, runOptions) // on disk it is only slower
	return nil
}

// RemoveRun removes Run and all that is in it. The node must have been purged.
func (l Layout) RemoveRun() error {
	entries, err := os.ReadDir(l.Run)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(l.Run, entry.Name())))
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", l.Run, err)
	}
	// It may be in use for a moment by what is about to end. Where nothing is mounted there is nothing to undo (EINVAL), nor
	// for who could not have mounted it (EPERM).
	if err := unix.Unmount(l.Run, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && err != unix.EINVAL && err != unix.EPERM {
		return fmt.Errorf("unmount %s: %w", l.Run, err)
	}
	return os.RemoveAll(l.Run)
}

func isInMemory(path string) (bool, error) {
	var of unix.Statfs_t
	if err := unix.Statfs(path, &of); err != nil {
		return false, &os.PathError{Op: "statfs", Path: path, Err: err}
	}
	return of.Type == unix.TMPFS_MAGIC || of.Type == unix.RAMFS_MAGIC, nil
}

// sharesMounts tells whether what is mounted now will be seen by this program when it is started again. It would not if
// each start has mounts of its own, as a service of systemd's with PrivateTmp does: the shims' sockets would be lost.
func sharesMounts() bool {
	first, err := os.Readlink("/proc/1/ns/mnt")
	if err != nil {
		return true // inside of a container, which restarts as a whole
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	return err == nil && own == first
}

func flock(file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX)
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return &os.PathError{Op: "lock", Path: file.Name(), Err: err}
		}
	}
}
