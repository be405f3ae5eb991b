package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	goruntime "runtime"
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
	// probesPerCore is how many health checks run at once on each core. They
	// wait more than they work.
	probesPerCore = 32
	// pullsAtOnce is how many containers' images are asked for at once. How
	// many are downloaded at once is the runtime's limit: most are there, or on
	// their way, and must not wait for those that are not.
	pullsAtOnce = 32
	// submitsAtOnce is how many reports are under way at once.
	// Source: specs/agent-protocol.md section 1.
	submitsAtOnce = 10
	// checksAtOnce is how many containers are looked for at once.
	checksAtOnce = 4
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
	// adopted, and returns the file that its output is to be appended to. It is
	// idempotent.
	Open(ctx context.Context, l Log) (LogFile, error)
	// Drain waits until all was shipped that a container has written by now.
	Drain(ctx context.Context, container string) error
	// Finish ships what is left of the log of a container that has ended, and
	// removes the file. It knows the container from an earlier life, too.
	Finish(ctx context.Context, container string) error
}

// LogFile is what a container's output is appended to.
type LogFile struct {
	Path string // "" for none
	// Limit is how many bytes are kept at least while nobody takes them; 0: all.
	Limit int64
}

// Log says which container's output goes where.
type Log struct {
	Container string // the container's id in the runtime
	Driver    string // awslogs, json-file, none, fluentd, syslog or awsfirelens
	Options   map[string]string
	// As gives the credentials of the task's execution role, if they are known;
	// nil: the log is the container instance's to write.
	As func() (acs.Credentials, bool)
	// Subject is what drivers say of the container.
	Subject LogSubject
	// Adopted says that the container has run already: Open asks nobody and
	// waits for nothing.
	Adopted bool
}

// LogSubject is a container as its log's readers know it.
type LogSubject struct {
	ID, Name    string
	Image       string // as the task definition names it
	ImageDigest string
	Env         []string // NAME=value
	Labels      map[string]string
}

// FramesLogs reports whether a driver wants lines in frames, which say of which
// stream they are.
func FramesLogs(driver string) bool {
	return driver == "fluentd" || driver == "syslog" || driver == routerDriver
}

// Edges are what a node acts through.
type Edges struct {
	Runtime runtime.Runtime
	Undoer  runtime.Undoer
	Prober  runtime.Prober
	Meter   runtime.Meter // nil: nothing is measured
	// Executor runs commands for people; nil: none are run.
	Executor runtime.Executor
	Network  network.Network
	Reporter Reporter
	Registry Authenticator
	Secrets  SecretReader // nil: tasks that need one are not started
	// SecretFiles keeps secrets in files; nil: containers that want them so do
	// not start.
	SecretFiles SecretFiles
	Objects     ObjectReader // nil: tasks with environment files are not started
	Mounts      Mounter      // nil: tasks with volumes that are mounted are not started
	Disks       Disks        // nil: tasks of Fargate write to the machine's disk
	Volumes     Volumes      // nil: tasks with block volumes are not started
	FileServers FileServers  // nil: tasks with file systems of EFS are not started
	Logs        LogDriver
	// Protector lets tasks protect themselves; nil refuses it.
	Protector Protector
	Images    runtime.Images // nil: images stay
	GPUs      GPUs           // nil: containers that are given some do not start
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
	// PullPolicy says when registries are asked for the images of tasks that
	// are not of Fargate.
	PullPolicy runtime.PullPolicy
	// Cleanup says which images are removed.
	Cleanup ImageCleanup
	// Gone is told of every task of which nothing is left; nil is nobody. It
	// must not block.
	Gone func(task string)
	// Execution gives the credentials of a task's execution role, when they are
	// there; it waits for them, because they may be sent after the task. It is
	// set by New.
	Execution func(ctx context.Context, task acs.Task) (acs.Credentials, error)
	// OpenFiles is how many files a process of a task on Fargate may have open
	// unless its container says otherwise; 0 is the constant OpenFiles.
	OpenFiles int64
	// TaskProcesses is how many processes and threads a task may have; 0 is as
	// many as it likes, and on Fargate its share of Machine.
	TaskProcesses int64
	Machine       Machine
	// FileSystems are the servers ("HOST:/export") of the file systems of EFS, by
	// their ids.
	FileSystems map[string]string
	// MaxTasks is how many tasks the node takes; 0 is the constant MaxTasks.
	MaxTasks int
}

// Node runs tasks.
type Node struct {
	edges   Edges
	options NodeOptions
	records *records
	proof   proof // of containers in the host's network
	work    chan func(now time.Time)
	health  chan struct{} // signalled when a container's health may have changed
	ready   chan struct{}
	wg      sync.WaitGroup

	starts, probes, pulls, submits, checks chan struct{} // slots

	images  *imageUse
	volumes turns // whose directory a volume has that is made, which several containers may want

	// What follows belongs to the goroutine of Run.
	live    map[string]*live // by ARN
	ended   ended
	alarms  alarms
	touched []*live // their effects are to be carried out
}

