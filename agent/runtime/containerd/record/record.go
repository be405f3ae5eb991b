// Package record keeps what a shim saw of its containers in small files, because neither containerd nor the agent may
// be there when a container starts or ends, and the end of a container is told once.
//
// It decides the format only. The shim is the one writer of a record while it lives, whoever finds the shim dead writes the
// end, and whoever removes the container removes the record.
package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Annotation is the annotation of a container's OCI configuration that holds the path of its record.
const Annotation = "roadstead.record"

// Record is what was seen of one container.
type Record struct {
	PID       int       `json:"pid"`
	StartedAt time.Time `json:"startedAt"`
	Exited    bool      `json:"exited,omitempty"`
	ExitCode  int       `json:"exitCode,omitempty"`
	ExitedAt  time.Time `json:"exitedAt,omitzero"`
	OOMKilled bool      `json:"oomKilled,omitempty"`
	Lost      bool      `json:"lost,omitempty"` // the shim did not see the end; written by whoever found out
}

// drafted ends the name of a record that is being written.
const drafted = ".new"

// Write replaces the record at once or not at all. It is not flushed to disk: when the machine stops, so do its containers.
func Write(path string, record Record) error {
	content, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode container record: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	file, err := draft(path + drafted)
	if err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	if err := os.Rename(path+drafted, path); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	return nil
}

// draft opens an empty file that no other writer has until it is closed: two who find out the same end write it at the
// same time, and one must not rename what the other has just emptied.
func draft(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		mine, err := claim(file, path)
		if err == nil && mine {
			err = file.Truncate(0)
		}
		if err == nil && mine {
			return file, nil
		}
		file.Close()
		if err != nil {
			return nil, err
		}
	}
}

// claim waits for the other writers of the file and tells whether the path still leads to it: one may have renamed it.
func claim(file *os.File, path string) (bool, error) {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if err == nil {
			break
		}
		if err != syscall.EINTR {
			return false, err
		}
	}
	claimed, err := file.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(claimed, now), nil
}

// Read gives a record; an error satisfying os.ErrNotExist tells that the container never started.
func Read(path string) (Record, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Record{}, fmt.Errorf("read container record: %w", err)
	}
	var record Record
	if err := json.Unmarshal(content, &record); err != nil {
		return Record{}, fmt.Errorf("read container record: %w", err)
	}
	return record, nil
}

// Remove takes a record away, and what is left of one whose writer was killed.
func Remove(path string) error {
	for _, each := range []string{path + drafted, path} {
		if err := os.Remove(each); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("remove container record: %w", err)
		}
	}
	return nil
}
