package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Limits and ages that apply when an Options field is zero.
const (
	// DefaultMaxBlobBytes is ECR's quota for one layer (52,000 MiB).
	DefaultMaxBlobBytes = int64(52_000) << 20
	// DefaultMaxUploads bounds the uploads that are under way at one time.
	DefaultMaxUploads = 1000
	// DefaultUploadAge is how long an upload may lie untouched.
	DefaultUploadAge = 24 * time.Hour
	// DefaultGrace is how long a blob that nothing references is kept.
	DefaultGrace = time.Hour
	// MinGrace is the least grace: a manifest must be stored well within it
	// after its blobs were last seen to exist.
	MinGrace = 5 * time.Minute
	// sweepEvery is how often Run looks for abandoned uploads.
	sweepEvery = time.Hour
	// touchAfter is how old a modification time may be before a use renews it.
	touchAfter = time.Minute
	// lockShards is the number of locks that digests are spread over.
	lockShards = 64
	// copyBytes is the size of the pieces in which content is received.
	copyBytes = 512 << 10
)

var (
	// ErrUnknown is returned for content that the store, or the repository,
	// does not hold.
	ErrUnknown = errors.New("blob unknown")
	// ErrInUse is returned by Open when another Store has the directory.
	ErrInUse = errors.New("blob directory is in use by another process")
)

// Options are a Store's settings; the zero value is usable.
type Options struct {
	MaxBlobBytes int64         // largest blob in bytes; 0: DefaultMaxBlobBytes
	MaxUploads   int           // uploads under way; 0: DefaultMaxUploads
	UploadAge    time.Duration // age at which Sweep takes an upload; 0: DefaultUploadAge
	Grace        time.Duration // age at which Collect takes an unwanted blob; 0: DefaultGrace
}

func (o Options) withDefaults() (Options, error) {
	if o.MaxBlobBytes == 0 {
		o.MaxBlobBytes = DefaultMaxBlobBytes
	}
	if o.MaxUploads == 0 {
		o.MaxUploads = DefaultMaxUploads
	}
	if o.UploadAge == 0 {
		o.UploadAge = DefaultUploadAge
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Grace < MinGrace {
		return o, fmt.Errorf("blob grace %v is below %v", o.Grace, MinGrace)
	}
	return o, nil
}

// Store is the blob store of one directory. Its methods may be called from
// many goroutines.
type Store struct {
	dir     string
	options Options
	lock    *os.File
	shards  [lockShards]sync.Mutex // guard a digest between stat and change
	making  sync.Mutex             // one directory is made at a time
	buffers sync.Pool              // *[]byte of copyBytes
	uploads uploads
}

// Open opens the store in dir, which is created if need be. Uploads that a
// former process left can be gone on with. It returns ErrInUse when the
// directory is open already.
func Open(dir string, options Options) (*Store, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, options: options}
	s.buffers.New = func() any { b := newBuffer(); return &b }
	for _, sub := range []string{"blobs", "repositories", "uploads"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open blob store: %w", err)
		}
	}
	if s.lock, err = lockDir(dir); err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	if err := s.openUploads(); err != nil {
		s.lock.Close()
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	return s, nil
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return f, nil
}

// Close gives the directory up. No other method may be running or be called
// afterwards.
func (s *Store) Close() error { return s.lock.Close() }

// Run sweeps abandoned uploads, at once and then from time to time, until ctx
// is done or a sweep fails.
func (s *Store) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for now := time.Now(); ; {
		if _, err := s.Sweep(now); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case now = <-ticker.C:
		}
	}
}

// IsFull reports whether err says that the disk, or our share of it, is full.
func IsFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

func (s *Store) blobPath(d Digest) string {
	encoded := d.Hex()
	return filepath.Join(s.dir, "blobs", string(d.Algorithm()), encoded[:2], encoded)
}

// repositoryKey is the name of a repository in file names.
func repositoryKey(repository string) string {
	h := sha256.Sum256([]byte(repository))
	return hex.EncodeToString(h[:16])
}

// shard returns the lock of a digest. Holding it, a stat and the change that
// follows from it are one step to every other user of the digest.
func (s *Store) shard(d Digest) *sync.Mutex {
	encoded := d.Hex()
	var n byte
	for _, c := range []byte(encoded[:2]) {
		n = n<<4 | (c & 0xf) + (c>>6)*9
	}
	return &s.shards[n%lockShards]
}

// Stat returns the size of a blob in bytes, or ErrUnknown.
func (s *Store) Stat(d Digest) (int64, error) {
	info, err := os.Stat(s.blobPath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%w: %s", ErrUnknown, d)
	}
	if err != nil {
		return 0, fmt.Errorf("stat blob: %w", err)
	}
	return info.Size(), nil
}

// Open opens a blob for reading and returns its size in bytes, or ErrUnknown.
// The caller closes the file. A blob that is collected meanwhile can still be
// read to its end.
func (s *Store) Open(d Digest) (*os.File, int64, error) {
	f, err := os.Open(s.blobPath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("%w: %s", ErrUnknown, d)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open blob: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("stat blob: %w", err)
	}
	if info.Size() > copyBytes {
		// A layer is read from end to end, and the first time from the disk.
		// Only speed depends on it.
		unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_SEQUENTIAL)
	}
	return f, info.Size(), nil
}
