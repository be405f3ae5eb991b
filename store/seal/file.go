package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 256 << 10

// readPrivate reads a file that only its owner may read. It is judged on the
// open file, so that none can be slipped in between.
func readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by other users (mode %04o): run \"chmod 600 %s\" and rotate its keys", path, mode, path)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return content, err
}

// createPrivate makes a file for its owner alone, whole or not at all; it
// fails with fs.ErrExist when there is one.
func createPrivate(path string, content []byte) error { return writePrivate(path, content, os.Link) }

// replacePrivate does the same and takes the place of one that is there.
func replacePrivate(path string, content []byte) error {
	return writePrivate(path, content, os.Rename)
}

// writePrivate makes the file durable before it returns.
func writePrivate(path string, content []byte, place func(from, to string) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if gone := os.Remove(f.Name()); !errors.Is(gone, os.ErrNotExist) { // renamed
			err = errors.Join(err, gone)
		}
	}()
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := place(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
