package network

import (
	"errors"
	"fmt"
)

// The errors that the agent tells apart, with errors.Is.
var (
	// ErrInvalid is a request that no state of the host could satisfy.
	ErrInvalid = errors.New("invalid network request")
	// ErrMismatch is a request under an ID that is attached differently.
	ErrMismatch = errors.New("sandbox is attached with a different request")
	// ErrPortInUse is a host port that somebody has; it is always a *PortError.
	ErrPortInUse = errors.New("port is already allocated")
	// ErrNoPorts means that no dynamic host port is free.
	ErrNoPorts = errors.New("no dynamic host port is free")
	// ErrNoAddress means that the subnet or the bridge is full.
	ErrNoAddress = errors.New("no sandbox address is free")
	// ErrAddressInUse is an interface whose address another sandbox or route of
	// the host has.
	ErrAddressInUse = errors.New("address of the network interface is in use")
	// ErrClosed is a call after Close or Destroy.
	ErrClosed = errors.New("network is closed")
)

// PortError names the host port that could not be published.
type PortError struct {
	Port     uint16
	Protocol Protocol
}

// Error words the conflict as a container instance reports it to ECS.
func (e *PortError) Error() string {
	return fmt.Sprintf("Bind for 0.0.0.0:%d failed: %v", e.Port, ErrPortInUse)
}

// Is makes every PortError an ErrPortInUse.
func (e *PortError) Is(target error) bool { return target == ErrPortInUse }
