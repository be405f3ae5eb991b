// Package volume keeps the block volumes of tasks as files of the instance: the default of what Amazon EBS is on AWS.
//
// It decides where a volume is kept and what is known of it when its task is not. A volume is made when it is attached for
// the first time, stays over lives of the agent, and goes with its task if that was asked for when it was made; else it
// stays, with a record that says whose it was, until somebody removes both files. What a volume is for, and when it is
// attached and released, is the agent's to say.
package volume

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Disks makes and mounts file systems in files.
type Disks interface {
	// Create makes a disk in a file that does not exist; a file by that name has always a whole file system in it.
	Create(path, kind string, size int64) error
	// Mount mounts the disk in a file on a directory, made when absent; what is a mount point already stays as it is.
	Mount(path, kind, directory string) error
	// Remove removes the disk in a file; removing what is not there succeeds.
	Remove(path string) error
}

// Volume is one volume.
type Volume struct {
	ID         string `json:"volumeId"` // vol-...
	Name       string `json:"volumeName"`
	Task       string `json:"task"` // the id of the task that it was made for
	FileSystem string `json:"filesystemType"`
	Size       int64  `json:"size"` // bytes
	// Deleted says that it goes with its task.
	Deleted bool      `json:"deleteOnTermination"`
	MadeAt  time.Time `json:"createTime"`
	// Released says that its task is gone.
	Released bool `json:"available"`
}

// Store keeps volumes in a directory.
type Store struct {
	disks Disks
	dir   string
	now   func() time.Time

	mu sync.Mutex // held while files are made and removed
}

// New returns a store of volumes in a directory, made when something is kept.
func New(disks Disks, dir string, now func() time.Time) *Store {
	return &Store{disks: disks, dir: dir, now: now}
}

// identifier is what a volume may be called: it becomes part of a path.
var identifier = regexp.MustCompile(`^vol-[0-9a-f]{8,32}$`)

const (
	records = ".json"
	files   = ".disk"
	drafts  = ".record-" // begins the names of records that are being written
)

// Attach mounts a volume on a directory, and makes it before where it does not exist.
func (s *Store) Attach(v Volume, directory string) error {
	if !identifier.MatchString(v.ID) {
		return fmt.Errorf("volume %q has no usable id", v.ID)
	}
	if err := s.keep(&v); err != nil {
		return fmt.Errorf("volume %s: %w", v.ID, err)
	}
	if err := s.disks.Mount(s.path(v.ID, files), v.FileSystem, directory); err != nil {
		return fmt.Errorf("volume %s: %w", v.ID, err)
	}
	return nil
}

// keep makes what is not there: the record first, so that no disk is without one.
func (s *Store) keep(v *Volume) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.read(v.ID)
	switch {
	case err == nil && (known.Task != v.Task || known.Released):
		return fmt.Errorf("it is that of task %s", known.Task)
	case err == nil:
		*v = known
	case errors.Is(err, fs.ErrNotExist):
		v.MadeAt = s.now().UTC()
		err = s.write(*v)
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path(v.ID, files)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.disks.Create(s.path(v.ID, files), v.FileSystem, v.Size)
}

// Release ends what the volumes of a task are kept for: those that go with it are removed, which must not be mounted any
// more. Releasing twice changes nothing.
func (s *Store) Release(task string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.list()
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Task != task || v.Released {
			continue
		}
		if v.Deleted {
			err = s.disks.Remove(s.path(v.ID, files))
			if err == nil {
				err = os.Remove(s.path(v.ID, records))
			}
		} else {
			v.Released = true
			err = s.write(v)
		}
		if err != nil {
			return fmt.Errorf("release volume %s: %w", v.ID, err)
		}
	}
	return nil
}

// Tasks returns the ids of the tasks that have volumes, each as often as it has.
func (s *Store) Tasks() ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.list()
	var tasks []string
	for _, v := range all {
		if !v.Released {
			tasks = append(tasks, v.Task)
		}
	}
	return tasks, err
}

func (s *Store) path(id, kind string) string { return filepath.Join(s.dir, id+kind) }

// list reads all records, and removes what is left of one whose writer was killed: nobody else writes meanwhile.
func (s *Store) list() (all []Volume, err error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), drafts) {
			_ = os.Remove(filepath.Join(s.dir, e.Name())) // what cannot be removed now is tried the next time
			continue
		}
		id, isRecord := strings.CutSuffix(e.Name(), records)
		if !isRecord {
			continue
		}
		v, err := s.read(id)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", id, err)
		}
		all = append(all, v)
	}
	return all, nil
}

func (s *Store) read(id string) (v Volume, err error) {
	text, err := os.ReadFile(s.path(id, records))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
}

// write puts a record in the place of the one before, whole or not at all.
func (s *Store) write(v Volume) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.dir, drafts+"*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), s.path(v.ID, records))
	}
	return err
}
