package containerd

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
)

// networkOf names the network namespace of a process; "" when it has ended.
func networkOf(pid string) string {
	name, err := os.Readlink("/proc/" + pid + "/ns/net")
	if err != nil {
		return ""
	}
	return name
}

// traffic reads what went through the interfaces of a process's network
// namespace, unless that is the host's: there it is everybody's.
func traffic(pid int, host string) []runtime.InterfaceStats {
	name := strconv.Itoa(pid)
	if of := networkOf(name); pid == 0 || of == "" || of == host {
		return nil
	}
	text, err := os.ReadFile("/proc/" + name + "/net/dev")
	if err != nil {
		return nil // it has just ended
	}
	return parseTraffic(string(text))
}

// parseTraffic reads the kernel's table of interfaces, leaving out loopback.
// Source: proc_pid_net(5), "/proc/net/dev".
func parseTraffic(text string) (out []runtime.InterfaceStats) {
	for line := range strings.Lines(text) {
		name, numbers, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || name == "lo" {
			continue
		}
		var unused int64
		i := runtime.InterfaceStats{Name: name}
		if _, err := fmt.Sscan(numbers, &i.Rx.Bytes, &i.Rx.Packets, &i.Rx.Errors, &i.Rx.Dropped, &unused, &unused, &unused, &unused,
			&i.Tx.Bytes, &i.Tx.Packets, &i.Tx.Errors, &i.Tx.Dropped); err == nil {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b runtime.InterfaceStats) int { return strings.Compare(a.Name, b.Name) })
	return out
}
