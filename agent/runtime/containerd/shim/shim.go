// Package shim is the process between containerd and the containers of one task: containerd's runc shim, with what it
// sees written down (package record) before it is told to anybody.
//
// It decides nothing about containers. It is a mode of the one binary and lives as long as its task; it must start
// quickly and stay small, and it outlives the agent and containerd.
package shim

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/manager"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/task"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/go-runc"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
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

// garbagePercent is how far the heap, of 4 MB at least, may grow before it is collected. containerd collects it at less
// than half as much again, which a start reaches three times. What is left over is given back twice a minute.
const garbagePercent = 400

// lastBreath is how long a shim may take to end once it has begun to.
const lastBreath = 15 * time.Second

// Wanted tells whether the process was started to be a shim, from the name it was called by and its environment.
func Wanted(name string) bool {
	return name == Name || os.Getenv(modeVariable) == mode
}

// Main is the shim. It takes its arguments from the process and may exit it. A spare asks for commands, with a directory
// for what all shims of the node share; both the function and what it gives may be nil.
func Main(direct func(directory string) Commands) {
	// The variable must reach the shim that "start" executes and nothing that the shim executes.
	if len(os.Args) > 0 && os.Args[len(os.Args)-1] == "start" {
		if err := os.Setenv(modeVariable, mode); err != nil {
			panic(err) // only a malformed name can fail
		}
	} else if err := os.Unsetenv(modeVariable); err != nil {
		panic(err)
	}
	var commands Commands
	// The plugins linked for the daemon are in the same registry, and a shim loads all that it finds there.
	registry.Reset()
	registry.Register(&plugin.Registration{
		Type:     plugins.TTRPCPlugin,
		ID:       "task",
		Requires: []plugin.Type{plugins.EventPlugin, plugins.InternalPlugin},
		InitFn:   func(ic *plugin.InitContext) (any, error) { return newService(ic, commands) },
	})
	var options []shim.BinaryOpts
	if os.Getenv(SpareVariable) != "" {
		options = append(options, quietly)
	}
	if direct != nil && os.Getenv(SpareVariable) != "" && os.Getenv(ExecuteVariable) == "" {
		commands = direct(sharedDirectory())
	}
	if commands != nil {
		options = append(options, func(config *shim.Config) { config.NoReaper = true })
	}
	shim.RunShim(context.Background(), manager.NewShimManager("io.containerd.runc.v2"), options...)
}

func newService(ic *plugin.InitContext, commands Commands) (any, error) {
	events, err := ic.GetByID(plugins.EventPlugin, "publisher")
	if err != nil {
		return nil, err
	}
	ending, err := ic.GetByID(plugins.InternalPlugin, "shutdown")
	if err != nil {
		return nil, err
	}
	groups, err := cgroup.Open("")
	if err != nil {
		return nil, err
	}
	debug.SetGCPercent(garbagePercent)
	witness := newWitness(events.(shim.Publisher), groups)
	tasks, err := task.NewTaskService(ic.Context, witness, ending.(shutdown.Service))
	if err != nil {
		return nil, err
	}
	ending.(shutdown.Service).RegisterCallback(func(context.Context) error {
		// What ends a shim may wait for a daemon that is gone: it is given so long and no longer.
		time.AfterFunc(lastBreath, func() { os.Exit(1) })
		return nil
	})
	keeper := gatekeeper{ProcessMonitor: runc.Monitor, commands: commands, children: newChildren()}
	runc.Monitor = keeper // after the task service has set it to the shim's reaper
	if commands != nil {
		go keeper.children.run(ic.Context)
	}
	made := &service{TTRPCTaskService: tasks, witness: witness, use: newUse()}
	if number := os.Getenv(SpareVariable); number != "" {
		if err := os.Unsetenv(SpareVariable); err != nil {
			return nil, err
		}
		if err := leaveNothing(ending.(shutdown.Service)); err != nil {
			return nil, err
		}
		lifeline(number, made.use, ending.(shutdown.Service))
	}
	return made, nil
}
