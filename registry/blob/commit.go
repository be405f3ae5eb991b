package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Commit completes an upload: its content becomes the blob d, held by the
// repository, and is durable when Commit returns. It returns the blob's size in
// bytes. Content that has not the digest is thrown away with ErrDigestInvalid;
// after any other error the upload is still there.
func (s *Store) Commit(ctx context.Context, repository, id string, d Digest) (int64, error) {
	u, err := s.take(ctx, repository, id)
	if err != nil {
		return 0, err
	}
	defer u.release()
	f, err := os.OpenFile(u.path, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("commit upload: %w", err)
	}
	defer f.Close()
	if err := u.trim(f); err != nil {
		return 0, fmt.Errorf("commit upload: %w", err)
	}
	if err := u.rehash(f, d.Algorithm()); err != nil {
		return 0, fmt.Errorf("commit upload: %w", err)
	}
	if got := sum(u.algorithm, u.hash); got != d {
		err := fmt.Errorf("commit upload: %w: content is %s, not %s", ErrDigestInvalid, got, d)
		return 0, errors.Join(err, s.drop(u, false))
	}
	moved, err := s.publish(u, f, repository, d)
	if err == nil || moved {
		err = errors.Join(err, s.drop(u, moved))
	}
	if err != nil {
		return 0, fmt.Errorf("commit upload: %w", err)
	}
	return u.size, nil
}

// trim cuts off what a failed append could not take back.
func (u *upload) trim(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == u.size {
		return err
	}
	if info.Size() < u.size {
		return fmt.Errorf("upload has lost content: %d of %d bytes", info.Size(), u.size)
	}
	return f.Truncate(u.size)
}

// publish gives the verified content its name, unless the store has it, and
// makes the repository hold it. moved says that the upload's file was renamed.
func (s *Store) publish(u *upload, f *os.File, repository string, d Digest) (moved bool, err error) {
	if size, err := s.Stat(d); err != nil || size != u.size {
		// Before the lock: the disk takes its time.
		if err := f.Sync(); err != nil {
			return false, err
		}
	}
	lock := s.shard(d)
	lock.Lock()
	defer lock.Unlock()
	path := s.blobPath(d)
	size, err := s.Stat(d)
	switch {
	case err == nil && size == u.size:
		if err := renew(path); err != nil {
			return false, err
		}
	case err == nil || errors.Is(err, ErrUnknown):
		if err := s.makeDir(filepath.Dir(path)); err != nil {
			return false, err
		}
		if err := f.Sync(); err != nil {
			return false, err
		}
		if err := os.Rename(u.path, path); err != nil {
			return false, err
		}
		moved = true
		// The content may be older than the grace of Collect.
		if err := renew(path); err != nil {
			return moved, err
		}
		if err := syncDir(filepath.Dir(path)); err != nil {
			return moved, err
		}
	default:
		return false, err
	}
	return moved, s.hold(repository, d)
}

// Put stores content that is in memory as a blob held by the repository; it is
// durable when Put returns. The content must have the digest d.
func (s *Store) Put(ctx context.Context, repository string, content []byte, d Digest) error {
	id, err := s.Begin(repository, d.Algorithm())
	if err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	chunk := Chunk{Begin: 0, Bytes: int64(len(content)), Whole: true}
	if _, err = s.Append(ctx, repository, id, chunk, bytes.NewReader(content)); err == nil {
		_, err = s.Commit(ctx, repository, id, d)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("put blob: %w", err), s.discard(repository, id))
	}
	return nil
}

// Receive stores a whole blob in one go, with the errors of Append and Commit.
// Nothing is left of it when it fails. bytes is its length, or -1.
func (s *Store) Receive(ctx context.Context, repository string, d Digest, bytes int64, content io.Reader) (int64, error) {
	id, err := s.Begin(repository, d.Algorithm())
	if err != nil {
		return 0, fmt.Errorf("receive blob: %w", err)
	}
	if _, err = s.Append(ctx, repository, id, Chunk{Begin: 0, Bytes: bytes, Whole: true}, content); err == nil {
		var size int64
		if size, err = s.Commit(ctx, repository, id, d); err == nil {
			return size, nil
		}
	}
	return 0, errors.Join(fmt.Errorf("receive blob: %w", err), s.discard(repository, id))
}

// discard aborts an upload that failed, whatever became of its request.
func (s *Store) discard(repository, id string) error {
	err := s.Abort(context.Background(), repository, id)
	if errors.Is(err, ErrUploadUnknown) {
		return nil
	}
	return err
}
