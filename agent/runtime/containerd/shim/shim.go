// Package shim is the process between containerd and the containers of a few tasks: containerd's runc shim, with what it
// sees written down (package record) before it is told to anybody.
//
// It decides nothing about containers. It is a mode of the one binary and lives as long as its tasks; it must start
// quickly and stay small, and it outlives the agent and containerd.
package shim

import (
	"context"
	"fmt"
	"os"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/manager"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/task"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/go-runc"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/signals"
)

const (
	// Name is the base name under which the binary is a shim. It tells the mode when containerd executes it.
	Name = "containerd-shim-roadstead-v2"
	// GroupAnnotation makes containers with the same value share one shim.
	GroupAnnotation = "io.containerd.runc.v2.group"
	// modeVariable tells the mode when the shim executes itself, which it does by the binary's real name.
	modeVariable = "ROADSTEAD_MODE"
	mode         = "containerd-shim"
)

// lastBreath is how long a shim may take to end once it has begun to.
const lastBreath = 15 * time.Second

// Wanted tells whether the process was started to be a shim, from the name it was called by and its environment.
func Wanted(name string) bool {
	return name == Name || os.Getenv(modeVariable) == mode
}

// Main is the shim. It takes its arguments from the process and may exit it. A spare asks for commands, with a directory
// for what all shims of the node share; both the function and what it gives may be nil.
func Main(direct func(directory string) Commands) {
	signals.Unblock()
	// The variable must reach the shim that "start" executes and nothing that the shim executes.
	if len(os.Args) > 0 && os.Args[len(os.Args)-1] == "start" {
		if err := os.Setenv(modeVariable, mode); err != nil {
			panic(err) // only a malformed name can fail
		}
	} else if err := os.Unsetenv(modeVariable); err != nil {
		panic(err)
	}
	signals.Keep()
	if os.Getenv(SpareVariable) != "" {
		var commands Commands
		if direct != nil && os.Getenv(ExecuteVariable) == "" {
			commands = direct(sharedDirectory())
		}
		if err := serve(commands); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", Name, err)
			os.Exit(1)
		}
		return
	}
	// The plugins linked for the daemon are in the same registry, and a shim loads all that it finds there.
	registry.Reset()
	registry.Register(&plugin.Registration{
		Type:     plugins.TTRPCPlugin,
		ID:       "task",
		Requires: []plugin.Type{plugins.EventPlugin, plugins.InternalPlugin},
		InitFn:   newPlugin,
	})
	runc.Monitor = gatekeeper{ProcessMonitor: runc.Monitor} // for "delete"; a service sets its own
	shim.RunShim(context.Background(), manager.NewShimManager("io.containerd.runc.v2"))
}

// newPlugin is the service of a shim that containerd executes itself.
func newPlugin(ic *plugin.InitContext) (any, error) {
	events, err := ic.GetByID(plugins.EventPlugin, "publisher")
	if err != nil {
		return nil, err
	}
	ending, err := ic.GetByID(plugins.InternalPlugin, "shutdown")
	if err != nil {
		return nil, err
	}
	return newService(ic.Context, events.(shim.Publisher), ending.(shutdown.Service), nil)
}

func newService(ctx context.Context, events shim.Publisher, ending shutdown.Service, commands Commands) (*service, error) {
	groups, err := cgroup.Open("")
	if err != nil {
		return nil, err
	}
	witness := newWitness(events, groups)
	tasks, err := task.NewTaskService(ctx, witness, ending)
	if err != nil {
		return nil, err
	}
	ending.RegisterCallback(func(context.Context) error {
		// What ends a shim may wait for a daemon that is gone: it is given so long and no longer.
		time.AfterFunc(lastBreath, func() { os.Exit(1) })
		return nil
	})
	keeper := gatekeeper{ProcessMonitor: runc.Monitor, commands: commands, children: newChildren(), callers: newCallers(), starts: witness.letGo, begins: witness.begins}
	runc.Monitor = keeper // after the task service has set it to the shim's reaper
	made := &service{TTRPCTaskService: tasks, witness: witness, callers: keeper.callers}
	if number := os.Getenv(SpareVariable); number != "" {
		go keeper.children.run(ctx)
		if err := os.Unsetenv(SpareVariable); err != nil {
			return nil, err
		}
		if err := leaveNothing(ending); err != nil {
			return nil, err
		}
		if made.lifeline, err = hold(number, func() { _, _ = tasks.Shutdown(ctx, &taskapi.ShutdownRequest{}) }); err != nil { // it never fails
			return nil, err
		}
	}
	return made, nil
}
