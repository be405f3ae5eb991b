package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Wanted says which blobs each repository needs, by the repository's name. A
// repository that is not mentioned needs none.
type Wanted map[string]map[Digest]struct{}

// Collected says what Collect removed.
type Collected struct {
	Blobs    int   // blobs that nobody held or wanted
	Bytes    int64 // their content, in bytes
	Holdings int   // blobs that a repository held but did not want
}

// Collect removes holdings that are not wanted and then the blobs that nobody
// holds or wants, sparing whatever was used within the grace before now.
// Whoever wants a blob that Wanted does not mention calls Use first.
func (s *Store) Collect(ctx context.Context, now time.Time, wanted Wanted) (Collected, error) {
	var done Collected
	before := now.Add(-s.options.Grace)
	keep, err := s.collectHoldings(ctx, before, wanted, &done)
	if err != nil {
		return done, fmt.Errorf("collect holdings: %w", err)
	}
	for _, digests := range wanted {
		for d := range digests {
			keep[d] = struct{}{}
		}
	}
	if err := s.collectBlobs(ctx, before, keep, &done); err != nil {
		return done, fmt.Errorf("collect blobs: %w", err)
	}
	return done, nil
}

// collectHoldings returns the digests that are still held.
func (s *Store) collectHoldings(ctx context.Context, before time.Time, wanted Wanted, done *Collected) (map[Digest]struct{}, error) {
	byKey := make(map[string]map[Digest]struct{}, len(wanted))
	for repository, digests := range wanted {
		byKey[repositoryKey(repository)] = digests
	}
	held := make(map[Digest]struct{})
	root := filepath.Join(s.dir, "repositories")
	err := eachFile(ctx, root, func(dir, name string) error {
		d, err := Parse(strings.Replace(name, "-", ":", 1))
		if err != nil {
			return nil // not ours
		}
		if _, ok := byKey[filepath.Base(dir)][d]; !ok {
			_, removed, err := s.removeOld(d, filepath.Join(dir, name), before)
			if err != nil {
				return err
			}
			if removed {
				done.Holdings++
				return nil
			}
		}
		held[d] = struct{}{}
		return nil
	})
	return held, err
}

func (s *Store) collectBlobs(ctx context.Context, before time.Time, keep map[Digest]struct{}, done *Collected) error {
	for _, algorithm := range []Algorithm{SHA256, SHA512} {
		root := filepath.Join(s.dir, "blobs", string(algorithm))
		err := eachFile(ctx, root, func(dir, name string) error {
			d, err := Parse(string(algorithm) + ":" + name)
			if err != nil {
				return nil // not ours
			}
			if _, ok := keep[d]; ok {
				return nil
			}
			size, removed, err := s.removeOld(d, filepath.Join(dir, name), before)
			if removed {
				done.Blobs++
				done.Bytes += size
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeOld removes a file of a digest unless it was used since before. Whoever
// renews the file holds the same lock, so a use is never overlooked.
func (s *Store) removeOld(d Digest, path string, before time.Time) (size int64, removed bool, err error) {
	lock := s.shard(d)
	lock.Lock()
	defer lock.Unlock()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if info.ModTime().After(before) {
		return 0, false, nil
	}
	if err := os.Remove(path); err != nil {
		return 0, false, err
	}
	return info.Size(), true, nil
}

// eachFile calls visit for every file two levels below root, until ctx is done.
func eachFile(ctx context.Context, root string, visit func(dir, name string) error) error {
	dirs, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		path := filepath.Join(root, dir.Name())
		files, err := os.ReadDir(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := visit(path, file.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
