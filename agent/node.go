package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"sync"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Limits of a node.
const (
	// MaxTasks is how many tasks a node takes at a time.
	MaxTasks = 10_000
	// startsPerCore is how many containers are started at once on each core;
	// more only wait for each other.
	startsPerCore = 2
	// pullsAtOnce is how many images are fetched at once.
	pullsAtOnce = 4
	// submitsAtOnce is how many reports are under way at once.
	// Source: specs/agent-protocol.md section 1.
	submitsAtOnce = 10
)

// Reporter tells the control plane about a task. An error that is ErrRefused
// is final; any other is tried again.
type Reporter interface {
	Submit(ctx context.Context, task string, r step.Report) error
}

// ErrRefused is a report that the control plane will never accept.
var ErrRefused = errors.New("the control plane does not accept the report")

// Authenticator gives the credentials for a container's image; nil when the
// image needs none.
type Authenticator interface {
	Authenticate(ctx context.Context, c acs.Container) (*runtime.BasicAuth, error)
}

// LogDriver takes care of containers' log files.
type LogDriver interface {
	// Open prepares the log of a container that is about to start, or that was
	// adopted, and returns the file that its output is to be appended to, ""
	// for none. It is idempotent.
	Open(ctx context.Context, l Log) (path string, err error)
	// Finish ships what is left of the log of a container that has ended, and
	// removes the file.
	Finish(ctx context.Context, container string) error
}

// Log says which container's output goes where.
type Log struct {
	Container string // the container's id in the runtime
	Driver    string // awslogs, json-file or none
	Options   map[string]string
}

// Edges are what a node acts through.
type Edges struct {
	Runtime  runtime.Runtime
	Prober   runtime.Prober
	Network  network.Network
	Reporter Reporter
	Registry Authenticator
	Logs     LogDriver
}

// NodeOptions tunes a Node.
type NodeOptions struct {
	// Dir keeps the node's records; it is made when absent.
	Dir    string
	Now    func() time.Time
	Logger *slog.Logger
	// Environment is given to every container (AWS_REGION, AWS_ENDPOINT_URL ...).
	Environment map[string]string
	// ResolvConf is the text of containers' /etc/resolv.conf.
	ResolvConf string
	// Insecure lists registries (host:port) that are spoken to in plain HTTP.
	Insecure []string
	// Gone is told of every task of which nothing is left; nil is nobody. It
	// must not block.
	Gone func(task string)
}

// Node runs tasks.
type Node struct {
	edges   Edges
	options NodeOptions
	records *records
	work    chan func(now time.Time)
	health  chan struct{} // signalled when a container's health may have changed
	live    map[string]*live
	ended   ended
	starts  chan struct{}
	pulls   chan struct{}
	submits chan struct{}
	wg      sync.WaitGroup
	ready   chan struct{}
}

// live is a task and what the driver remembers of its containers.
type live struct {
	task    *step.Task
	payload acs.Task
	runs    map[string]*run
	saving  sync.Once
	saved   error
}

// run is the driver's memory of one container.
type run struct {
	id         string // in the runtime, and of the sandbox
	image      runtime.Image
	sandbox    network.Attachment
	stopSignal string
	cancelPull context.CancelFunc
	exit       *runtime.Event
}

// NewNode returns a node that runs nothing until Run.
func NewNode(edges Edges, o NodeOptions) (*Node, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	records, err := openRecords(filepath.Join(o.Dir, "tasks"))
	if err != nil {
		return nil, err
	}
	return &Node{
		edges: edges, options: o, records: records,
		work: make(chan func(time.Time)), health: make(chan struct{}, 1), live: map[string]*live{},
		starts:  make(chan struct{}, startsPerCore*goruntime.NumCPU()),
		pulls:   make(chan struct{}, pullsAtOnce),
		submits: make(chan struct{}, submitsAtOnce),
		ready:   make(chan struct{}),
	}, nil
}

// Ready is closed once what an earlier life of the agent left was adopted.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// HealthChanged is signalled when there may be something new in Health.
func (n *Node) HealthChanged() <-chan struct{} { return n.health }

