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

// taskID returns the last part of a task's ARN.
func taskID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

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

// The ends of record files' names.
const (
	recordSuffix     = ".json"
	unfinishedSuffix = ".new"        // a save that a crash cut short; it was never acknowledged
	unreadableSuffix = ".unreadable" // set aside, for people to look at
)

// load returns all records, by file name, and the task ids of those that
// cannot be read. One broken file must not keep a whole node from its tasks:
// it is set aside, and what is left of its task is for the caller to stop.
func (r *records) load() (tasks []acs.Task, unreadable []string, err error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("records of tasks: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(r.dir, e.Name())
		if strings.HasSuffix(e.Name(), unfinishedSuffix) {
			if err := os.RemoveAll(path); err != nil {
				return nil, nil, fmt.Errorf("records of tasks: %w", err)
			}
		}
		id, ok := strings.CutSuffix(e.Name(), recordSuffix)
		if !ok {
			continue
		}
		t, err := readRecord(path, id)
		if err != nil {
			unreadable = append(unreadable, id)
			if err := os.Rename(path, path+unreadableSuffix); err != nil {
				return nil, nil, fmt.Errorf("set the unreadable record of task %s aside: %w", id, err)
			}
			continue
		}
		tasks = append(tasks, t)
	}
	return tasks, unreadable, nil
}

func readRecord(path, id string) (t acs.Task, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err == nil && taskID(t.ARN) != id {
		err = fmt.Errorf("it is about task %q", t.ARN)
	}
	return t, err
}

// writeDurably replaces the file at path with text; after it returns, the text
// survives a crash.
func writeDurably(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+unfinishedSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
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
		err = os.Rename(path+unfinishedSuffix, path)
	}
	if err == nil {
		return syncDir(filepath.Dir(path))
	}
	_ = os.Remove(path + unfinishedSuffix) // what a full disk has no room for is not kept half
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
