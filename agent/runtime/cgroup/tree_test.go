package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The kernel's files are pretended by plain ones, so that both versions are tested on every machine; package containerd
// tests the machine's own with real containers.

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func legacy(t *testing.T) (Tree, string) {
	t.Helper()
	root := t.TempDir()
	for _, controller := range []string{"cpu", "cpuacct", "memory", "pids", "blkio"} {
		if err := os.Mkdir(filepath.Join(root, controller), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Open(root)
	if err != nil || tree.Unified() {
		t.Fatalf("%+v, %v", tree, err)
	}
	return tree, root
}

// unified pretends v2's files in the root and in the groups above the one to come.
func unified(t *testing.T, groups ...string) (Tree, string) {
	t.Helper()
	root := t.TempDir()
	for _, group := range append([]string{""}, groups...) {
		write(t, filepath.Join(root, group, "cgroup.controllers"), "cpuset cpu io memory hugetlb pids\n")
	}
	tree, err := Open(root)
	if err != nil || !tree.Unified() {
		t.Fatalf("%+v, %v", tree, err)
	}
	return tree, root
}

func TestEnsureLegacy(t *testing.T) {
	tree, root := legacy(t)
	limits := Limits{CPUQuota: 50 * time.Millisecond, CPUWeight: 512, Memory: 1 << 20, Pids: 9}
	if err := tree.Ensure("/roadstead/task", limits); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"cpu/roadstead/task/cpu.cfs_period_us":        "100000",
		"cpu/roadstead/task/cpu.cfs_quota_us":         "50000",
		"cpu/roadstead/task/cpu.shares":               "512",
		"memory/roadstead/task/memory.limit_in_bytes": "1048576",
		"pids/roadstead/task/pids.max":                "9",
	} {
		if got := read(t, filepath.Join(root, file)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if err := tree.Ensure("/roadstead/task", Limits{}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(root, "cpu/roadstead/task/cpu.cfs_quota_us")); got != "-1" {
		t.Errorf("no limit: %q", got)
	}
}

func TestEnsureUnified(t *testing.T) {
	tree, root := unified(t, "roadstead", "roadstead/task")
	if err := tree.Ensure("/roadstead/task", Limits{CPUQuota: 250 * time.Millisecond, CPUWeight: 1024, Memory: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"roadstead/task/cpu.max":                "250000 100000",
		"roadstead/task/cpu.weight":             "39",
		"roadstead/task/memory.max":             "1048576",
		"roadstead/task/pids.max":               "max",
		"cgroup.subtree_control":                "+pids", // the last of those written one by one
		"roadstead/cgroup.subtree_control":      "+pids",
		"roadstead/task/cgroup.subtree_control": "+pids",
	} {
		if got := read(t, filepath.Join(root, file)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestReadLegacy(t *testing.T) {
	tree, root := legacy(t)
	for file, content := range map[string]string{
		"cpuacct/g/cpuacct.usage":                           "5000000\n",
		"cpu/g/cpu.stat":                                    "nr_periods 3\nnr_throttled 1\nthrottled_time 700\n",
		"memory/g/memory.usage_in_bytes":                    "9000\n",
		"memory/g/memory.max_usage_in_bytes":                "9500\n",
		"memory/g/memory.stat":                              "cache 1\nhierarchical_memory_limit 65536\ntotal_inactive_file 1000\n",
		"memory/g/memory.oom_control":                       "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
		"pids/g/pids.current":                               "4\n",
		"blkio/g/blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:16 Read 1\n8:16 Total 21\nTotal 31\n",
	} {
		write(t, filepath.Join(root, file), content)
	}
	want := Reading{
		CPU: 5 * time.Millisecond, CPUThrottled: 700, Memory: 8000, MemoryPeak: 9500, MemoryLimit: 65536, Pids: 4,
		BlockRead: 11, BlockWritten: 20, OOMKills: 2,
	}
	if got, err := tree.Read("g"); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	write(t, filepath.Join(root, "memory/g/memory.stat"), "hierarchical_memory_limit 9223372036854771712\n")
	if got, err := tree.Read("g"); err != nil || got.MemoryLimit != 0 {
		t.Errorf("unlimited: %+v, %v", got, err)
	}
	if _, err := tree.Read("absent"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestReadUnified(t *testing.T) {
	tree, root := unified(t)
	for file, content := range map[string]string{
		"a/g/cpu.stat":       "usage_usec 5000\nuser_usec 1\nthrottled_usec 7\n",
		"a/g/memory.current": "9000\n",
		"a/g/memory.peak":    "9500\n",
		"a/g/memory.max":     "max\n",
		"a/memory.max":       "65536\n",
		"a/g/memory.stat":    "anon 1\ninactive_file 1000\n",
		"a/g/memory.events":  "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n",
		"a/g/pids.current":   "4\n",
		"a/g/io.stat":        "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=0\n",
	} {
		write(t, filepath.Join(root, file), content)
	}
	want := Reading{
		CPU: 5 * time.Millisecond, CPUThrottled: 7 * time.Microsecond, Memory: 8000, MemoryPeak: 9500, MemoryLimit: 65536, Pids: 4,
		BlockRead: 11, BlockWritten: 20, OOMKills: 2,
	}
	if got, err := tree.Read("/a/g"); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestRemove(t *testing.T) {
	tree, root := legacy(t)
	for _, directory := range []string{"cpu/r/task/a", "memory/r/task", "blkio/r/task/b"} {
		if err := os.MkdirAll(filepath.Join(root, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if !tree.Populated("r") || tree.Populated("r/task") {
		t.Error("populated is told wrongly")
	}
	for range 2 {
		if err := tree.Remove("/r/task"); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(root, "*", "r", "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	write(t, filepath.Join(root, "cpu/busy/file"), "in the way as a process is")
	if err := tree.Remove("busy"); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
}

func TestGroupsAboveAreSafe(t *testing.T) {
	tree, _ := legacy(t)
	for _, group := range []string{"", "/", ".", "a/../..", "../x"} {
		if err := tree.Remove(group); err == nil {
			t.Errorf("%q was accepted", group)
		}
		if err := tree.Ensure(group, Limits{}); err == nil {
			t.Errorf("%q was accepted", group)
		}
	}
}

func TestWeightOfShares(t *testing.T) {
	var got []string
	for _, shares := range []int64{0, 2, 128, 1024, 262144, 1 << 40} {
		got = append(got, fmt.Sprint(WeightOfShares(shares)))
	}
	if strings.Join(got, " ") != "1 1 5 39 10000 10000" {
		t.Errorf("%v", got)
	}
}

func TestOpenWithoutControlGroups(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty directory was taken for control groups")
	}
}
