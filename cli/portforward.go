package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/dispatch/datachannel"
	"github.com/roadstead/roadstead/dispatch/exec"
)

// maxForwarded is how many connections are forwarded at a time.
const maxForwarded = 64

func portForwardCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "port-forward TASK [LOCAL:]REMOTE...", Short: "Make ports of a task's container reachable on this machine", Args: cobra.MinimumNArgs(2),
		Long: `Listen on loopback and join each connection to a port inside the container's network, whether the container publishes it or
not. LOCAL may be 0 for any free port. The task must have been started with enableExecuteCommand. Ctrl-C ends it.` + personHelp,
		Example: "  roadstead port-forward 8f3a... 8080:80",
	}
	flags := addPersonFlags(c)
	container := c.Flags().StringP("container", "c", "", "name of the container (needed if the task has several)")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := flags.person()
		if err != nil {
			return err
		}
		f := &forwarding{person: p, task: args[0], container: *container, slots: make(chan struct{}, maxForwarded), out: c.OutOrStdout(), err: c.ErrOrStderr()}
		return f.run(c.Context(), args[1:])
	}
	return c
}

// forwarding joins local ports to those of one container.
type forwarding struct {
	person          *person
	task, container string
	slots           chan struct{}
	mu              sync.Mutex // of out and err
	out, err        io.Writer
}

func (f *forwarding) run(ctx context.Context, ports []string) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, port := range ports {
		local, remote, err := splitPorts(port)
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", local))
		if err != nil {
			return fmt.Errorf("forward port %s: %w", port, err)
		}
		defer listener.Close() // before those that wait for connections are waited for
		fmt.Fprintf(f.out, "Forwarding %s to port %s of the container\n", listener.Addr(), remote)
		all.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				f.slots <- struct{}{}
				all.Go(func() {
					defer func() { <-f.slots }()
					f.join(ctx, conn, remote)
				})
			}
		})
	}
	<-ctx.Done()
	return nil
}

// splitPorts reads LOCAL:REMOTE, or one port for both.
func splitPorts(s string) (local, remote string, err error) {
	local, remote, both := strings.Cut(s, ":")
	if !both {
		remote = local
	}
	for _, p := range []string{local, remote} {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 && p == remote {
			return "", "", fmt.Errorf("%q is not [LOCAL:]REMOTE", s)
		}
	}
	return local, remote, nil
}

// join carries one connection.
func (f *forwarding) join(ctx context.Context, conn net.Conn, remote string) {
	defer conn.Close()
	session, err := f.person.open(ctx, f.task, f.container, exec.VerbConnect+" "+remote, datachannel.Extension{Verb: true})
	if err == nil {
		defer session.Close()
		var end datachannel.Ending
		end, err = session.Run(ctx, datachannel.Streams{Stdin: conn, Stdout: conn})
		if end.Why != "" {
			err = errors.Join(err, errors.New(end.Why))
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
		f.mu.Lock()
		defer f.mu.Unlock()
		fmt.Fprintf(f.err, "port %s: %v\n", remote, err)
	}
}
