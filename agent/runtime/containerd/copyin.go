package containerd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// copying copies a tree into a folder in which others, who are not to be trusted, may do what they like meanwhile: no link
// of theirs leads out of it. What is there already stays.
type copying struct {
	from string
	to   *os.Root
	// links are files of several names, by their number, as they are known in the folder.
	links map[uint64]string
}

// unfinished is the name that a file has in the folder until all of it is there.
const unfinished = ".roadstead-unfinished"

// copyIn copies all that a folder has into another, with owners, modes, times and extended attributes.
func copyIn(from, folder string) error {
	to, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer to.Close()
	c := &copying{from: from, to: to, links: make(map[uint64]string)}
	err = c.folder(".")
	return errors.Join(err, c.to.RemoveAll(unfinished))
}

// folder copies what a folder has.
func (c *copying) folder(name string) error {
	entries, err := os.ReadDir(filepath.Join(c.from, name))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := c.entry(filepath.Join(name, e.Name())); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return nil
}

func (c *copying) entry(name string) error {
	source := filepath.Join(c.from, name)
	info, err := os.Lstat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return c.makeFolder(name, source, info)
	}
	if _, err := c.to.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := c.to.RemoveAll(unfinished); err != nil {
		return err
	}
	known := info.Sys().(*syscall.Stat_t)
	first, again := c.links[known.Ino]
	switch {
	case again:
		err = c.to.Link(first, unfinished)
	case info.Mode()&fs.ModeSymlink != 0:
		err = c.makeLink(source, known)
	case info.Mode().IsRegular():
		err = c.makeFile(source, info)
	default:
		err = c.makeNode(known, info)
	}
	if err == nil {
		err = c.to.Rename(unfinished, name)
	}
	if err == nil && known.Nlink > 1 && !again {
		c.links[known.Ino] = name
	}
	return err
}

// makeFolder makes a folder, unless there is one, and fills it.
func (c *copying) makeFolder(name, source string, info fs.FileInfo) error {
	_, err := c.to.Lstat(name)
	made := errors.Is(err, fs.ErrNotExist)
	if made {
		if err = c.to.RemoveAll(unfinished); err == nil {
			err = c.beginFolder(name, source, info)
		}
	}
	if err == nil {
		err = c.folder(name)
	}
	if err == nil && made {
		err = c.to.Chtimes(name, time.Time{}, info.ModTime())
	}
	return err
}

// beginFolder makes a folder with nothing in it.
func (c *copying) beginFolder(name, source string, info fs.FileInfo) error {
	if err := c.to.Mkdir(unfinished, 0o700); err != nil {
		return err
	}
	made, err := c.to.OpenFile(unfinished, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer made.Close()
	if err := c.dress(made, source, info); err != nil {
		return err
	}
	return c.to.Rename(unfinished, name)
}

func (c *copying) makeLink(source string, info *syscall.Stat_t) error {
	target, err := os.Readlink(source)
	if err == nil {
		err = c.to.Symlink(target, unfinished)
	}
	if err != nil {
		return err
	}
	return c.to.Lchown(unfinished, int(info.Uid), int(info.Gid))
}

func (c *copying) makeFile(source string, info fs.FileInfo) error {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := c.to.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(to, from); err == nil {
		err = c.dress(to, source, info)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	return c.to.Chtimes(unfinished, time.Time{}, info.ModTime())
}

// makeNode makes a device, a pipe or a socket.
func (c *copying) makeNode(known *syscall.Stat_t, info fs.FileInfo) error {
	folder, err := c.to.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := unix.Mknodat(int(folder.Fd()), unfinished, known.Mode&unix.S_IFMT|0o600, int(known.Rdev)); err != nil {
		return &os.PathError{Op: "mknod", Path: unfinished, Err: err}
	}
	if err := c.to.Lchown(unfinished, int(known.Uid), int(known.Gid)); err != nil {
		return err
	}
	return c.to.Chmod(unfinished, info.Mode().Perm())
}

// dress gives what was made the owner, the mode and the attributes of what it is a copy of, in the order in which one does
// not undo the other. It was opened before: its name could stand for somebody else's file by now.
func (c *copying) dress(made *os.File, source string, info fs.FileInfo) error {
	owner := info.Sys().(*syscall.Stat_t)
	if err := made.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return err
	}
	if err := made.Chmod(info.Mode()); err != nil {
		return err
	}
	return copyAttributes(source, made)
}

// copyAttributes copies extended attributes, as far as the file system that the copy is in has such.
func copyAttributes(source string, to *os.File) error {
	names := make([]byte, 64<<10) // the kernel's limit
	n, err := unix.Llistxattr(source, names)
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "listxattr", Path: source, Err: err}
	}
	value := make([]byte, 64<<10)
	for name := range strings.SplitSeq(string(names[:n]), "\x00") {
		if name == "" {
			continue
		}
		size, err := unix.Lgetxattr(source, name, value)
		if err == nil {
			err = unix.Fsetxattr(int(to.Fd()), name, value[:size], 0)
		}
		if err != nil && !errors.Is(err, unix.ENOTSUP) {
			return &os.PathError{Op: "setxattr " + name, Path: source, Err: err}
		}
	}
	return nil
}
