package archive

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// WriteFile writes one file, under a name.
func WriteFile(w io.Writer, f *os.File, name string) error {
	t := tar.NewWriter(w)
	info, err := f.Stat()
	if err == nil {
		err = put(t, info, name, "", f)
	}
	if err == nil {
		err = t.Close()
	}
	return wrap(name, err)
}

// WriteTree writes all of a folder, under a name. What vanishes meanwhile is
// left out.
func WriteTree(w io.Writer, root *os.Root, name string) error {
	t := tar.NewWriter(w)
	err := fs.WalkDir(root.FS(), ".", func(at string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.Count(at, "/") > maxDepth {
			return wrap(at, errors.New("folders are nested too deep"))
		}
		err = putEntry(t, root, at, path.Join(name, at), entry)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err == nil {
		err = t.Close()
	}
	return wrap(name, err)
}

func putEntry(t *tar.Writer, root *os.Root, at, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case info.Mode().IsDir():
		return put(t, info, name+"/", "", nil)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(at)
		if err != nil {
			return err
		}
		return put(t, info, name, target, nil)
	case !info.Mode().IsRegular():
		return nil
	}
	// It may have been replaced by something else since it was listed, by a pipe that would be waited at.
	f, err := root.OpenFile(at, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return put(t, info, name, "", f)
}

// put writes one entry. A file that shrinks meanwhile is filled up with zeros,
// and of one that grows only the beginning is written, because its size was
// said before.
func put(t *tar.Writer, info fs.FileInfo, name, target string, f io.Reader) error {
	h, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	h.Name, h.Uname, h.Gname = name, "", ""
	if err := t.WriteHeader(h); err != nil || f == nil {
		return err
	}
	n, err := io.CopyN(t, f, h.Size)
	if errors.Is(err, io.EOF) {
		_, err = io.CopyN(t, zeros{}, h.Size-n)
	}
	return err
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
