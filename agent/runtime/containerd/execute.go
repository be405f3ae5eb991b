package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/errdefs"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

const (
	// commandPrefix begins the names of commands for people, as containerd knows them.
	commandPrefix = "command-"
	// lastOutput is how long output is awaited after a command has ended: what it left behind may hold its streams open.
	lastOutput = 2 * time.Second
	// The size of a terminal of which nothing is known.
	defaultCols, defaultRows = 80, 24
)

// commandIDs names commands. A name begins with the client's own start, so that those of an earlier life are told apart.
type commandIDs struct {
	life string
	ids  probeIDs
}

func newCommandIDs() *commandIDs {
	return &commandIDs{life: commandPrefix + strconv.FormatInt(time.Now().UnixNano(), 36) + "-"}
}

func (c *commandIDs) next() string { return c.life + strconv.FormatUint(c.ids.last.Add(1), 36) }

// Execute implements runtime.Executor.
func (c *Client) Execute(ctx context.Context, id string, command runtime.Command) (int, error) {
	if len(command.Args) == 0 || command.Args[0] == "" {
		return 0, failure("exec", id, fmt.Errorf("a command has at least one word: %w", errInvalid))
	}
	task, process, err := c.prepareCommand(ctx, id, command)
	if err != nil {
		return 0, failure("exec", id, err)
	}
	running, ended, err := c.begin(ctx, id, task, process, command)
	if err != nil {
		return 0, failure("exec", id, err)
	}
	defer c.endProbe(ctx, task, running)
	if command.Started != nil {
		command.Started()
	}
	sizing, stop := context.WithCancel(ctx)
	defer stop()
	go resize(sizing, running, command.Sizes)
	select {
	case status := <-ended:
		c.session(ctx, task, running.ID(), int(running.Pid())).signal(ctx, syscall.SIGHUP)
		waitFor(running.IO(), lastOutput)
		return int(status.ExitCode()), failure("exec", id, status.Error())
	case <-ctx.Done():
		c.endCommand(ctx, task, running, ended)
		return 0, ctx.Err()
	}
}

// prepareCommand gives the container's task and what the command is to be: the container's process with other words.
func (c *Client) prepareCommand(ctx context.Context, id string, command runtime.Command) (containerd.Task, *specs.Process, error) {
	container, err := c.conn.LoadContainer(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	spec, err := container.Spec(ctx)
	if err != nil {
		return nil, nil, err
	}
	task, err := c.runningTask(ctx, container)
	if err != nil {
		return nil, nil, err
	}
	process := *spec.Process
	process.Args, process.Terminal = command.Args, command.Terminal
	process.Env = slices.Clone(process.Env)
	extra := command.Env
	if command.Terminal {
		process.ConsoleSize = firstSize(command.Sizes)
		extra = slices.Concat([]string{"TERM=xterm"}, extra)
	}
	process.Env = override(process.Env, extra)
	if command.User != "" {
		if process.User, err = c.userOf(ctx, container, command.User); err != nil {
			return nil, nil, err
		}
	}
	return task, &process, nil
}

// firstSize is the terminal's from the start, if that is known already.
func firstSize(sizes <-chan runtime.TerminalSize) *specs.Box {
	select {
	case size, known := <-sizes:
		if known {
			return &specs.Box{Width: uint(size.Cols), Height: uint(size.Rows)}
		}
	default:
	}
	return &specs.Box{Width: defaultCols, Height: defaultRows}
}

// runningTask gives the task of a container that runs.
func (c *Client) runningTask(ctx context.Context, container containerd.Container) (containerd.Task, error) {
	task, err := container.Task(ctx, nil)
	if err != nil {
		return nil, err
	}
	status, err := task.Status(ctx)
	if err != nil {
		return nil, err
	}
	if status.Status != containerd.Running && status.Status != containerd.Paused {
		return nil, fmt.Errorf("the container is not running: %w", errdefs.ErrNotFound)
	}
	return task, nil
}

// userOf finds a user in the container's image.
func (c *Client) userOf(ctx context.Context, container containerd.Container, name string) (specs.User, error) {
	info, err := container.Info(ctx, containerd.WithoutRefreshedMetadata)
	if err != nil {
		return specs.User{}, err
	}
	image, err := c.images.get(ctx, info.Image)
	var users accounts
	if err == nil {
		users, err = c.images.accountsOf(ctx, image)
	}
	if err != nil && !errdefs.IsNotFound(err) { // an image that has gone since knows no names, but there are numbers
		return specs.User{}, err
	}
	return users.resolve(name)
}

// override replaces variables by others of the same name, and appends the rest.
func override(env, by []string) []string {
	for _, variable := range by {
		name, _, _ := strings.Cut(variable, "=")
		at := slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if at < 0 {
			env = append(env, variable)
		} else {
			env[at] = variable
		}
	}
	return env
}

// begin starts the command.
func (c *Client) begin(ctx context.Context, id string, task containerd.Task, process *specs.Process, command runtime.Command) (containerd.Process, <-chan containerd.ExitStatus, error) {
	stdin := &closing{Reader: command.Stdin}
	streams := cio.WithStreams(stdin, orDrop(command.Stdout), orDrop(command.Stderr))
	options := []cio.Opt{streams, cio.WithFIFODir(c.layout.files(id))}
	if command.Terminal {
		options = append(options, cio.WithTerminal)
	}
	stdin.held = make(chan struct{})
	// A start that is cut short can leave a process that nobody knows: it is completed, and then ended.
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	running, err := task.Exec(whole, c.commands.next(), process, cio.NewCreator(options...))
	if err != nil {
		close(stdin.held)
		return nil, nil, err
	}
	// The end of input is told to the shim, which holds the input open, too. A terminal's input has no end.
	stdin.end = func() {
		if !command.Terminal {
			_ = running.CloseIO(context.WithoutCancel(ctx), containerd.WithStdinCloser) // a command that has ended needs none
		}
	}
	ended, err := running.Wait(context.WithoutCancel(ctx))
	if err == nil {
		err = running.Start(whole)
	}
	close(stdin.held)
	if size := process.ConsoleSize; err == nil && size != nil { // not every runtime gives it its size from the start
		_ = running.Resize(ctx, uint32(size.Width), uint32(size.Height)) // it may have ended
	}
	if err != nil {
		c.endProbe(ctx, task, running)
		return nil, nil, err
	}
	return running, ended, nil
}

// closing is standard input whose end is told of. Nothing is read from it before the command has been started.
type closing struct {
	io.Reader
	held chan struct{}
	end  func()
}

// Read implements io.Reader.
func (s *closing) Read(p []byte) (int, error) {
	<-s.held
	if s.Reader != nil {
		n, err := s.Reader.Read(p)
		if err != nil {
			s.Reader = nil
		}
		if n > 0 || err == nil {
			return n, nil
		}
	}
	if s.end != nil {
		s.end()
		s.end = nil
	}
	return 0, io.EOF
}

func orDrop(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// resize follows the terminal's size.
func resize(ctx context.Context, running containerd.Process, sizes <-chan runtime.TerminalSize) {
	for {
		select {
		case size, open := <-sizes:
			if !open {
				return
			}
			_ = running.Resize(ctx, uint32(size.Cols), uint32(size.Rows)) // a command that has ended has no terminal
		case <-ctx.Done():
			return
		}
	}
}

// waitFor waits until the streams have ended, and gives them up after a while.
func waitFor(streams cio.IO, patience time.Duration) {
	ended := make(chan struct{})
	go func() {
		streams.Wait()
		close(ended)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		streams.Cancel()
		<-ended
	}
}

// endCommand ends a command and all that it started in its session.
func (c *Client) endCommand(ctx context.Context, task containerd.Task, running containerd.Process, ended <-chan containerd.ExitStatus) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTimeout)
	defer cancel()
	all := c.session(ctx, task, running.ID(), int(running.Pid()))
	all.signal(ctx, syscall.SIGHUP)
	grace := time.NewTimer(runtime.HangupGrace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	}
	all.signal(ctx, syscall.SIGKILL)
	running.IO().Cancel()
}

