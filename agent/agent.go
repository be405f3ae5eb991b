package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
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
	Version    string // of the agent
	Hash       string // of its source
}

// Options tunes an Agent.
type Options struct {
	Node     NodeOptions
	Instance Instance
	Region   string
	// Credentials sign the websockets' upgrades.
	Credentials aws.CredentialsProvider
	Logger      *slog.Logger
}

// Agent is one container instance.
type Agent struct {
	api     API
	node    *Node
	options Options

	creds credentials

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
	a := &Agent{api: api, options: o}
	edges.Reporter = a
	o.Node.Gone = func(task string) {
		a.creds.retain(func(t string) bool { return t != task })
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

// identity is what the instance remembers of its registration.
type identity struct {
	Cluster string `json:"cluster"`
	ARN     string `json:"containerInstanceArn"`
}

func (a *Agent) identityPath() string {
	return filepath.Join(a.options.Node.Dir, "instance.json")
}

func (a *Agent) loadIdentity() (id identity, err error) {
	text, err := os.ReadFile(a.identityPath())
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &id)
	}
	if err != nil {
		return id, fmt.Errorf("identity of the container instance: %w", err)
	}
	if id.Cluster != a.options.Instance.Cluster {
		return id, fmt.Errorf("the instance is registered in cluster %q and was started for cluster %q: use another data directory",
			id.Cluster, a.options.Instance.Cluster)
	}
	return id, nil
}

// register registers the instance, again under the ARN that it has if it has
// one, until the control plane accepts it.
func (a *Agent) register(ctx context.Context) error {
	id, err := a.loadIdentity()
	if err != nil {
		return err
	}
	var again backoff
	for {
		arn, err := a.registerOnce(ctx, id.ARN)
		switch {
		case err == nil:
			a.mu.Lock()
			a.arn = arn
			a.mu.Unlock()
			text, err := json.Marshal(identity{a.options.Instance.Cluster, arn})
			if err != nil {
				return err
			}
			return writeDurably(a.identityPath(), text, 0o600)
		case inactive(err) && id.ARN != "":
			id.ARN = "" // it was deregistered: join anew
			continue
		case terminal(err):
			return fmt.Errorf("register the container instance: %w", err)
		}
		a.options.Logger.Warn("registration failed; trying again", "error", err)
		if !again.wait(ctx) {
			return ctx.Err()
		}
	}
}

func (a *Agent) registerOnce(ctx context.Context, arn string) (string, error) {
	in := &ecs.RegisterContainerInstanceInput{
		Cluster:        aws.String(a.options.Instance.Cluster),
		TotalResources: a.options.Instance.Resources,
		Attributes:     a.options.Instance.Attributes,
		Tags:           a.options.Instance.Tags,
		VersionInfo: &types.VersionInfo{AgentVersion: aws.String(a.options.Instance.Version),
			AgentHash: aws.String(a.options.Instance.Hash)},
		InstanceIdentityDocument: aws.String(""), InstanceIdentityDocumentSignature: aws.String(""),
	}
	if arn != "" {
		in.ContainerInstanceArn = aws.String(arn)
	}
	out, err := a.api.RegisterContainerInstance(ctx, in)
	if err != nil {
		return "", err
	}
	if out.ContainerInstance == nil || aws.ToString(out.ContainerInstance.ContainerInstanceArn) == "" {
		return "", errors.New("the registration's answer has no containerInstanceArn")
	}
	return *out.ContainerInstance.ContainerInstanceArn, nil
}

// terminal reports whether an error of the API will not go away by itself.
// Source: specs/agent-protocol.md section 1.
func terminal(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "InvalidParameterException", "ClientException", "ClusterNotFoundException":
		return true
	}
	return false
}

func inactive(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && terminal(err) && api.ErrorCode() != "ClusterNotFoundException"
}

// backoff waits longer each time, with an upper bound.
type backoff struct{ next time.Duration }

const (
	firstWait = 100 * time.Millisecond
	lastWait  = 10 * time.Second
)

// wait waits; false when ctx ended.
func (b *backoff) wait(ctx context.Context) bool {
	b.next = min(max(firstWait, b.next*3/2), lastWait)
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (b *backoff) reset() { b.next = 0 }
