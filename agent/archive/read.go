package archive

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// Options say how an archive becomes a tree; the zero value keeps the names and
// gives everything to whoever runs the program.
type Options struct {
	// Rename is what the first part of every name becomes; "" keeps it.
	Rename string
	// Owner and Group are who everything belongs to, if Own is set.
	Own          bool
	Owner, Group int
}

// Read makes what an archive holds inside root. A file or link that is there is
// replaced, a folder is kept and filled. Names that lead out of root, also
// through links that are inside, are refused.
func Read(r io.Reader, root *os.Root, o Options) error {
	t := tar.NewReader(r)
	var folders []*tar.Header
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wrap("archive", err)
		}
		if h.Name, err = nameOf(h.Name, o.Rename); err != nil {
			return wrap(h.Name, err)
		}
		if err := makeEntry(root, t, h); err != nil {
			return wrap(h.Name, err)
		}
		if o.Own {
			if err := root.Lchown(h.Name, o.Owner, o.Group); err != nil {
				return wrap(h.Name, err)
			}
		}
		if h.Typeflag == tar.TypeDir {
			folders = append(folders, h)
		}
	}
	// Folders last, deepest first: they were writable until all was in them, and
	// what was made in them has changed their times.
	for i := len(folders) - 1; i >= 0; i-- {
		if err := finish(root, folders[i]); err != nil {
			return wrap(folders[i].Name, err)
		}
	}
	_, err := io.Copy(io.Discard, r) // the sender is not to be cut off in its padding
	return wrap("archive", err)
}

// nameOf is the place of an entry below root.
func nameOf(name, rename string) (string, error) {
	clean := path.Clean(name)
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || strings.Count(clean, "/") > maxDepth {
		return name, errName
	}
	if rename == "" {
		return clean, nil
	}
	_, rest, _ := strings.Cut(clean, "/")
	return path.Join(rename, rest), nil
}

func makeEntry(root *os.Root, t *tar.Reader, h *tar.Header) error {
	switch h.Typeflag {
	case tar.TypeDir:
		if err := root.Mkdir(h.Name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		info, err := root.Lstat(h.Name)
		if err == nil && !info.IsDir() {
			err = errors.New("it is there and not a folder")
		}
		return err
	case tar.TypeSymlink:
		if err := makeWay(root, h.Name); err != nil {
			return err
		}
		return root.Symlink(h.Linkname, h.Name)
	case tar.TypeReg:
		if err := makeWay(root, h.Name); err != nil {
			return err
		}
		return makeFile(root, t, h)
	}
	return errors.New("it is neither a file, a folder nor a symbolic link")
}

// makeWay removes the file or link that has a name.
func makeWay(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("there is a folder of that name")
	}
	return root.Remove(name)
}

func makeFile(root *os.Root, t *tar.Reader, h *tar.Header) error {
	f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, t)
	if err == nil {
		err = f.Chmod(fs.FileMode(h.Mode).Perm())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = root.Chtimes(h.Name, time.Time{}, h.ModTime)
	}
	return err
}

func finish(root *os.Root, h *tar.Header) error {
	if h.Name == "." {
		return nil
	}
	if err := root.Chmod(h.Name, fs.FileMode(h.Mode).Perm()); err != nil {
		return err
	}
	return root.Chtimes(h.Name, time.Time{}, h.ModTime)
}
