package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A repository holds a blob when the blob was uploaded or mounted to it, or
// pushed as its manifest. Content is served only through a repository that
// holds it, so that permission for one repository gives nothing of another.

// holdAttempts is how often a holding is written that Forget takes away.
const holdAttempts = 5

func (s *Store) holdDir(repository string) string {
	return filepath.Join(s.dir, "repositories", repositoryKey(repository))
}

func (s *Store) holdPath(repository string, d Digest) string {
	return filepath.Join(s.holdDir(repository), string(d.Algorithm())+"-"+d.Hex())
}

// Held returns the size of a blob that the repository holds, or ErrUnknown.
func (s *Store) Held(repository string, d Digest) (int64, error) {
	_, err := os.Stat(s.holdPath(repository, d))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%w in repository %s: %s", ErrUnknown, repository, d)
	}
	if err != nil {
		return 0, fmt.Errorf("stat holding: %w", err)
	}
	return s.Stat(d)
}

// Use is Held for a caller that is about to rely on the blob: Collect will not
// take it for the next MinGrace-touchAfter at least, which is the time that
// the caller has to make something reference it.
func (s *Store) Use(repository string, d Digest) (int64, error) {
	lock := s.shard(d)
	lock.Lock()
	defer lock.Unlock()
	if err := renew(s.holdPath(repository, d)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("%w in repository %s: %s", ErrUnknown, repository, d)
		}
		return 0, fmt.Errorf("use holding: %w", err)
	}
	if err := renew(s.blobPath(d)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("%w: %s", ErrUnknown, d)
		}
		return 0, fmt.Errorf("use blob: %w", err)
	}
	return s.Stat(d)
}

// Hold makes the repository hold a blob that the store has; it is durable when
// Hold returns. It returns ErrUnknown when the store has no such blob.
func (s *Store) Hold(repository string, d Digest) error {
	lock := s.shard(d)
	lock.Lock()
	defer lock.Unlock()
	if err := renew(s.blobPath(d)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s", ErrUnknown, d)
		}
		return fmt.Errorf("hold blob: %w", err)
	}
	return s.hold(repository, d)
}

// hold writes the holding; the digest's lock is held and the blob exists.
func (s *Store) hold(repository string, d Digest) error {
	path := s.holdPath(repository, d)
	err := renew(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("hold blob: %w", err)
	}
	for range holdAttempts {
		if err = s.writeHolding(path); !errors.Is(err, fs.ErrNotExist) {
			break // or else Forget took the directory meanwhile
		}
	}
	if err != nil {
		return fmt.Errorf("hold blob: %w", err)
	}
	return nil
}

func (s *Store) writeHolding(path string) error {
	if err := s.makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Release ends the repository's holding of a blob; Collect takes the blob
// itself when nobody else wants it. It returns ErrUnknown when there is none.
func (s *Store) Release(repository string, d Digest) error {
	lock := s.shard(d)
	lock.Lock()
	defer lock.Unlock()
	err := os.Remove(s.holdPath(repository, d))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in repository %s: %s", ErrUnknown, repository, d)
	}
	if err != nil {
		return fmt.Errorf("release blob: %w", err)
	}
	return syncDir(s.holdDir(repository))
}

// Forget ends all holdings of a repository. Whoever deletes a repository calls
// it, so that a later repository of that name does not begin with its blobs.
func (s *Store) Forget(repository string) error {
	// Moved first: whoever holds a blob at this moment could fill the directory
	// again. What a crash leaves of it belongs to no repository, and Collect
	// takes it.
	gone := s.holdDir(repository) + ".forgotten-" + newID()
	err := os.Rename(s.holdDir(repository), gone)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.RemoveAll(gone)
	}
	if err != nil {
		return fmt.Errorf("forget repository: %w", err)
	}
	return syncDir(filepath.Join(s.dir, "repositories"))
}

// renew sets the modification time of a file to now, unless it is recent.
func renew(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	now := time.Now()
	if age := now.Sub(info.ModTime()); age >= 0 && age < touchAfter {
		return nil
	}
	return os.Chtimes(path, now, now)
}

// makeDir makes a directory and its parents durably. One at a time: a
// directory that another call made counts only once that call has synced it.
func (s *Store) makeDir(dir string) error {
	s.making.Lock()
	defer s.making.Unlock()
	return makeDir(dir)
}

func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return syncDir(filepath.Dir(dir))
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDir(filepath.Dir(dir)); err != nil {
			return err
		}
		return makeDir(dir)
	}
	return err
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}
