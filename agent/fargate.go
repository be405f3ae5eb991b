package agent

import (
	"slices"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// OpenFiles is how many files a process of a task on Fargate may have open.
// Source: ECS API reference, ContainerDefinition ulimits: "Fargate ... the
// default nofile soft limit is 65535 and the default hard limit is 65535".
const OpenFiles = 65535

// leastProcesses is how many processes and threads each task of Fargate may
// have.
const leastProcesses = 1024

// Machine is what there is for all tasks of a machine. The zero value is a
// machine of which nothing is known.
type Machine struct {
	Memory    int64 // MiB
	Processes int64 // that there can be, threads among them
}

// share is how many processes a task with so much memory, in MiB, may have: as
// much of all as it has of the memory, or one task could leave none to the
// others and to the node. 0 is as many as it likes.
func (m Machine) share(memory int64) int64 {
	if m.Memory <= 0 || m.Processes <= 0 {
		return 0
	}
	return max(leastProcesses, int64(float64(m.Processes)*float64(memory)/float64(m.Memory)))
}

// onFargate reports whether a task shares its machine with tasks of others and
// is kept from them.
func onFargate(t acs.Task) bool { return t.LaunchType == "FARGATE" }

// isolate gives a container of Fargate what sets it apart: users that nobody
// else has, and its own default of open files. Containers whose task shares
// processes or IPC keep the machine's users, because those namespaces are not
// theirs alone; so do those of a task with a file system of EFS, because mounts
// of NFS cannot be shown with other owners.
func isolate(c *runtime.Container, t acs.Task, openFiles int64) {
	if !onFargate(t) {
		return
	}
	own := []runtime.Sharing{runtime.SharedByDefault, runtime.SharedWithNobody}
	c.Isolated = !c.Privileged && slices.Contains(own, c.PID) && slices.Contains(own, c.IPC) && !hasFileSystem(t)
	host, _ := hostConfigOf(containerOf(t, c.Name)) // what cannot be read was refused when the task came
	if !slices.ContainsFunc(host.Ulimits, func(u acs.Ulimit) bool { return u.Name == "nofile" }) {
		c.Ulimits = append(c.Ulimits, runtime.Ulimit{Name: "nofile", Soft: openFiles, Hard: openFiles})
	}
}
