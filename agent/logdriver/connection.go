package logdriver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Limits of connections to collectors.
const (
	// dialTimeout is how long a connection may take to be made.
	dialTimeout = 5 * time.Second
	// writeTimeout is how long a batch may take to be written.
	writeTimeout = 20 * time.Second
	// readLook is the time between two looks at whether the other side has read.
	readLook = time.Millisecond
	// collectorPatience is how long after a container's end the rest of its log
	// is offered to a collector that does not take it.
	collectorPatience = time.Minute
)

// address is where a collector listens.
type address struct {
	network string      // tcp, udp, unix or unixgram
	where   string      // host:port, or a path
	secure  *tls.Config // nil: in the clear
	given   bool        // the path belongs to a container of the task, which is not trusted
}

// dial connects.
func (a address) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	d := net.Dialer{}
	switch {
	case a.secure != nil:
		return (&tls.Dialer{NetDialer: &d, Config: a.secure}).DialContext(ctx, a.network, a.where)
	case a.given:
		return dialGiven(ctx, a.where)
	}
	return d.DialContext(ctx, a.network, a.where)
}

// dialGiven connects to a socket in a folder that a container writes to. What
// stands there in the socket's place, such as a link to somebody else's, is not
// followed; and the path may be longer than the address of a socket.
func dialGiven(ctx context.Context, path string) (net.Conn, error) {
	folder, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: filepath.Dir(path), Err: err}
	}
	defer unix.Close(folder)
	socket, err := unix.Openat(folder, filepath.Base(path), unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(socket)
	var info unix.Stat_t
	if err := unix.Fstat(socket, &info); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if info.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return nil, fmt.Errorf("%s is no socket", path)
	}
	return (&net.Dialer{}).DialContext(ctx, "unix", "/proc/self/fd/"+strconv.Itoa(socket))
}

// hungUp reports whether the other side has closed the connection: what is
// written then is lost without an error.
func hungUp(c net.Conn) bool {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = control.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		gone = n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
		return true
	})
	return gone || err != nil && !errors.Is(err, io.EOF)
}

// untilRead waits until the other side of a unix socket has read all that was
// written: what lies in the socket of a router that is told to stop is lost.
func untilRead(ctx context.Context, c net.Conn) error {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return err
	}
	look := time.NewTicker(readLook)
	defer look.Stop()
	for {
		unread := 0
		var failed error
		err := control.Control(func(fd uintptr) {
			if unread, failed = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); failed == nil && unread == 0 {
				// Who closes before everything is read leaves this error; an orderly end is no matter.
				if _, _, failed = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT); failed != unix.ECONNRESET {
					failed = nil
				}
			}
		})
		if err = errors.Join(err, failed); err != nil || unread == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d bytes are not read yet: %w", unread, ctx.Err())
		case <-look.C:
		}
	}
}

// connection is made when it is needed.
type connection struct {
	address address
	conn    net.Conn
}

// open returns a connection that the other side has not closed.
func (c *connection) open(ctx context.Context) (net.Conn, error) {
	if c.conn != nil && c.address.network != "udp" && c.address.network != "unixgram" && hungUp(c.conn) {
		c.close()
	}
	if c.conn == nil {
		conn, err := c.address.dial(ctx)
		if err != nil {
			return nil, err
		}
		c.conn = conn
	}
	return c.conn, nil
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close() // what it has not delivered was told by a write
		c.conn = nil
	}
}
