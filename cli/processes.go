package cli

import (
	"os"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/agent"
)

// machine returns what tasks of Fargate have their shares of. What cannot be
// known limits none.
func machine() agent.Machine {
	memory, err := machineMemory()
	if err != nil {
		return agent.Machine{}
	}
	m := agent.Machine{Memory: memory}
	for _, path := range []string{"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && (m.Processes == 0 || n < m.Processes) {
			m.Processes = n
		}
	}
	return m
}
