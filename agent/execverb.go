package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/archive"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/exec"
)

// perform does what is no command of the container: the instance itself enters
// the container's network or files, so that images need no program for it.
func (s *execSession) perform(ctx context.Context, run runtime.Executor, id string) error {
	if len(s.asked.Command) != 2 {
		return fmt.Errorf("%q: want a verb and one argument", s.asked.Command)
	}
	if c, ok := run.(runtime.Concealer); ok && s.asked.Command[0] != exec.VerbConnect {
		if concealed, err := c.Conceals(ctx, id); err != nil || concealed {
			return errors.Join(errConcealed, err)
		}
	}
	pid, err := run.Process(ctx, id)
	if err != nil {
		return err
	}
	inside, err := enter(pid)
	if err != nil {
		return err
	}
	defer inside.Close()
	// The process whose number it is may have ended since: only what was opened
	// before it was seen again is the container's.
	if again, err := run.Process(ctx, id); err != nil || again != pid {
		return errors.Join(errNotRunning, err)
	}
	argument := s.asked.Command[1]
	switch s.asked.Command[0] {
	case exec.VerbConnect:
		port, err := strconv.ParseUint(argument, 10, 16)
		if err != nil || port == 0 {
			return fmt.Errorf("%q is not a port", argument)
		}
		return s.connect(ctx, inside, int(port))
	case exec.VerbCopyFrom:
		s.begun()
		return inside.send(argument, s.output(exec.Output))
	case exec.VerbCopyTo:
		s.begun()
		return inside.receive(argument, &s.input)
	}
	return fmt.Errorf("%q is not a verb", s.asked.Command[0])
}

var errConcealed = errors.New("the files of a container in a sandbox cannot be reached from outside: have a command in it read or write them")

// container is a running container, entered from outside.
type container struct {
	network *os.File // its network namespace
	root    *os.File // its root folder
	owner   int      // who its root user is outside
	group   int
}

// enter opens a container by its first process.
func enter(pid int) (c *container, err error) {
	c = &container{}
	defer func() {
		if err != nil {
			c.Close()
			c = nil
		}
	}()
	proc := fmt.Sprintf("/proc/%d/", pid)
	if c.network, err = os.Open(proc + "ns/net"); err != nil {
		return c, fmt.Errorf("network of the container: %w", err)
	}
	if c.root, err = os.OpenFile(proc+"root", unix.O_PATH|unix.O_DIRECTORY, 0); err != nil {
		return c, fmt.Errorf("files of the container: %w", err)
	}
	if c.owner, err = outsideID(proc + "uid_map"); err == nil {
		c.group, err = outsideID(proc + "gid_map")
	}
	return c, err
}

// outsideID returns who id 0 of a user namespace is outside of it.
func outsideID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("users of the container: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var inside, outside, count int
		if _, err := fmt.Sscan(line, &inside, &outside, &count); err == nil && inside == 0 {
			return outside, nil
		}
	}
	return 0, errors.New("users of the container: it has no root user")
}

// Close gives up what enter opened.
func (c *container) Close() {
	for _, f := range []*os.File{c.network, c.root} {
		if f != nil {
			f.Close()
		}
	}
}

// open opens a path as the container sees it: no link leads out of its root.
func (c *container) open(name string, flags uint64) (*os.File, error) {
	fd, err := unix.Openat2(int(c.root.Fd()), name, &unix.OpenHow{Flags: flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// folder opens a folder of the container as a root of its own.
func (c *container) folder(name string) (*os.Root, error) {
	f, err := c.open(name, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}

// send writes the archive of a file or a folder.
func (c *container) send(name string, w io.Writer) error {
	root, err := c.folder(name)
	if errors.Is(err, unix.ENOTDIR) {
		f, err := c.open(name, unix.O_RDONLY|unix.O_NONBLOCK) // a pipe must not make it wait
		if err != nil {
			return err
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return errors.Join(fmt.Errorf("%s: it is neither a file nor a folder", name), err)
		}
		return archive.WriteFile(w, f, path.Base(path.Clean(name)))
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return archive.WriteTree(w, root, strings.TrimPrefix(path.Base(path.Clean("/"+name)), "/"))
}

// receive makes what an archive holds: in a folder that is there under its own
// name, else under the name given, in a folder that is there. It belongs to
// the container's root user.
func (c *container) receive(name string, r io.Reader) error {
	rename := ""
	root, err := c.folder(name)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		if strings.HasSuffix(name, "/") {
			return err
		}
		rename = path.Base(name)
		root, err = c.folder(path.Dir(path.Clean("/" + name)))
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return archive.Read(r, root, archive.Options{Rename: rename, Own: true, Owner: c.owner, Group: c.group})
}

// connectTimeout is how long a container's port may take to answer.
const connectTimeout = 10 * time.Second

// dial connects to a port of the container, from inside its network.
func (c *container) dial(ctx context.Context, port int) (net.Conn, error) {
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled, 1)
	go func() {
		goruntime.LockOSThread() // and never unlocked: the thread ends with the goroutine, in the other network
		if err := unix.Setns(int(c.network.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- dialled{nil, fmt.Errorf("enter the container's network: %w", err)}
			return
		}
		dialer := net.Dialer{Timeout: connectTimeout}
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil && ctx.Err() == nil { // it may listen on IPv6 alone
			if six, serr := dialer.DialContext(ctx, "tcp", net.JoinHostPort("::1", strconv.Itoa(port))); serr == nil {
				conn, err = six, nil
			}
		}
		done <- dialled{conn, err}
	}()
	d := <-done
	return d.conn, d.err
}

// connect joins the streams to a port until the container closes the
// connection. After a Reset there is another at once, because the container may
// speak first; if the container closes that one before the client has said
// anything, the next comes with the client's first word.
func (s *execSession) connect(ctx context.Context, inside *container, port int) error {
	conn, err := inside.dial(ctx, port)
	if err != nil {
		return err
	}
	s.begun()
	for first := true; ; first = false {
		again, used := s.forward(ctx, conn)
		s.input.resume()
		if !again {
			if first || used || ctx.Err() != nil {
				return ctx.Err()
			}
			if err := s.input.wait(ctx); err != nil {
				return nil
			}
		}
		if conn, err = inside.dial(ctx, port); err != nil {
			return err
		}
	}
}

// forward carries one connection. Again is that the client wants another, used
// that it has said something on this one.
func (s *execSession) forward(ctx context.Context, conn net.Conn) (again, used bool) {
	var spoken atomic.Bool
	ctx, cancel := context.WithCancel(ctx)
	defer conn.Close()
	up, reset := make(chan struct{}), make(chan struct{})
	defer func() { cancel(); <-up }()
	go func() {
		defer close(up)
		buffer := make([]byte, exec.OutputPiece)
		for {
			n, err := s.input.read(ctx, buffer)
			if n > 0 {
				spoken.Store(true)
			}
			if _, werr := conn.Write(buffer[:n]); n > 0 && werr != nil {
				return
			}
			if errors.Is(err, io.EOF) {
				_ = conn.(*net.TCPConn).CloseWrite() // the container may still answer
				return
			}
			if errors.Is(err, errReset) {
				close(reset)
			}
			if err != nil {
				return
			}
		}
	}()
	down := make(chan struct{})
	go func() {
		defer close(down)
		_, _ = io.Copy(s.output(exec.Output), conn) // either end may close it at any time
	}()
	select {
	case <-down:
		return false, spoken.Load()
	case <-reset:
		again = true
	case <-ctx.Done():
	}
	conn.Close()
	<-down
	return again, spoken.Load()
}
