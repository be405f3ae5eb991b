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
// the next Run adopts them.
package agent
