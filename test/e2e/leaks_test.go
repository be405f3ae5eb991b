package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// traces is what a machine could be left with.
type traces map[string][]string

// machine looks at everything that the platform makes on a machine.
func machine(t testing.TB) traces {
	t.Helper()
	out := traces{}
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		out["network interfaces"] = append(out["network interfaces"], i.Name)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 {
			out["mounts"] = append(out["mounts"], fields[1])
		}
	}
	if tables, err := exec.Command("nft", "list", "tables").Output(); err == nil {
		out["nftables"] = strings.Split(strings.TrimSpace(string(tables)), "\n")
	}
	for _, pattern := range []string{"/sys/fs/cgroup/roadstead*", "/sys/fs/cgroup/*/roadstead*"} {
		found, _ := filepath.Glob(pattern) // the pattern is well-formed
		out["control groups"] = append(out["control groups"], found...)
	}
	run, _ := filepath.Glob("/run/roadstead/*")
	out["files below /run/roadstead"] = run
	files, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			out["files on loop devices"] = append(out["files on loop devices"], strings.TrimSpace(string(text)))
		}
	}
	out["processes"] = processes()
	return out
}

// processes returns the command lines of our own daemons and shims.
func processes() (lines []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		line := strings.ReplaceAll(string(text), "\x00", " ")
		if strings.Contains(line, "containerd-shim") || strings.Contains(line, "containerd-daemon") || strings.Contains(line, "roadstead up") {
			lines = append(lines, line)
		}
	}
	return lines
}

// compare fails the test for everything that is there after and was not there
// before. What carries the mark of another Roadstead or of another test on the
// machine is not ours to judge: others may be at work.
func (before traces) compare(t testing.TB, after traces, marks ...string) {
	t.Helper()
	ours := func(list []string) []string {
		return slices.DeleteFunc(list, func(x string) bool {
			return !slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(x, m) })
		})
	}
	// Processes that were killed take a moment to be gone.
	for deadline := time.Now().Add(5 * time.Second); len(ours(missing(before["processes"], after["processes"]))) > 0 && time.Now().Before(deadline); {
		pause(50 * time.Millisecond)
		after["processes"] = processes()
	}
	for what, list := range after {
		if left := ours(missing(before[what], list)); len(left) > 0 {
			t.Errorf("left behind: %s: %s", what, strings.Join(left, ", "))
		}
	}
}

// marks are what tells everything of a data directory apart: its path, and the
// short name that is derived from it.
func marks(dir string) []string {
	all := []string{dir}
	for _, of := range []string{dir, filepath.Join(dir, "instances", "2"), filepath.Join(dir, "instances", "3")} {
		sum := sha256.Sum256([]byte(of))
		all = append(all, hex.EncodeToString(sum[:4]))
	}
	return all
}

// missing returns what is in b and not in a.
func missing(a, b []string) (left []string) {
	for _, x := range b {
		if x != "" && !slices.Contains(a, x) {
			left = append(left, x)
		}
	}
	return left
}
