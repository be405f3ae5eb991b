package containerd

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// trialName begins the names of trials' directories, and of their control groups.
const trialName = "roadstead-runtime-"

// trialDirectory makes the directory of a runtime's trial and holds it until the function that it gives removes it. What
// was left by nodes that were killed in the middle of a trial, whose directories nobody holds, is removed first.
func trialDirectory(parent string, tree cgroup.Tree) (directory string, leave func() error, err error) {
	left, _ := filepath.Glob(filepath.Join(parent, trialName+"*")) // fails by a wrong pattern only
	for _, each := range left {
		if held, err := holdTrial(each); err == nil {
			_ = removeTrial(each, tree) // what cannot be removed is tried at the next start
			held.Close()
		}
	}
	var held *os.File
	for held == nil {
		if directory, err = os.MkdirTemp(parent, trialName); err != nil {
			return "", nil, err
		}
		held, err = holdTrial(directory)
		if err != nil && !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, os.ErrNotExist) { // another node takes it for left
			return "", nil, errors.Join(err, os.Remove(directory))
		}
	}
	return directory, func() error {
		defer held.Close()
		return removeTrial(directory, tree)
	}, nil
}

// holdTrial locks a trial's directory, if it is one and nobody else has it.
func holdTrial(directory string) (*os.File, error) {
	file, err := os.OpenFile(directory, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	found, err := file.Stat()
	if err == nil && found.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
		err = os.ErrPermission // anybody can make one of that name
	}
	if err == nil {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func removeTrial(directory string, tree cgroup.Tree) error {
	group := path.Join("/", filepath.Base(directory))
	for range maxTrialProcesses {
		pid := tree.FirstProcess(group)
		if pid == 0 {
			break
		}
		_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
	}
	return errors.Join(tree.Remove(group), os.RemoveAll(directory))
}

// maxTrialProcesses bounds how often a process that a trial has left is killed.
const maxTrialProcesses = 1000
