package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	clusterARN  = "arn:aws:ecs:us-east-1:000000000000:cluster/test"
	instanceARN = "arn:aws:ecs:us-east-1:000000000000:container-instance/test/i"
)

// plane is a control plane of one instance: the API that agents call, and
// dispatch's real server.
type plane struct {
	t      *testing.T
	server *dispatch.Server
	http   *http.Server
	pipes  *pipes

	travelling sync.WaitGroup // reports

	mu        sync.Mutex
	down      bool                                            // the API does not answer and connections break
	latency   func() time.Duration                            // of reports
	answer    func(*ecs.SubmitTaskStateChangeInput) error     // nil accepts
	register  func(*ecs.RegisterContainerInstanceInput) error // nil accepts
	refusal   error                                           // of connections
	tasks     map[string]*planned                             // by ARN
	forgotten []string                                        // ARNs that it knew
	order     []string                                        // of all that was ever reported: ARN STATUS
	attempts  []time.Time                                     // of connections
	hellos    []dispatch.Hello                                // of accepted connections
	said      []acs.Message                                   // telemetry
	registers []*ecs.RegisterContainerInstanceInput           // accepted
	revision  int64                                           // of the assignments
	links     int                                             // nonces
	changed   map[chan struct{}]bool                          // of connections
	note      func(format string, arguments ...any)
	roles     map[string]*acs.Credentials // by task ARN
}

// planned is a task as the control plane knows it.
type planned struct {
	payload acs.Task
	desired string
	last    string // what was reported last: RUNNING or STOPPED
	reports []*ecs.SubmitTaskStateChangeInput
}

func newPlane(t *testing.T) *plane {
	p := &plane{t: t, tasks: map[string]*planned{}, changed: map[chan struct{}]bool{}, pipes: newPipes(), roles: map[string]*acs.Credentials{}}
	p.server = dispatch.NewServer(p, func(r *http.Request) (context.Context, error) { return r.Context(), nil }, dispatch.ServerOptions{})
	mux := http.NewServeMux()
	mux.Handle("/acs/ws", p.server.ACS())
	mux.Handle("/tcs/ws", p.server.TCS())
	p.http = &http.Server{Handler: mux}
	go p.http.Serve(p.pipes)
	return p
}

func (p *plane) close() {
	p.travelling.Wait()
	p.server.Shutdown()
	p.http.Close()
}

var errDown = errors.New("connection refused")

func (p *plane) setDown(down bool) {
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	if down {
		p.pipes.cut()
	}
}

func (p *plane) setRefusal(err error) {
	p.mu.Lock()
	p.refusal = err
	p.mu.Unlock()
	if err != nil {
		p.pipes.cut()
	}
}

func (p *plane) RegisterContainerInstance(_ context.Context, in *ecs.RegisterContainerInstanceInput, _ ...func(*ecs.Options)) (*ecs.RegisterContainerInstanceOutput, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, errDown
	}
	if p.register != nil {
		if err := p.register(in); err != nil {
			return nil, err
		}
	}
	p.registers = append(p.registers, in)
	return &ecs.RegisterContainerInstanceOutput{ContainerInstance: &types.ContainerInstance{ContainerInstanceArn: aws.String(instanceARN)}}, nil
}

func (p *plane) DiscoverPollEndpoint(context.Context, *ecs.DiscoverPollEndpointInput, ...func(*ecs.Options)) (*ecs.DiscoverPollEndpointOutput, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempts = append(p.attempts, time.Now())
	if p.down {
		return nil, errDown
	}
	return &ecs.DiscoverPollEndpointOutput{Endpoint: aws.String("http://plane/acs"), TelemetryEndpoint: aws.String("http://plane/tcs/")}, nil
}

