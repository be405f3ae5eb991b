// Package agent is a container instance: it joins a cluster, takes what the
// control plane assigns over the agent protocol, runs it, and reports what
// really happened.
//
// Node is the driver of the machines in agent/step: one goroutine owns every
// task, each effect is carried out beside it and answered to it. Agent is the
// conversation: registration, ACS, TCS and reports. What runs containers and
// what connects them is given (agent/runtime, agent/network); the agent never
// touches containerd, netlink or the store.
//
// Cancelling Run's context stops the agent and leaves the containers running;
// the next Run adopts them. What makes that safe at any moment is the order of
// three things. A task's record is written before its first container starts,
// says STOPPED before anybody is told that a task which never quite began has
// ended, and is removed once its STOPPED was accepted. A container's directory
// below containers/ is there before anything else of it, and goes last. And a
// container that was made and not seen to start is removed before its task goes
// on. So no container is started twice, and whatever has no record, or a
// directory alone, is left over and removed.
package agent
