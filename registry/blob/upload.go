package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

var (
	// ErrUploadUnknown is returned for an upload that was never begun in this
	// repository, is complete, was aborted or has been swept.
	ErrUploadUnknown = errors.New("upload unknown")
	// ErrTooManyUploads is returned by Begin at the limit of MaxUploads.
	ErrTooManyUploads = errors.New("too many uploads under way")
	// ErrTooLarge is returned for content beyond MaxBlobBytes.
	ErrTooLarge = errors.New("blob too large")
	// ErrInterrupted is returned when the sender of content failed. What had
	// arrived is kept, so that the sender can ask for Size and go on.
	ErrInterrupted = errors.New("upload interrupted")
	// ErrSizeInvalid is returned when a chunk is not as long as announced.
	ErrSizeInvalid = errors.New("chunk size invalid")
)

// OffsetError is returned for a chunk that does not begin where the content
// received so far ends.
type OffsetError struct {
	Have  int64 // bytes received so far
	Begin int64 // where the chunk would begin
}

func (e *OffsetError) Error() string {
	return fmt.Sprintf("chunk begins at byte %d but %d bytes were received", e.Begin, e.Have)
}

// uploads is what the process remembers of the uploads under way. The file is
// the truth; an upload that is not here is taken up again from its file.
type uploads struct {
	mu     sync.Mutex
	files  int                // uploads on disk
	active map[string]*upload // by file name
}

// upload is one upload's state between requests. Whoever has received from
// turn owns it until turn is filled again.
type upload struct {
	path      string
	turn      chan struct{}
	size      int64     // bytes in the file that are part of the content
	algorithm Algorithm // of hash
	hash      hash.Hash // over the first size bytes; nil when it must be recomputed
	gone      bool      // complete, aborted or swept
}

func (s *Store) openUploads() error {
	entries, err := os.ReadDir(filepath.Join(s.dir, "uploads"))
	if err != nil {
		return err
	}
	s.uploads.files = len(entries)
	s.uploads.active = make(map[string]*upload)
	return nil
}

// Begin begins an upload to a repository and returns its id. The algorithm is
// the one that the final digest is expected to have ("" means sha256); with
// another the content is read once more at the end. It returns
// ErrTooManyUploads at the limit.
func (s *Store) Begin(repository string, algorithm Algorithm) (id string, err error) {
	if algorithm == "" {
		algorithm = SHA256
	}
	if !algorithm.Known() {
		return "", fmt.Errorf("begin upload: %w: algorithm %.80q", ErrDigestInvalid, algorithm)
	}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if s.uploads.files >= s.options.MaxUploads {
		return "", fmt.Errorf("begin upload: %w", ErrTooManyUploads)
	}
	id = newID()
	name := uploadName(repository, id)
	u := &upload{path: filepath.Join(s.dir, "uploads", name), turn: make(chan struct{}, 1),
		algorithm: algorithm, hash: algorithm.new()}
	f, err := os.OpenFile(u.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("begin upload: %w", err)
	}
	if err := f.Close(); err != nil {
		return "", fmt.Errorf("begin upload: %w", err)
	}
	u.turn <- struct{}{}
	s.uploads.files++
	s.uploads.active[name] = u
	return id, nil
}

// newID returns a random version 4 UUID, which is what the distribution
// specification wants in the location of an upload.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// uploadName is the upload's file name. It contains the repository, so that an
// upload's id is worth nothing in another repository.
func uploadName(repository, id string) string { return id + "." + repositoryKey(repository) }

// validID keeps ids from outside from being anything but a plain file name.
func validID(id string) bool {
	plain := strings.ReplaceAll(id, "-", "")
	_, err := hex.DecodeString(plain)
	return err == nil && len(plain) == 32 && len(id) == 36
}

// take waits for the upload's turn; the caller gives it back with release.
func (s *Store) take(ctx context.Context, repository, id string) (*upload, error) {
	if !validID(id) {
		return nil, ErrUploadUnknown
	}
	u, err := s.find(uploadName(repository, id))
	if err != nil {
		return nil, err
	}
	select {
	case <-u.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for upload: %w", context.Cause(ctx))
	}
	if u.gone {
		u.release()
		return nil, ErrUploadUnknown
	}
	return u, nil
}

func (u *upload) release() { u.turn <- struct{}{} }

// find returns the upload of a file, taking it up again when a former process
// had begun it.
func (s *Store) find(name string) (*upload, error) {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if u := s.uploads.active[name]; u != nil {
		return u, nil
	}
	path := filepath.Join(s.dir, "uploads", name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUploadUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("find upload: %w", err)
	}
	u := &upload{path: path, turn: make(chan struct{}, 1), size: info.Size(), algorithm: SHA256}
	u.turn <- struct{}{}
	s.uploads.active[name] = u
	return u, nil
}

// drop removes the upload's file and what is remembered of it; the caller has
// its turn. moved says that the file has become a blob already.
func (s *Store) drop(u *upload, moved bool) error {
	u.gone = true
	var err error
	if !moved {
		err = os.Remove(u.path)
	}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	delete(s.uploads.active, filepath.Base(u.path))
	s.uploads.files--
	if err != nil {
		return fmt.Errorf("remove upload: %w", err)
	}
	return nil
}

// Size returns how many bytes of the upload have been received, or
// ErrUploadUnknown. It waits for a chunk that is being received.
func (s *Store) Size(ctx context.Context, repository, id string) (int64, error) {
	u, err := s.take(ctx, repository, id)
	if err != nil {
		return 0, err
	}
	defer u.release()
	return u.size, nil
}

// Abort gives an upload up. It returns ErrUploadUnknown when there is none.
func (s *Store) Abort(ctx context.Context, repository, id string) error {
	u, err := s.take(ctx, repository, id)
	if err != nil {
		return err
	}
	defer u.release()
	return s.drop(u, false)
}

// rehash makes u.hash cover the first u.size bytes of f.
func (u *upload) rehash(f io.ReaderAt, algorithm Algorithm) error {
	if u.hash != nil && u.algorithm == algorithm {
		return nil
	}
	u.hash, u.algorithm = nil, algorithm
	h := algorithm.new()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, u.size)); err != nil {
		return fmt.Errorf("hash upload: %w", err)
	}
	u.hash = h
	return nil
}
