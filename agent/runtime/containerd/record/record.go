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

// Write replaces the record at once or not at all. It is not flushed to disk: when the machine stops, so do its containers.
func Write(path string, record Record) error {
	content, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode container record: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write container record: %w", err)
	}
	return nil
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
