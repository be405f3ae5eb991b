package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// API is the part of ECS's API that an agent calls; the SDK's client has it.
type API interface {
	RegisterContainerInstance(context.Context, *ecs.RegisterContainerInstanceInput, ...func(*ecs.Options)) (*ecs.RegisterContainerInstanceOutput, error)
	DiscoverPollEndpoint(context.Context, *ecs.DiscoverPollEndpointInput, ...func(*ecs.Options)) (*ecs.DiscoverPollEndpointOutput, error)
	SubmitTaskStateChange(context.Context, *ecs.SubmitTaskStateChangeInput, ...func(*ecs.Options)) (*ecs.SubmitTaskStateChangeOutput, error)
}

// Instance says what a container instance is and where it belongs.
type Instance struct {
	Cluster    string
	Resources  []types.Resource
	Attributes []types.Attribute
	Tags       []types.Tag
	// GPUs gives the ids of those that the machine has now; nil: it lends none.
	// It is called by one goroutine at a time.
	GPUs    func() []string
	Version string // of the agent
	Hash    string // of its source
}

// Options tunes an Agent.
type Options struct {
	Node     NodeOptions
	Instance Instance
	Region   string
	// Credentials sign the websockets' upgrades.
	Credentials aws.CredentialsProvider
	// HTTP opens the websockets; nil is http.DefaultClient. It must have no
	// timeout of its own.
	HTTP   *http.Client
	Logger *slog.Logger
	// FromHost says whether an address is the machine's own: who asks from it at
	// 169.254.170.2 may be a task in the host's network. Nil: none may ask.
	FromHost func(netip.Addr) bool
	// Neighbours are the instances that share the machine's network with this
	// one, in the same process; nil is none.
	Neighbours *Neighbours
}

// Agent is one container instance.
type Agent struct {
	api     API
	node    *Node
	options Options

	creds credentials
	meter *meter // nil: nothing is measured

	protector Protector
	invited   chan *acs.ExecuteCommandMessage

	gpus []string // as registered; belongs to who registers

	mu  sync.Mutex
	arn string
}

// New returns an agent that does nothing until Run. Edges.Reporter is set by
// New; the other edges are the caller's.
func New(api API, edges Edges, o Options) (*Agent, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Node.Logger = o.Logger
	if o.Node.Now == nil {
		o.Node.Now = time.Now
	}
	a := &Agent{api: api, options: o, invited: make(chan *acs.ExecuteCommandMessage, invitedAhead)}
	edges.Reporter, a.protector = a, edges.Protector
	o.Node.Gone, o.Node.Execution = a.creds.forget, a.creds.execution
	if edges.Meter != nil {
		a.meter = newMeter(edges.Meter, o.Node.Now())
	}
	node, err := NewNode(edges, o.Node)
	if err != nil {
		return nil, err
	}
	a.node = node
	return a, nil
}

// InstanceARN returns the ARN that the instance registered under; "" before.
func (a *Agent) InstanceARN() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.arn
}

// Run adopts what runs, registers, and serves until ctx ends. It returns an
// error only when the control plane refuses the instance for good, or when the
// runtime cannot be watched.
func (a *Agent) Run(ctx context.Context) error {
	a.options.Neighbours.join(a)
	defer a.options.Neighbours.leave(a)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		if err := a.node.Run(ctx); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	})
	select {
	case <-a.node.Ready():
	case <-ctx.Done():
		return cause(ctx)
	}
	if err := a.register(ctx); err != nil {
		cancel(err)
		return cause(ctx)
	}
	wg.Go(func() { a.serve(ctx, "control channel", a.acsOnce) })
	wg.Go(func() { a.serve(ctx, "telemetry channel", a.tcsOnce) })
	wg.Go(func() { a.attend(ctx) })
	if a.options.Instance.GPUs != nil {
		wg.Go(func() { a.watchGPUs(ctx) })
	}
	if a.meter != nil {
		wg.Go(func() { a.measure(ctx) })
	}
	<-ctx.Done()
	return cause(ctx)
}

func cause(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
