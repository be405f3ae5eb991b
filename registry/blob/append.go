package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Chunk says what is known about content before it arrives.
type Chunk struct {
	Begin int64 // offset of the first byte; -1: wherever the upload ends
	Bytes int64 // length; -1: until the reader ends
	Whole bool  // a part of the chunk is worth nothing: keep all of it or none
}

// Append receives a chunk of an upload and returns the upload's new size in
// bytes. The errors are *OffsetError, ErrSizeInvalid, ErrTooLarge,
// ErrUploadUnknown, ErrInterrupted, and those of the disk (see IsFull); only
// after ErrInterrupted, and unless the chunk is Whole, has a part of the chunk
// been kept.
func (s *Store) Append(ctx context.Context, repository, id string, chunk Chunk, content io.Reader) (int64, error) {
	u, err := s.take(ctx, repository, id)
	if err != nil {
		return 0, err
	}
	defer u.release()
	if chunk.Begin >= 0 && chunk.Begin != u.size {
		return u.size, &OffsetError{Have: u.size, Begin: chunk.Begin}
	}
	if chunk.Bytes > s.options.MaxBlobBytes-u.size {
		return u.size, fmt.Errorf("append to upload: %w", ErrTooLarge)
	}
	f, err := os.OpenFile(u.path, os.O_RDWR, 0)
	if err != nil {
		return u.size, fmt.Errorf("append to upload: %w", err)
	}
	err = s.receive(u, f, chunk, content)
	if closed := f.Close(); err == nil && closed != nil {
		u.hash = nil
		err = closed
	}
	if err != nil {
		return u.size, fmt.Errorf("append to upload: %w", err)
	}
	return u.size, nil
}

// receive is Append with the file open. On every path the file ends where
// u.size says and u.hash covers that, or is nil.
func (s *Store) receive(u *upload, f *os.File, chunk Chunk, content io.Reader) error {
	if err := u.rehash(f, u.algorithm); err != nil {
		return err
	}
	before := u.size
	limit := s.options.MaxBlobBytes - before
	if chunk.Bytes >= 0 {
		limit = chunk.Bytes
	}
	n, err := s.pour(u, f, limit, content)
	switch {
	case errors.Is(err, ErrInterrupted) && !chunk.Whole:
		u.size = before + n
		return err
	case errors.Is(err, errBeyond) && chunk.Bytes < 0:
		err = ErrTooLarge
	case errors.Is(err, errBeyond), err == nil && chunk.Bytes >= 0 && n != chunk.Bytes:
		err = ErrSizeInvalid
	case err == nil:
		u.size = before + n
		return nil
	}
	u.hash = nil
	if cut := f.Truncate(before); cut != nil {
		return errors.Join(err, cut)
	}
	return err
}

// errBeyond says that there is more content than the limit allows.
var errBeyond = errors.New("content beyond its limit")

// pour moves content to the end of the file and into the hash, and returns how
// many bytes of it both have.
func (s *Store) pour(u *upload, f *os.File, limit int64, content io.Reader) (n int64, err error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	to := sink{file: f}
	defer func() { err = errors.Join(err, to.close()) }()
	for {
		got, err := fill(content, *buffer)
		if n+int64(got) > limit {
			return n, errBeyond
		}
		if got > 0 {
			if err := to.writeAt((*buffer)[:got], u.size+n); err != nil {
				return n, err
			}
			u.hash.Write((*buffer)[:got])
			n += int64(got)
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("%w: %w", ErrInterrupted, err)
		}
	}
}

// fill reads until the buffer is full or the reader ends or fails. A socket
// gives little at a time; the file is better written in large pieces.
func fill(r io.Reader, buffer []byte) (int, error) {
	n := 0
	for n < len(buffer) {
		got, err := r.Read(buffer[n:])
		n += got
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
