package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockName is the file that is locked while a Directory is open.
const lockName = "lock"

// Directory is a Disk over a directory of the operating system.
type Directory struct {
	path string
	lock *os.File
}

// Open takes the directory at path for this process, creating it
// (mode 0700) when it is missing. It fails when another process has it open:
// two stores must never write the same files. Close gives it back.
func Open(path string) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("create log directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of log directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: is another roadstead running on it? %w", f.Name(), err)
	}
	return &Directory{path, f}, nil
}

// Peek returns the directory at path for reading what another process may be
// writing: nothing is locked, and nothing may be changed.
func Peek(path string) *Directory { return &Directory{path: path} }

// Close gives the directory back. Files that are open stay usable.
func (d *Directory) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

// Open implements Disk.
func (d *Directory) Open(name string, create bool) (File, int64, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(filepath.Join(d.path, name), flags, 0o600)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return file{f}, st.Size(), nil
}

// Rename implements Disk.
func (d *Directory) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.path, from), filepath.Join(d.path, to))
}

// Remove implements Disk.
func (d *Directory) Remove(name string) error {
	err := os.Remove(filepath.Join(d.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// List implements Disk. Folders and the lock are left out.
func (d *Directory) List() ([]Info, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, e := range entries {
		st, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if st.Mode().IsRegular() && e.Name() != lockName {
			all = append(all, Info{e.Name(), st.Size()})
		}
	}
	return all, nil
}

// SyncDir implements Disk.
func (d *Directory) SyncDir() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

type file struct{ *os.File }

// Sync uses fdatasync: the times of the file need no journal commit.
func (f file) Sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
