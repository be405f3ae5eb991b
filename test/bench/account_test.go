package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// account is a control group that counts the CPU time of everything in it and
// below it, of processes that have ended too.
type account string

// openAccount returns the group of a name below the root, made when absent.
func openAccount(name string) (account, error) {
	for _, root := range []string{"/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup"} {
		dir := filepath.Join(root, name)
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		return account(dir), nil
	}
	return "", os.ErrNotExist
}

// used returns the CPU time so far.
func (a account) used(t testing.TB) time.Duration {
	t.Helper()
	if text, err := os.ReadFile(filepath.Join(string(a), "cpuacct.usage")); err == nil {
		return time.Duration(number(string(text)))
	}
	text, err := os.ReadFile(filepath.Join(string(a), "cpu.stat"))
	if err != nil {
		t.Fatalf("CPU time of a control group: %v", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return time.Duration(number(strings.TrimPrefix(first, "usage_usec "))) * time.Microsecond
}

// close removes the group and those below it, in every hierarchy, because runc
// makes its groups in all of them. They must be without processes.
func (a account) close() {
	root := "/sys/fs/cgroup"
	removeGroups(filepath.Join(root, filepath.Base(string(a))))
	all, _ := filepath.Glob(filepath.Join(root, "*", filepath.Base(string(a)))) // the pattern is well-formed
	for _, dir := range all {
		removeGroups(dir)
	}
}

func removeGroups(dir string) {
	below, _ := filepath.Glob(filepath.Join(dir, "*", "cgroup.procs")) // the pattern is well-formed
	for _, b := range below {
		removeGroups(filepath.Dir(b))
	}
	_ = os.Remove(dir) // a group that is busy stays, and whoever waits for it sees that
}

// command returns a command that runs in the group from its first moment.
func (a account) command(name string, arguments ...string) *exec.Cmd {
	if a == "" {
		return exec.Command(name, arguments...)
	}
	script := `echo $$ > "$0" && exec "$@"`
	return exec.Command("/bin/sh", append([]string{"-c", script, filepath.Join(string(a), "cgroup.procs"), name}, arguments...)...)
}

// accountOf returns the topmost control group that a process is in.
func accountOf(pid int) (account, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(parts) == 3 && (strings.Contains(parts[1], "cpuacct") || parts[0] == "0") && len(parts[2]) > 1 {
			top, _, _ := strings.Cut(parts[2][1:], "/")
			return openAccount(top)
		}
	}
	return "", fmt.Errorf("process %d is in no control group that counts", pid)
}

// cpuOf returns the CPU time of one process so far, in ticks of 10 ms.
func cpuOf(t testing.TB, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const user, system = 11, 12 // fields 14 and 15, counted after the name
	return time.Duration(number(fields[user])+number(fields[system])) * 10 * time.Millisecond
}

// ownCPU returns the CPU time of this process so far.
func ownCPU(t testing.TB) time.Duration {
	t.Helper()
	u := ownUsage(t)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ownKernel returns what of the CPU time of this process the kernel took for
// it: on some virtual machines the first touch of a page of memory is dear.
func ownKernel(t testing.TB) time.Duration {
	t.Helper()
	u := ownUsage(t)
	return time.Duration(u.Stime.Nano())
}

func ownUsage(t testing.TB) (u syscall.Rusage) {
	t.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

// memoryOf is what one process has in memory, in bytes.
type memoryOf struct {
	resident  float64 // all of it
	share     float64 // with its share alone of what it has in common with others
	anonymous float64 // without files: code, and the database that etcd maps
}

func residentOf(t testing.TB, pid int) (m memoryOf) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		fields := strings.Fields(string(line))
		switch {
		case len(fields) < 2:
		case fields[0] == "Rss:":
			m.resident = float64(number(fields[1])) * 1024
		case fields[0] == "Pss:":
			m.share = float64(number(fields[1])) * 1024
		case fields[0] == "Anonymous:":
			m.anonymous = float64(number(fields[1])) * 1024
		}
	}
	return m
}

// children returns the processes whose parent is pid.
func children(pid int) (all []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && int(number(fields[1])) == pid {
			all = append(all, int(number(filepath.Base(filepath.Dir(f)))))
		}
	}
	return all
}

// number reads a number that the kernel wrote; text that is none is 0.
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// commandOf tells shims from other processes.
func commandOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	if program, _, _ := strings.Cut(string(text), "\x00"); strings.Contains(filepath.Base(program), "shim") {
		return "shim"
	}
	return "other"
}
