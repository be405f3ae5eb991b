// Package cgroup makes, limits, reads and removes the control groups of tasks and their containers, on cgroup v1
// (also hybrid) and v2, through the kernel's files alone.
//
// It decides which file holds what. It may not decide how much anybody gets, and it never touches a group above the
// one it was given: the OCI runtime makes the containers' groups, this package the task's group above them, which
// nobody else would remove.
package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Mount is where Linux systems keep the control groups.
const Mount = "/sys/fs/cgroup"

// Period is the length over which processor quotas count.
const Period = 100 * time.Millisecond

// ErrBusy tells that a group still has groups or processes in it.
var ErrBusy = errors.New("control group is in use")

// Limits is what a group may use together with all groups below it. Zero fields limit nothing.
type Limits struct {
	CPUQuota  time.Duration // processor time per Period
	CPUWeight int64         // in shares: 1024 is one processor's worth, 2 the least
	Memory    int64         // bytes
	Pids      int64
}

// Tree is the machine's control groups.
type Tree struct {
	root    string
	unified bool
}

// Open looks at root (Mount when empty) and tells v1 and v2 apart. In a hybrid layout the controllers are v1's.
func Open(root string) (Tree, error) {
	if root == "" {
		root = Mount
	}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return Tree{root: root, unified: true}, nil
	}
	if _, err := os.Stat(filepath.Join(root, "memory")); err != nil {
		return Tree{}, fmt.Errorf("find control groups: neither v2 nor v1's memory controller in %s", root)
	}
	return Tree{root: root}, nil
}

// Unified tells cgroup v2.
func (t Tree) Unified() bool { return t.unified }

// file gives the path of a control file of the group; controller matters to v1 only.
func (t Tree) file(controller, group, name string) string {
	if t.unified {
		return filepath.Join(t.root, group, name)
	}
	return filepath.Join(t.root, controller, group, name)
}

// hierarchies lists the directories under which a group may have been made.
func (t Tree) hierarchies() ([]string, error) {
	if t.unified {
		return []string{t.root}, nil
	}
	entries, err := os.ReadDir(t.root)
	if err != nil {
		return nil, fmt.Errorf("list control group hierarchies: %w", err)
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() { // links such as cpu -> cpu,cpuacct are not directories
			found = append(found, filepath.Join(t.root, entry.Name()))
		}
	}
	return found, nil
}

// Ensure makes the group, with the groups above it, and sets its limits. Doing it again sets the limits again.
func (t Tree) Ensure(group string, limits Limits) error {
	if err := validate(group); err != nil {
		return err
	}
	if t.unified {
		return t.ensureUnified(group, limits)
	}
	return t.ensureLegacy(group, limits)
}

// Remove removes the group if nothing is in it, and the empty groups below it; what does not exist is no error. ErrBusy when something is.
func (t Tree) Remove(group string) error {
	if err := validate(group); err != nil {
		return err
	}
	hierarchies, err := t.hierarchies()
	if err != nil {
		return err
	}
	var busy error
	for _, hierarchy := range hierarchies {
		if err := removeTree(filepath.Join(hierarchy, group)); err != nil && busy == nil {
			busy = err
		}
	}
	return busy
}

// removeTree removes a group's directory after those inside it. Control files vanish with their directory.
func removeTree(directory string) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove control group %s: %w", directory, err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(directory, entry.Name())); err != nil {
				return err
			}
		}
	}
	err = unix.Rmdir(directory)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	if errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENOTEMPTY) {
		return fmt.Errorf("remove control group %s: %w", directory, ErrBusy)
	}
	return fmt.Errorf("remove control group %s: %w", directory, err)
}

// Populated tells whether the group exists and holds processes or groups.
func (t Tree) Populated(group string) bool {
	directory := filepath.Join(t.root, group)
	if !t.unified {
		directory = filepath.Join(t.root, "memory", group)
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if entry.IsDir() {
			return true
		}
	}
	processes, err := os.ReadFile(filepath.Join(directory, "cgroup.procs"))
	return err == nil && len(processes) > 0
}

// FirstProcess returns the id of a process in the group, the one that has been
// there longest as a rule; 0 when there is none.
func (t Tree) FirstProcess(group string) int {
	processes, err := os.ReadFile(t.file("memory", group, "cgroup.procs"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(processes), "\n")
	pid, _ := strconv.Atoi(line) // 0 for an empty file
	return pid
}

func validate(group string) error {
	clean := filepath.Clean("/" + group)
	if clean == "/" || strings.Contains(group, "..") {
		return fmt.Errorf("control group %q: not a group below the root", group)
	}
	return nil
}
