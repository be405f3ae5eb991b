package linux

import (
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/agent/network"
	"golang.org/x/sys/unix"
)

// portSocket keeps a host port from other programs. It is bound and, but for
// one case, does not listen; the NAT takes the traffic before it gets here.
type portSocket int

// bindPort binds a port on every address of the calling thread's namespace. It
// is a *network.PortError if somebody has it. With pastTimeWait, connections
// that linger after their listener ended do not count: they keep a port for a
// minute from a plain bind, and only for a port that was asked for by number is
// that worth a socket that listens (for such a port, only listening excludes
// everybody else).
func bindPort(protocol network.Protocol, port uint16, pastTimeWait bool) (portSocket, error) {
	s, err := bindSocket(protocol, port, false)
	if errors.Is(err, unix.EADDRINUSE) && pastTimeWait && protocol == network.TCP {
		s, err = bindSocket(protocol, port, true)
	}
	if errors.Is(err, unix.EADDRINUSE) {
		return s, &network.PortError{Port: port, Protocol: protocol}
	}
	if err != nil {
		return s, fmt.Errorf("reserve %s port %d: %w", protocol, port, err)
	}
	return s, nil
}

func bindSocket(protocol network.Protocol, port uint16, listen bool) (portSocket, error) {
	kind := unix.SOCK_STREAM
	if protocol == network.UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if listen {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil {
		err = dropEverything(fd)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)})
	}
	if err == nil && listen {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return portSocket(fd), nil
}

// dropEverything gives the socket a filter that accepts no packet: the few
// that arrive while no mapping is in force are not for us to answer or keep.
func dropEverything(fd int) error {
	const returnConstant = 0x06 // BPF_RET | BPF_K
	program := []unix.SockFilter{{Code: returnConstant, K: 0}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}

func (s portSocket) close() { _ = unix.Close(int(s)) }
