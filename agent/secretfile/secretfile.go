// Package secretfile keeps the files that containers are given their secrets
// in: in memory alone, in a file system of their own, which nobody but root and
// the container's user can read.
//
// It decides where they are and how they are replaced: each at once as a whole,
// with the owner that it has. It may not decide what is in them, and knows
// neither tasks nor secrets.
package secretfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Size is how many bytes all files of an instance may have together.
const Size = 64 << 20

// Store keeps the files below one folder. It is safe for concurrent use.
type Store struct {
	dir string
	mu  sync.Mutex
}

// New returns the store in a folder, in which a file system is mounted when the
// first file is written, and left for later lives of the process.
func New(dir string) *Store { return &Store{dir: dir} }

// Write gives a container its files, by name, and returns their folder, which
// only root may enter until it is given to somebody.
func (s *Store) Write(container string, files map[string]string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mount(); err != nil {
		return "", err
	}
	dir, err := s.of(container)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o500); err != nil {
		return "", fmt.Errorf("secret files: %w", err)
	}
	_, err = replace(dir, files)
	return dir, err
}

// Rewrite replaces those of a container's files that have changed, and reports
// whether any has. A container without files is left without.
func (s *Store) Rewrite(container string, files map[string]string) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := s.of(container)
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, fmt.Errorf("secret files: %w", err)
	}
	return replace(dir, files)
}

// Remove removes a container's files.
func (s *Store) Remove(container string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := s.of(container)
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err != nil {
		return fmt.Errorf("remove secret files: %w", err)
	}
	return nil
}

// Destroy removes everything.
func (s *Store) Destroy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mounted, err := s.mounted(); err != nil || !mounted {
		return err
	}
	if err := unix.Unmount(s.dir, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount secret files: %w", err)
	}
	return nil
}

// of is a container's folder.
func (s *Store) of(container string) (string, error) {
	if !plain(container) {
		return "", fmt.Errorf("%q is no name of a container", container)
	}
	return filepath.Join(s.dir, container), nil
}

func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// mounted reports whether the folder is in memory.
func (s *Store) mounted() (bool, error) {
	var at unix.Statfs_t
	switch err := unix.Statfs(s.dir, &at); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("secret files in %s: %w", s.dir, err)
	}
	return at.Type == unix.TMPFS_MAGIC, nil
}

func (s *Store) mount() error {
	if mounted, err := s.mounted(); err != nil || mounted {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("secret files: %w", err)
	}
	// Not to be swapped out where the kernel can be told so.
	options := fmt.Sprintf("size=%d,mode=0700", Size)
	err := unix.Mount("roadstead-secrets", s.dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options+",noswap")
	if errors.Is(err, syscall.EINVAL) {
		err = unix.Mount("roadstead-secrets", s.dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options)
	}
	if err != nil {
		return fmt.Errorf("mount a file system in memory for secret files: %w", err)
	}
	return nil
}

// replace writes the files that are not what they should be, each at once.
func replace(dir string, files map[string]string) (changed bool, err error) {
	var failed error
	for name, text := range files {
		if !plain(name) {
			return changed, fmt.Errorf("%q is no name of a file", name)
		}
		path := filepath.Join(dir, name)
		if have, err := os.ReadFile(path); err == nil && string(have) == text {
			continue
		}
		if err := write(path, text); err != nil {
			failed = errors.Join(failed, fmt.Errorf("secret file %s: %w", name, err))
			continue
		}
		changed = true
	}
	return changed, failed
}

// write replaces a file. The new one has the owner of the folder.
func write(path, text string) error {
	dir := filepath.Dir(path)
	var owner unix.Stat_t
	if err := unix.Stat(dir, &owner); err != nil {
		return err
	}
	next := filepath.Join(dir, ".."+filepath.Base(path)+".next") // no name that a secret's file can have is in its way
	if err := os.WriteFile(next, []byte(text), 0o400); err != nil {
		return err
	}
	err := os.Chown(next, int(owner.Uid), int(owner.Gid))
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}
