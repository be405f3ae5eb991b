package shim

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/containerd/containerd/v2/pkg/shutdown"
)

// A spare is a shim that was started before there is a task for it. It serves at once on the socket that it was given
// and belongs to the first task that uses it. One that nobody uses ends with whoever holds the other end of its lifeline.

// SpareVariable holds, in a spare's environment, the number of the file that is its lifeline: the reading end of a pipe.
// The file with the number before it is the listening socket. The spare's directory is its working directory.
const SpareVariable = "ROADSTEAD_SPARE"

// ExecuteVariable, set to anything, keeps a spare from doing the OCI runtime's commands itself.
const ExecuteVariable = "ROADSTEAD_EXECUTE_RUNC"

// AddressFile is the file in a spare's directory that holds its address; containerd's shim removes the socket by it.
const AddressFile = "address"

// Environment is what a spare's environment must contain for it to be a shim that reports to the containerd at the address.
func Environment(address string) []string {
	return []string{modeVariable + "=" + mode, SpareVariable + "=4", "TTRPC_ADDRESS=" + address + ".ttrpc", "GOMAXPROCS=2"}
}

// Arguments are a spare's arguments.
func Arguments(namespace, id, address string) []string {
	return []string{Name, "-namespace", namespace, "-id", id, "-address", address}
}

// sharedDirectory is for what all shims of a node share; "" when it cannot be had. A spare's own is two below the node's.
func sharedDirectory() string {
	own, err := os.Getwd()
	if err != nil {
		return ""
	}
	shared := filepath.Join(filepath.Dir(filepath.Dir(own)), "filters")
	if err := os.MkdirAll(shared, 0o700); err != nil {
		return ""
	}
	return shared
}

// use tells whether a spare has been used.
type use struct {
	once sync.Once
	used chan struct{} // closed by the first use
}

func newUse() *use { return &use{used: make(chan struct{})} }

func (u *use) begin() { u.once.Do(func() { close(u.used) }) }

// lifeline ends a spare that nobody used when its lifeline ends.
func lifeline(number string, u *use, ending shutdown.Service) {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return
	}
	pipe := os.NewFile(uintptr(fd), "lifeline")
	go func() {
		defer pipe.Close()
		_, _ = pipe.Read(make([]byte, 1)) // nothing is ever written
		select {
		case <-u.used:
		default:
			ending.Shutdown()
		}
	}()
}

// leaveNothing removes a spare's directory when it ends.
func leaveNothing(ending shutdown.Service) error {
	directory, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(directory, AddressFile)); err != nil {
		return err // not a spare's directory
	}
	ending.RegisterCallback(func(context.Context) error { return os.RemoveAll(directory) })
	return nil
}
