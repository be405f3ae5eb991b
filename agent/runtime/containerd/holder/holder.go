// Package holder keeps the namespaces that the containers of one task share (pidMode and ipcMode "task") alive: a
// process namespace lives as long as its first process, and none of the containers may be that, because each of them may
// end before the others.
//
// It decides how that process is made, found again by a later life of the agent, and ended. When a task wants it is its
// caller's to say. The process sees no file of the machine, has no privileges, network or open file, and only buries its
// dead: containers see it as their process 1.
package holder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Argument is the program's second argument when it is to be a holder.
const Argument = "roadstead-hold-namespaces"

// Holder is the shared namespaces of one task, kept in a directory of their own.
type Holder struct {
	// Dir is made by Ensure and removed by End.
	Dir string
	// Program is executed with Argument; it must call Main.
	Program string
}

// PID is the path of the process namespace.
func (h Holder) PID() string { return filepath.Join(h.Dir, "pid") }

// IPC is the path of the IPC namespace.
func (h Holder) IPC() string { return filepath.Join(h.Dir, "ipc") }

// SharedMemory is the directory that is every container's /dev/shm.
func (h Holder) SharedMemory() string { return filepath.Join(h.Dir, "shm") }

func (h Holder) record() string { return filepath.Join(h.Dir, "holder") }

// Ensure makes the namespaces unless they are there, and shared memory of at least so many bytes. It is not for several
// at once.
func (h Holder) Ensure(sharedMemory int64) error {
	if _, alive := h.process(); !alive {
		if err := h.End(); err != nil {
			return err
		}
		if err := h.begin(); err != nil {
			return errors.Join(fmt.Errorf("make shared namespaces: %w", err), h.End())
		}
	}
	return h.ensureMemory(sharedMemory)
}

// begin starts the process. It goes on only once it can be found again: if the agent ends before, so does the process.
func (h Holder) begin() error {
	if err := os.MkdirAll(h.Dir, 0o711); err != nil {
		return err
	}
	c := exec.Command(h.Program, Argument)
	c.Args[0] = "pause"
	c.Env, c.Dir = []string{}, "/"
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true,
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS}
	goOn, err := c.StdinPipe()
	if err != nil {
		return err
	}
	ready, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	err = h.pin(c.Process.Pid)
	if err == nil {
		_, err = goOn.Write([]byte{1})
	}
	if err == nil { // it has hidden itself once it says so
		_, err = ready.Read(make([]byte, 1))
	}
	if err != nil {
		err = errors.Join(err, c.Process.Kill())
	}
	// Whoever is its parent buries it: this process, or whoever inherits it.
	go func() { _ = c.Wait() }()
	return err
}

// pin makes the namespaces reachable by path, and says whose they are.
func (h Holder) pin(pid int) error {
	for name, path := range map[string]string{"pid": h.PID(), "ipc": h.IPC()} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/%d/ns/%s", pid, name), path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount namespace %s: %w", name, err)
		}
	}
	return os.WriteFile(h.record(), []byte(strconv.Itoa(pid)), 0o600)
}

// process returns the process that holds the namespaces, if it lives. Its number may have been given to another one:
// that one is not in the namespace.
func (h Holder) process() (pid int, alive bool) {
	text, err := os.ReadFile(h.record())
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, false
	}
	own, err1 := os.Stat(h.PID())
	its, err2 := os.Stat(fmt.Sprintf("/proc/%d/ns/pid", pid))
	return pid, err1 == nil && err2 == nil && os.SameFile(own, its)
}

// ensureMemory makes the shared memory, or makes it larger.
func (h Holder) ensureMemory(bytes int64) error {
	path := h.SharedMemory()
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make shared memory: %w", err)
	}
	var now unix.Statfs_t
	if err := unix.Statfs(path, &now); err != nil {
		return fmt.Errorf("look at shared memory: %w", err)
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	parent, err := h.mounted()
	if err != nil {
		return err
	}
	switch {
	case !parent:
	case int64(now.Blocks)*now.Bsize >= bytes:
		return nil
	default:
		flags |= unix.MS_REMOUNT
	}
	if err := unix.Mount("shm", path, "tmpfs", flags, fmt.Sprintf("mode=1777,size=%d", bytes)); err != nil {
		return fmt.Errorf("mount shared memory: %w", err)
	}
	return nil
}

// mounted reports whether something is mounted as shared memory: it is then on another device than its directory.
func (h Holder) mounted() (bool, error) {
	var shm, dir unix.Stat_t
	if err := errors.Join(unix.Stat(h.SharedMemory(), &shm), unix.Stat(h.Dir, &dir)); err != nil {
		return false, fmt.Errorf("look at shared memory: %w", err)
	}
	return shm.Dev != dir.Dev, nil
}

// End ends the process and removes everything. What is not there is no error.
func (h Holder) End() error {
	if pid, alive := h.process(); alive {
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("end the holder of shared namespaces: %w", err)
		}
	}
	for _, path := range []string{h.PID(), h.IPC(), h.SharedMemory()} {
		err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("remove shared namespaces: %s: %w", path, err)
		}
	}
	if err := os.RemoveAll(h.Dir); err != nil {
		return fmt.Errorf("remove shared namespaces: %w", err)
	}
	return nil
}
