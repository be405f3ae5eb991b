package linux

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// hostNS is the network namespace that plays the host: everything of the
// instance outside its sandboxes is made through it and never through the
// calling thread's own namespace.
type hostNS struct {
	fd    int // of the namespace
	route *netlink.Handle
}

func openHostNS(path string) (*hostNS, error) {
	if path == "" {
		path = threadNS
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open network namespace %s: %w", path, err)
	}
	route, err := netlink.NewHandleAt(netns.NsHandle(fd), unix.NETLINK_ROUTE, unix.NETLINK_NETFILTER)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("open netlink in %s: %w", path, err)
	}
	return &hostNS{fd: fd, route: route}, nil
}

func (h *hostNS) close() {
	h.route.Close()
	_ = unix.Close(h.fd)
}

// do runs f on a thread in the host's namespace: for what only the calling
// thread's namespace decides, sockets and /proc/sys/net.
func (h *hostNS) do(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(h.fd, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter the host's network namespace: %w", err)
		}
		return f()
	})
}

const threadNS = "/proc/thread-self/ns/net"

// onOwnThread runs f on a thread of its own whose network namespace f may
// change. The thread is given back in the namespace it came from; if that
// fails it ends instead, so that no goroutine ever runs in a foreign one.
func onOwnThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		home, err := unix.Open(threadNS, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			runtime.UnlockOSThread()
			result <- fmt.Errorf("open the thread's network namespace: %w", err)
			return
		}
		err = f()
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		_ = unix.Close(home) // before the caller goes on: it leaves nothing open
		result <- err
	}()
	return <-result
}

// complete repeats a listing that the kernel says was disturbed by a change.
func complete[T any](list func() (T, error)) (T, error) {
	const tries = 10
	for range tries - 1 {
		got, err := list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return got, err
		}
	}
	return list()
}

// sysctl reads a value below /proc/sys/net of the calling thread's namespace.
func sysctl(name string) (string, error) {
	value, err := os.ReadFile("/proc/sys/net/" + name)
	if err != nil {
		return "", fmt.Errorf("read sysctl: %w", err)
	}
	return strings.TrimSpace(string(value)), nil
}

// setSysctl writes a value below /proc/sys/net of the calling thread's
// namespace.
func setSysctl(name, value string) error {
	if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644); err != nil {
		return fmt.Errorf("write sysctl: %w", err)
	}
	return nil
}
