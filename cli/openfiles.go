package cli

import (
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent"
)

// openFiles returns how many files a process of a task on Fargate may have
// open: what AWS gives, or what this process was given where it may give no
// more.
func openFiles() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Max >= agent.OpenFiles || mayRaiseLimits() {
		return agent.OpenFiles
	}
	return int64(limit.Max)
}

// mayRaiseLimits reports whether this process has CAP_SYS_RESOURCE. Capabilities
// come in two sets of 32.
func mayRaiseLimits() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false
	}
	return sets[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}
