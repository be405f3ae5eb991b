package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// records are the tasks that the node has accepted, one file each. A task
// whose record is gone is never started again; a task whose record is there is
// the node's until it was reported STOPPED.
type records struct{ dir string }

func openRecords(dir string) (*records, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("records of tasks: %w", err)
	}
	return &records{dir}, nil
}

func (r *records) path(arn string) string { return filepath.Join(r.dir, taskID(arn)+".json") }

// save writes the task's record durably. Of credentials only the ids are
// written, which the containers' environment names; the rest is sent again
// after a restart.
func (r *records) save(t acs.Task) error {
	t.RoleCredentials, t.ExecutionRoleCredentials = withoutSecrets(t.RoleCredentials), withoutSecrets(t.ExecutionRoleCredentials)
	if id := taskID(t.ARN); id == "" || strings.ContainsAny(id, "/.\x00") {
		return fmt.Errorf("task ARN %q has no usable id", t.ARN)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("record of task %s: %w", t.ARN, err)
	}
	if err := writeDurably(r.path(t.ARN), text, 0o600); err != nil {
		return fmt.Errorf("record of task %s: %w", t.ARN, err)
	}
	return nil
}

func withoutSecrets(c *acs.Credentials) *acs.Credentials {
	if c == nil {
		return nil
	}
	return &acs.Credentials{CredentialsID: c.CredentialsID, RoleARN: c.RoleARN}
}

func (r *records) remove(arn string) error {
	if err := os.Remove(r.path(arn)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("record of task %s: %w", arn, err)
	}
	return syncDir(r.dir)
}

// load returns all records, by file name. One that cannot be read is an
// error: to go on without it would be to lose a task.
func (r *records) load() ([]acs.Task, error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("records of tasks: %w", err)
	}
	var out []acs.Task
	for _, e := range entries {
		path := filepath.Join(r.dir, e.Name())
		if strings.HasSuffix(e.Name(), ".new") { // a save that a crash cut short; it was never acknowledged
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("records of tasks: %w", err)
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("records of tasks: %w", err)
		}
		var t acs.Task
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// writeDurably replaces the file at path with text; after it returns, the text
// survives a crash.
func writeDurably(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
