package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Sweep removes the uploads that nobody has touched for UploadAge before now,
// and returns how many it removed. An upload that is receiving is left alone.
func (s *Store) Sweep(now time.Time) (int, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "uploads"))
	if err != nil {
		return 0, fmt.Errorf("sweep uploads: %w", err)
	}
	swept := 0
	var failed error
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // completed meanwhile
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("sweep uploads: %w", err))
			continue
		}
		if now.Sub(info.ModTime()) < s.options.UploadAge {
			continue
		}
		ok, err := s.sweep(entry.Name())
		if ok {
			swept++
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("sweep uploads: %w", err))
		}
	}
	return swept, failed
}

// sweep removes one upload if it is nobody's turn.
func (s *Store) sweep(name string) (bool, error) {
	u, err := s.find(name)
	if errors.Is(err, ErrUploadUnknown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	select {
	case <-u.turn:
	default:
		return false, nil
	}
	defer u.release()
	if u.gone {
		return false, nil
	}
	err = s.drop(u, false)
	return err == nil, err
}