// Run adopts what is there and drives all tasks until ctx ends. It returns
// when everything that it started has returned.
func (n *Node) Run(ctx context.Context) error {
	defer n.wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan runtime.Event)
	watched := make(chan error, 1)
	n.wg.Go(func() {
		watched <- n.edges.Runtime.Watch(ctx, func(e runtime.Event) {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		})
	})
	var listing []runtime.Event
	adopted := false
	seen := map[string]bool{}
	for {
		wake := n.timer()
		select {
		case <-ctx.Done():
			wake.Stop()
			return ctx.Err()
		case err := <-watched:
			wake.Stop()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("watch the runtime: %w", err)
		case e := <-events:
			switch {
			case adopted:
				n.observe(e, seen)
			case e.Status == runtime.StatusListed:
				if err := n.adopt(ctx, listing); err != nil {
					return err
				}
				adopted = true
				listing = nil
				close(n.ready)
			default:
				listing = append(listing, e)
			}
		case f := <-n.workWhen(adopted):
			f(n.options.Now())
		case <-wake.C:
			n.tick(ctx)
		}
		wake.Stop()
		if adopted {
			n.carryOut(ctx)
		}
	}
}

// workWhen holds work back until the node knows what is there.
func (n *Node) workWhen(adopted bool) chan func(time.Time) {
	if !adopted {
		return nil
	}
	return n.work
}

func (n *Node) timer() *time.Timer {
	var next time.Time
	for _, l := range n.live {
		if at := l.task.Next(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return time.NewTimer(time.Hour)
	}
	return time.NewTimer(max(0, next.Sub(n.options.Now())))
}

func (n *Node) tick(ctx context.Context) {
	now := n.options.Now()
	for _, l := range n.live {
		if at := l.task.Next(); !at.IsZero() && !now.Before(at) {
			l.task.Tick(now)
		}
	}
}

// do hands f to the loop and waits until it has run.
func (n *Node) do(ctx context.Context, f func(now time.Time)) error {
	done := make(chan struct{})
	select {
	case n.work <- func(now time.Time) { defer close(done); f(now) }:
	case <-ctx.Done():
		return ctx.Err()
	}
	<-done
	return nil
}

// Assign takes a payload. It returns once the task is saved, so that it may
// be acknowledged; known tasks only take over the desired status. Images and
// sandboxes are fetched meanwhile, but nothing starts before it is saved: a
// task that was started and forgotten would be started again.
func (n *Node) Assign(ctx context.Context, payload acs.Task) error {
	task, err := step.New(payload)
	if err != nil {
		return fmt.Errorf("task %s: %w", payload.ARN, err)
	}
	l := newLive(task, payload)
	tooMany, over := false, false
	if err := n.do(ctx, func(now time.Time) {
		switch known := n.live[payload.ARN]; {
		case known != nil:
			l = known
		case n.ended.has(payload.ARN):
			over = true // it was told of before its end was known there
			return
		case len(n.live) >= MaxTasks:
			tooMany = true
			return
		default:
			n.live[payload.ARN] = l
		}
		l.task.Desire(now, payload.DesiredStatus)
	}); err != nil {
		return err
	}
	if over {
		return nil
	}
	if tooMany {
		return fmt.Errorf("task %s: the node has %d tasks already", payload.ARN, MaxTasks)
	}
	return l.save(n.records)
}

// save writes the task's record, once; everybody who needs it waits for it.
func (l *live) save(records *records) error {
	l.saving.Do(func() { l.saved = records.save(l.payload) })
	return l.saved
}

func newLive(task *step.Task, payload acs.Task) *live {
	l := &live{task: task, payload: payload, runs: map[string]*run{}}
	id := taskID(payload.ARN)
	for i, c := range payload.Containers {
		l.runs[c.Name] = &run{id: fmt.Sprintf("%s-%d", id, i), stopSignal: ""}
	}
	return l
}

// Stop asks for tasks to be stopped, as a verified manifest says.
func (n *Node) Stop(ctx context.Context, arns []string) error {
	return n.do(ctx, func(now time.Time) {
		for _, arn := range arns {
			if l, ok := n.live[arn]; ok {
				l.task.Desire(now, step.Stopped)
			}
		}
	})
}

// Running returns the ARNs of the tasks that are not stopping, sorted.
func (n *Node) Running(ctx context.Context) (arns []string, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			if n.live[arn].task.Payload().DesiredStatus == step.Running {
				arns = append(arns, arn)
			}
		}
	})
	return arns, err
}

// TaskHealth is the health of one task's containers.
type TaskHealth struct {
	Task       acs.Task
	Containers []step.ContainerHealth
}

// Health returns the health of all tasks that have health checks, by ARN.
func (n *Node) Health(ctx context.Context) (all []TaskHealth, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, arn := range slices.Sorted(maps.Keys(n.live)) {
			l := n.live[arn]
			if h := l.task.Health(); len(h) > 0 {
				all = append(all, TaskHealth{l.payload, h})
			}
		}
	})
	return all, err
}

func (n *Node) healthMayHaveChanged() {
	select {
	case n.health <- struct{}{}:
	default:
	}
}
