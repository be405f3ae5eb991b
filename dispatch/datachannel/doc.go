// Package datachannel is the protocol by which AWS's clients take part in a
// session inside a container: what session-manager-plugin speaks with the
// stream URL that ECS ExecuteCommand and SSM StartSession answer with.
//
// After one text frame with the token (OpenRequest) both ends exchange binary
// frames (Message) over a websocket. Channel is one end's machine: it numbers
// what is sent, sends it again until it is acknowledged, and puts what arrives
// in order; it has no I/O and no clock. Client is our own client of it, for
// the command line. The service's end is driven by dispatch/exec.
//
// It knows nothing of containers, tasks or who may open a session.
//
// Source of the format: github.com/aws/session-manager-plugin, src/message and
// src/datachannel.
package datachannel
