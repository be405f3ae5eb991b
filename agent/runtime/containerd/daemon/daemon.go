// Package daemon is containerd as a mode of the one binary: the plugins that running containers needs, configured by a
// few flags and no file.
//
// It decides how containerd is set up. It may not know about tasks, images or the agent, and nothing may depend on it
// staying alive: containers and their shims do not.
package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/containerd/containerd/v2/cmd/containerd/server"
	"github.com/containerd/containerd/v2/cmd/containerd/server/config"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/version"
	"github.com/containerd/log"
)

// Argument is the first argument that makes the binary a containerd.
const Argument = "containerd-daemon"

// Options say where a daemon keeps things. All paths are absolute.
type Options struct {
	Root    string // survives a reboot: images, snapshots, metadata
	State   string // need not survive a reboot: bundles of running containers
	Address string // of its socket; at most 90 characters, because another is named after it
	Sockets string // directory of the shims' sockets; at most 42 characters
	Durable bool   // flush metadata to disk with every change; without it a power cut may cost the images
	Log     string // "debug", "info", "warn" or "error"; "" is "warn"
}

// Arguments gives the command line that Main understands.
func (o Options) Arguments() []string {
	arguments := []string{Argument, "-root", o.Root, "-state", o.State, "-address", o.Address, "-sockets", o.Sockets}
	if o.Durable {
		arguments = append(arguments, "-durable")
	}
	if o.Log != "" {
		arguments = append(arguments, "-log", o.Log)
	}
	return arguments
}

// Main runs the daemon until SIGTERM or SIGINT and gives the exit code. The arguments are those after Argument.
func Main(arguments []string, stderr io.Writer) int {
	options := Options{Log: "warn"}
	flags := flag.NewFlagSet(Argument, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&options.Root, "root", "", "directory that survives a reboot")
	flags.StringVar(&options.State, "state", "", "directory that need not")
	flags.StringVar(&options.Address, "address", "", "path of the socket")
	flags.StringVar(&options.Sockets, "sockets", "", "directory of the shims' sockets")
	flags.BoolVar(&options.Durable, "durable", false, "flush metadata with every change")
	flags.StringVar(&options.Log, "log", options.Log, "least level that is logged")
	if err := flags.Parse(arguments); err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, options); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "%s: %v\n", Argument, err)
		return 1
	}
	return 0
}

func run(ctx context.Context, options Options) error {
	if err := log.SetLevel(options.Log); err != nil {
		return fmt.Errorf("set log level: %w", err)
	}
	protect()
	registerOverlay(!options.Durable)
	settings := options.settings()
	if err := server.CreateTopLevelDirectories(settings); err != nil {
		return fmt.Errorf("make directories: %w", err)
	}
	if err := discardTorn(options); err != nil {
		return err
	}
	if err := mount.SetTempMountLocation(filepath.Join(options.Root, "tmpmounts")); err != nil {
		return fmt.Errorf("make directory for temporary mounts: %w", err)
	}
	if _, err := mount.CleanupTempMounts(0); err != nil {
		return fmt.Errorf("remove temporary mounts: %w", err)
	}
	daemon, err := server.New(ctx, settings)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	defer daemon.Stop()
	if err := daemon.Start(ctx); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (o Options) settings() *config.Config {
	return &config.Config{
		Version: version.ConfigVersion,
		Root:    o.Root,
		State:   o.State,
		RequiredPlugins: []string{
			"io.containerd.metadata.v1.bolt", "io.containerd.runtime.v2.task", "io.containerd.server.v1.grpc",
			"io.containerd.server.v1.ttrpc", "io.containerd.gc.v1.scheduler",
		},
		Plugins: map[string]any{
			"io.containerd.server.v1.grpc":   map[string]any{"address": o.Address},
			"io.containerd.server.v1.ttrpc":  map[string]any{"address": o.Address + ".ttrpc"},
			"io.containerd.shim.v1.manager":  map[string]any{"socket_dir": o.Sockets},
			"io.containerd.metadata.v1.bolt": map[string]any{"no_sync": !o.Durable},
		},
	}
}

// protect asks the kernel to rather kill a container than what runs all of them. Not every machine allows it, and
// containerd's own setting complains when it does not.
func protect() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-999"), 0o644)
}
