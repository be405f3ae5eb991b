package garbage

import (
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// available returns the bytes of memory that this process can have: the
// machine's, or what the nearest limit of its cgroups leaves.
func available() uint64 {
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		return 0
	}
	memory := uint64(machine.Totalram) * uint64(machine.Unit)
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return memory
	}
	for line := range strings.Lines(string(groups)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch controllers {
		case "":
			memory = min(memory, limit("/sys/fs/cgroup", group, "memory.max"))
		case "memory":
			memory = min(memory, limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"))
		}
	}
	return memory
}

// limit returns the least limit of a group and those above it. In a container
// the path may be the host's, which is not there: then the mounted root says.
func limit(root, group, file string) uint64 {
	least := ^uint64(0)
	for ; ; group = path.Dir(group) {
		if text, err := os.ReadFile(path.Join(root, group, file)); err == nil {
			if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil { // "max" is none
				least = min(least, n)
			}
		}
		if group == "/" || group == "." {
			return least
		}
	}
}