// SubmitTaskStateChange takes its time: a report that is on its way arrives
// even when the agent that sent it has died.
func (p *plane) SubmitTaskStateChange(ctx context.Context, in *ecs.SubmitTaskStateChangeInput, _ ...func(*ecs.Options)) (*ecs.SubmitTaskStateChangeOutput, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.mu.Lock()
	latency := time.Duration(0)
	if p.latency != nil {
		latency = p.latency()
	}
	p.mu.Unlock()
	answer := make(chan error, 1)
	p.travelling.Go(func() {
		time.Sleep(latency)
		p.mu.Lock()
		defer p.mu.Unlock()
		answer <- p.submit(in)
	})
	select {
	case err := <-answer:
		return &ecs.SubmitTaskStateChangeOutput{}, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *plane) submit(in *ecs.SubmitTaskStateChangeInput) error {
	if p.down {
		return errDown
	}
	if p.answer != nil {
		if err := p.answer(in); err != nil {
			return err
		}
	}
	if in.Status == nil {
		in.Status = aws.String("ATTACHED") // it is about its attachments alone
	}
	p.order = append(p.order, taskID(*in.Task)+" "+*in.Status)
	p.note("plane: %s is reported %s", taskID(*in.Task), *in.Status)
	task := p.tasks[*in.Task]
	if task == nil {
		return &types.InvalidParameterException{Message: aws.String("The referenced task was not found.")}
	}
	task.reports = append(task.reports, in)
	if task.last != "STOPPED" {
		task.last = *in.Status
	}
	return nil
}

// Connect implements dispatch.Control.
func (p *plane) Connect(_ context.Context, h dispatch.Hello) (dispatch.Link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return dispatch.Link{}, errDown
	}
	if p.refusal != nil {
		return dispatch.Link{}, p.refusal
	}
	p.links++
	p.hellos = append(p.hellos, h)
	changed := make(chan struct{}, 1)
	p.changed[changed] = true
	return dispatch.Link{ID: "i", ClusterARN: clusterARN, InstanceARN: instanceARN, Nonce: fmt.Sprint("c", p.links), Changed: changed,
		Close: func() { p.mu.Lock(); defer p.mu.Unlock(); delete(p.changed, changed) }}, nil
}

// Disconnect implements dispatch.Control.
func (p *plane) Disconnect(context.Context, dispatch.Link, time.Duration) {}

// Assignments implements dispatch.Control.
func (p *plane) Assignments(dispatch.Link) (int64, []dispatch.Assignment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []dispatch.Assignment
	for arn, task := range p.tasks {
		if task.last == "STOPPED" {
			continue
		}
		payload, desired, role := task.payload, task.desired, p.roles[arn]
		a := dispatch.Assignment{ARN: arn, ClusterARN: clusterARN, Desired: desired, Running: task.last == "RUNNING",
			Payload: func(time.Time) acs.Task {
				p.note("plane: send %s %s", taskID(arn), desired)
				out := payload
				out.DesiredStatus = desired
				if desired == "RUNNING" {
					out.RoleCredentials = role
				}
				return out
			}}
		if role != nil {
			a.Credentials = func(kind string, _ time.Time) *acs.Credentials {
				if kind == acs.RoleTaskApplication {
					return role
				}
				return nil
			}
		}
		out = append(out, a)
	}
	return p.revision, out
}

// Changes implements dispatch.Control: it says all anew, and what is not
// assigned any more.
func (p *plane) Changes(l dispatch.Link) (int64, []dispatch.Assignment, []string) {
	revision, assigned := p.Assignments(l)
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := slices.Clone(p.forgotten)
	for arn, task := range p.tasks {
		if task.last == "STOPPED" {
			gone = append(gone, arn)
		}
	}
	return revision, assigned, gone
}

// Telemetry implements dispatch.Control.
func (p *plane) Telemetry(_ context.Context, _ dispatch.Hello, m acs.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, m)
	return nil
}

// wake tells every connection that assignments changed; the caller holds mu.
func (p *plane) wake() {
	p.revision++
	for c := range p.changed {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// run assigns a task to the instance.
func (p *plane) run(payload acs.Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("plane: run %s", taskID(payload.ARN))
	p.tasks[payload.ARN] = &planned{payload: payload, desired: "RUNNING"}
	p.wake()
}

// stop asks for a task to be stopped.
func (p *plane) stop(arns ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range arns {
		p.note("plane: stop %s", taskID(arn))
		p.tasks[arn].desired = "STOPPED"
	}
	p.wake()
}

// forget makes the control plane not know a task.
func (p *plane) forget(arn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tasks, arn)
	p.forgotten = append(p.forgotten, arn)
}

func (p *plane) last(arn string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if task := p.tasks[arn]; task != nil {
		return task.last
	}
	return ""
}

// report returns the newest report about a task.
func (p *plane) report(arn string) *ecs.SubmitTaskStateChangeInput {
	p.mu.Lock()
	defer p.mu.Unlock()
	task := p.tasks[arn]
	if task == nil || len(task.reports) == 0 {
		p.t.Fatalf("task %s was never reported", arn)
	}
	return task.reports[len(task.reports)-1]
}

// told returns the statuses that were reported of a task.
func (p *plane) told(arn string) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.tasks[arn].reports {
		out = append(out, *r.Status)
	}
	return out
}

// arns returns the tasks that the control plane knows, sorted.
func (p *plane) arns() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for arn := range p.tasks {
		out = append(out, arn)
	}
	slices.Sort(out)
	return out
}

// pipes is a network of net.Pipe, whose waiting a bubble of time understands.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	open map[net.Conn]bool
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), open: map[net.Conn]bool{}}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "plane", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[far] = true
	return near, nil
}

// cut breaks every connection.
func (p *pipes) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	clear(p.open)
}