// signalSession signals a process if it belongs to a session. The number cannot become another process's in between.
func signalSession(pid, session int, signal syscall.Signal) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if of, err := unix.Getsid(pid); err == nil && of == session {
		_ = unix.PidfdSendSignal(fd, signal, nil, 0) // it may have ended
	}
}

// EndCommands implements runtime.Executor.
func (c *Client) EndCommands(ctx context.Context, id string) error {
	container, err := c.conn.LoadContainer(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return failure("exec", id, err)
	}
	task, err := container.Task(ctx, nil)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return failure("exec", id, err)
	}
	processes, err := task.Pids(ctx)
	if err != nil {
		if errdefs.IsNotFound(err) {
			err = nil
		}
		return failure("exec", id, err)
	}
	var failed error
	for _, p := range processes {
		name := execID(p)
		if !strings.HasPrefix(name, commandPrefix) || strings.HasPrefix(name, c.commands.life) {
			continue
		}
		if err := c.endLeft(ctx, task, name, int(p.Pid)); err != nil && !errdefs.IsNotFound(err) {
			failed = errors.Join(failed, err)
		}
	}
	for _, name := range c.leftInside(id) {
		if !strings.HasPrefix(name, c.commands.life) {
			failed = errors.Join(failed, c.endLeftInside(ctx, task, name))
		}
	}
	return failure("exec", id, failed)
}

// endLeft ends one command of an earlier life.
func (c *Client) endLeft(ctx context.Context, task containerd.Task, name string, leader int) error {
	ctx, cancel := context.WithTimeout(ctx, killTimeout)
	defer cancel()
	left, err := task.LoadProcess(ctx, name, nil)
	if err != nil {
		return err
	}
	ended, err := left.Wait(ctx)
	if err != nil {
		return err
	}
	c.session(ctx, task, name, leader).signal(ctx, syscall.SIGKILL)
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err = left.Delete(ctx)
	return err
}

// Process implements runtime.Executor.
func (c *Client) Process(ctx context.Context, id string) (int, error) {
	container, err := c.conn.LoadContainer(ctx, id)
	if err != nil {
		return 0, failure("exec", id, err)
	}
	task, err := c.runningTask(ctx, container)
	if err != nil {
		return 0, failure("exec", id, err)
	}
	return int(task.Pid()), nil
}