// live is a task and what the driver remembers of its containers.
type live struct {
	task    *step.Task
	payload acs.Task // does not change
	runs    map[string]*run
	keep    keep
	touched bool
	alarm   alarm
	secrets secrets // what was fetched for its containers; in memory alone
	held    *held   // set while an earlier life's leftovers are removed
}

// run is the driver's memory of one container.
type run struct {
	id         string // in the runtime, and of the sandbox
	image      runtime.Image
	sandbox    network.Attachment
	stopSignal string
	router     netip.Addr // of the task's log router, for who is started after it
	cancelPull context.CancelFunc
	checking   bool      // it is being looked for
	kills      int       // how often this run was killed
	endedRun   time.Time // when the run began whose end was heard of last
}

// NewNode returns a node that runs nothing until Run.
func NewNode(edges Edges, o NodeOptions) (*Node, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OpenFiles <= 0 {
		o.OpenFiles = OpenFiles
	}
	if o.MaxTasks <= 0 {
		o.MaxTasks = MaxTasks
	}
	records, err := openRecords(filepath.Join(o.Dir, "tasks"))
	if err != nil {
		return nil, err
	}
	proof, err := openProof(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Cleanup = o.Cleanup.withDefaults()
	times, err := loadImageTimes(o.imagesFile())
	if err != nil { // they are only less well chosen
		o.Logger.Warn("images are taken for unused", "error", err)
	}
	cores := goruntime.NumCPU()
	return &Node{
		edges: edges, options: o, records: records, proof: proof,
		work: make(chan func(time.Time)), health: make(chan struct{}, 1), ready: make(chan struct{}),
		live:   map[string]*live{},
		starts: make(chan struct{}, startsPerCore*cores), probes: make(chan struct{}, probesPerCore*cores),
		pulls: make(chan struct{}, pullsAtOnce), submits: make(chan struct{}, submitsAtOnce),
		checks: make(chan struct{}, checksAtOnce), images: newImageUse(o.imagesFile(), times),
	}, nil
}

// Ready is closed once what an earlier life of the agent left was adopted.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// HealthChanged is signalled when there may be something new in Health.
func (n *Node) HealthChanged() <-chan struct{} { return n.health }

// Run adopts what is there and drives all tasks until ctx ends. It returns
// when everything that it started has returned. It is called once.
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
	if n.edges.SecretFiles != nil {
		n.wg.Go(func() { n.refreshSecrets(ctx) })
	}
	if n.cleans() {
		n.wg.Go(func() { n.cleanImages(ctx) })
	}
	work := (chan func(time.Time))(nil) // held back until the node knows what is there
	var listing []runtime.Event
	for ctx.Err() == nil {
		n.carryOut(ctx)
		wake := time.NewTimer(n.alarms.wait(n.options.Now()))
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
			case work != nil:
				n.observe(ctx, e)
			case e.Status == runtime.StatusListed:
				if err := n.adopt(ctx, listing); err != nil {
					return err
				}
				work, listing = n.work, nil
				close(n.ready)
			default:
				listing = append(listing, e)
			}
		case f := <-work:
			f(n.options.Now())
		case <-wake.C:
			n.tick(n.options.Now())
		}
		wake.Stop()
	}
	return ctx.Err()
}

func (n *Node) tick(now time.Time) {
	for _, l := range n.alarms.due(now) {
		l.task.Tick(now)
		n.touch(l)
	}
}

// touch says that the task of l was told something.
func (n *Node) touch(l *live) {
	if !l.touched {
		l.touched = true
		n.touched = append(n.touched, l)
	}
}

// carryOut starts every effect that the touched tasks want, sets their alarms,
// and drops those that are done. Each effect runs beside the loop and answers
// into it.
func (n *Node) carryOut(ctx context.Context) {
	for _, l := range n.touched {
		l.touched = false
		if l.held != nil || n.live[l.payload.ARN] != l {
			continue
		}
		for _, e := range l.task.Effects() {
			n.effect(ctx, l, e)
		}
		if !l.task.Done() {
			n.alarms.set(l, l.task.Next())
			continue
		}
		n.alarms.set(l, time.Time{})
		delete(n.live, l.payload.ARN)
		n.ended.add(l.payload.ARN)
		n.images.ended(l, n.options.Now())
		if n.options.Gone != nil {
			n.options.Gone(l.payload.ARN)
		}
	}
	n.touched = n.touched[:0]
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
