// Package containerd runs containers with containerd 2 and runc: the implementation of runtime.Runtime, Prober and Meter
// for real machines, and the supervisor of the containerd that it brings along.
//
// The pieces and who outlives whom: this package's Client lives in the agent; the daemon (package daemon) is a child
// process that the Supervisor restarts; each task has a shim (package shim), which belongs to nobody and keeps the
// task's containers when agent and daemon are gone. All three are modes of the one binary, see Main.
//
// The package decides how a container is made. It may not decide that one is started, stopped or replaced, and it keeps
// no state of its own that matters: after a restart everything is found again in containerd and in the shims' records.
package containerd
