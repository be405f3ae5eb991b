package shim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/containerd/containerd/v2/pkg/shutdown"
)

// A spare is a shim that was started before there is a task for it. It serves at once on the socket that it was given and
// takes tasks while somebody holds the other end of its lifeline; then it ends with the last container, or at once.

// SpareVariable holds, in a spare's environment, the number of the file that is its lifeline: the reading end of a pipe.
// The file with the number before it is the listening socket. The spare's directory is its working directory.
const SpareVariable = "ROADSTEAD_SPARE"

// ExecuteVariable, set to anything, keeps a spare from doing the OCI runtime's commands itself.
const ExecuteVariable = "ROADSTEAD_EXECUTE_RUNC"

// AddressFile is the file in a spare's directory that holds its address; containerd's shim removes the socket by it.
const AddressFile = "address"

// Environment is what a spare's environment must contain for it to be a shim that reports to the containerd at the address.
func Environment(address string) []string {
	return []string{modeVariable + "=" + mode, SpareVariable + "=4", "TTRPC_ADDRESS=" + address + ".ttrpc", "GOMAXPROCS=1"}
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

// lifeline keeps a shim from ending while whoever started it may give it a container, while one is being created, and
// while containerd has not heard yet that one was deleted: tasks that have nothing to do with each other share a shim, so
// one of them may ask for the end while another waits for an answer.
type lifeline struct {
	mu       sync.Mutex
	cut      bool
	creating int
	deleted  map[string]bool // containers, until containerd asks for the end on their behalf
	end      func()          // ends the shim if it has no container
}

// hold waits for the end of a pipe, which is the lifeline of the shim. Nothing is ever written to it.
func hold(number string, end func()) (*lifeline, error) {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("find lifeline: %w", err)
	}
	l, pipe := newLifeline(end), os.NewFile(uintptr(fd), "lifeline")
	go func() {
		defer pipe.Close()
		_, _ = pipe.Read(make([]byte, 1))
		l.change(func() { l.cut = true })
	}()
	return l, nil
}

func newLifeline(end func()) *lifeline { return &lifeline{end: end, deleted: make(map[string]bool)} }

// change notes something, after which the shim may be without a reason to stay.
func (l *lifeline) change(what func()) {
	l.mu.Lock()
	what()
	free := l.cut && l.creating == 0 && len(l.deleted) == 0
	l.mu.Unlock()
	if free {
		l.end()
	}
}

// create keeps the shim until the function that it gives is called, when there is a container or none.
func (l *lifeline) create() (done func()) {
	if l == nil {
		return func() {}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.creating++
	return func() { l.change(func() { l.creating-- }) }
}

// delete keeps the shim until settle is called for the container.
func (l *lifeline) delete(id string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[id] = true
}

// settle is called when containerd knows that the container is deleted, or that it is not.
func (l *lifeline) settle(id string) { l.change(func() { delete(l.deleted, id) }) }

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
