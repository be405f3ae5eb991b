package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 64 << 10

// makeDirectory makes dir for the owner alone. A directory that others can
// write to is refused: they could put a key of their own in it.
func makeDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory for keys: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("make directory for keys: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("directory %s can be written by other users (mode %04o), who could replace the keys in it: run \"chmod go-w %s\" and start again",
			dir, info.Mode().Perm(), dir)
	}
	return nil
}

// readPrivate reads a file of secrets. It refuses one that others can read,
// judged on the open file so that none can be slipped in between.
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
		return nil, fmt.Errorf("%s is not a regular file: move it away and start again", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by other users (mode %04o), so its secrets may be known to them: run \"chmod 600 %s\", or remove the file to have new secrets made",
			path, info.Mode().Perm(), path)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes: it is not a file of keys", path, maxFile)
	}
	return content, nil
}

// readOrCreate returns the content of a private file, and makes it first when
// there is none. When two do so at once, both return the winner's.
func readOrCreate(path string, content func() ([]byte, error)) ([]byte, error) {
	found, err := readPrivate(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	fresh, err := content()
	if err != nil {
		return nil, err
	}
	if err := createPrivate(path, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readPrivate(path)
}

// createPrivate makes the file whole or not at all, and durable before it
// returns. It never replaces a file: the link fails if there is one.
func createPrivate(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
