// Package dispatch is the server's side of the agent protocol: it tells every
// connected container instance what to run and takes what the instances say
// about their tasks' health and use.
//
// Session is a machine: no I/O, no clock, no goroutine; the simulator drives
// it as the Server does. Payload translates a task definition into what an
// agent is told. Server is the driver: websockets, one goroutine to read and
// one to write each. The control plane behind it is given as an interface, so
// the package knows the nouns and not the store.
//
// Source of the protocol: specs/agent-protocol.md.
package dispatch
