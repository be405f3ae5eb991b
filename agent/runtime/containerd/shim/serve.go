package shim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/pkg/sys/reaper"
	"github.com/containerd/ttrpc"
	"golang.org/x/sys/unix"
)

const (
	// listeningFile is the number of the socket that a spare is given.
	listeningFile = 3
	// garbagePercent is how far the heap, of 4 MB at least, may grow before it is collected: a start, which makes 6 MB
	// of garbage, should not have to. What is left over is given back every trimInterval.
	garbagePercent = 400
	trimInterval   = 30 * time.Second
)

// serve is the shim as a spare. It does what containerd's shim does with what it is given, and none of the rest: no
// plugins are looked for, which costs as much as Go's own beginning.
func serve(commands Commands) error {
	debug.SetGCPercent(garbagePercent)
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	namespace, _ := flags.String("namespace", "", "containerd's"), flags.String("id", "", "of the spare")
	address := flags.String("address", "", "of containerd")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	if *namespace == "" || *address == "" {
		return errors.New("a spare has a namespace and the address of a daemon")
	}
	if err := reaper.SetSubreaper(1); err != nil {
		return fmt.Errorf("become the parent of orphans: %w", err)
	}
	// A broken pipe is an error of who writes to it. To be ignored the signal must be taken, or containers would begin
	// with it ignored.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	ctx, ending := shutdown.WithShutdown(namespaces.WithNamespace(context.Background(), *namespace))
	publisher, err := shim.NewPublisher(os.Getenv("TTRPC_ADDRESS"))
	if err != nil {
		return fmt.Errorf("connect to containerd: %w", err)
	}
	served, err := newService(ctx, publisher, ending, commands)
	if err != nil {
		return err
	}
	server, err := ttrpc.NewServer(ttrpc.WithServerHandshaker(ttrpc.UnixSocketRequireSameUser()))
	if err != nil {
		return err
	}
	if err := served.RegisterTTRPC(server); err != nil {
		return err
	}
	socket := os.NewFile(listeningFile, "socket")
	listener, err := net.FileListener(socket)
	socket.Close()
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ctx, listener) }()
	return untilEnd(ending, failed)
}

// untilEnd waits for the end of the last container, a signal, or a server that cannot serve.
func untilEnd(ending shutdown.Service, failed <-chan error) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGINT, unix.SIGTERM)
	trim := time.NewTicker(trimInterval)
	defer trim.Stop()
	for {
		select {
		case <-trim.C:
			debug.FreeOSMemory()
		case <-asked:
			ending.Shutdown()
		case err := <-failed:
			failed = nil
			if err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, ttrpc.ErrServerClosed) {
				return fmt.Errorf("serve: %w", err)
			}
		case <-ending.Done():
			if err := ending.Err(); err != nil && !errors.Is(err, shutdown.ErrShutdown) {
				return fmt.Errorf("end: %w", err)
			}
			return nil
		}
	}
}
