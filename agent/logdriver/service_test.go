package logdriver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/agent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a logs service that can be away.
type service struct {
	mu      sync.Mutex
	down    bool
	hang    bool // calls of PutLogEvents do not return
	refuse  error
	groups  map[string]bool
	streams map[string][]string // messages, by group and stream
	puts    int
	problem string // with what was put
	lastAt  map[string]int64
	putting func()   // is called before a batch is taken
	allow   []string // access keys; nil: everybody
}

// permit refuses callers that are not allowed; it is called with mu held.
func (s *service) permit(opts []func(*cloudwatchlogs.Options)) error {
	if s.allow == nil {
		return nil
	}
	var o cloudwatchlogs.Options
	for _, f := range opts {
		f(&o)
	}
	if o.Credentials != nil {
		if c, err := o.Credentials.Retrieve(context.Background()); err == nil && slices.Contains(s.allow, c.AccessKeyID) {
			return nil
		}
	}
	return &types.AccessDeniedException{Message: aws.String("User is not authorized")}
}

func newService(groups ...string) *service {
	s := &service{groups: map[string]bool{}, streams: map[string][]string{}, lastAt: map[string]int64{}}
	for _, g := range groups {
		s.groups[g] = true
	}
	return s
}

var errAway = errors.New("connection refused")

func notFound() error {
	return &types.ResourceNotFoundException{Message: aws.String("The specified log group does not exist.")}
}

func (s *service) CreateLogGroup(_ context.Context, in *cloudwatchlogs.CreateLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errAway
	}
	if s.groups[*in.LogGroupName] {
		return nil, &types.ResourceAlreadyExistsException{}
	}
	s.groups[*in.LogGroupName] = true
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

func (s *service) CreateLogStream(_ context.Context, in *cloudwatchlogs.CreateLogStreamInput, opts ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errAway
	}
	if err := s.permit(opts); err != nil {
		return nil, err
	}
	if !s.groups[*in.LogGroupName] {
		return nil, notFound()
	}
	name := *in.LogGroupName + "/" + *in.LogStreamName
	if _, ok := s.streams[name]; ok {
		return nil, &types.ResourceAlreadyExistsException{}
	}
	s.streams[name] = nil
	return &cloudwatchlogs.CreateLogStreamOutput{}, nil
}

func (s *service) PutLogEvents(ctx context.Context, in *cloudwatchlogs.PutLogEventsInput, opts ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error) {
	s.mu.Lock()
	hang, putting := s.hang, s.putting
	s.mu.Unlock()
	if putting != nil {
		putting()
	}
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	if err := s.permit(opts); err != nil {
		return nil, err
	}
	name := *in.LogGroupName + "/" + *in.LogStreamName
	switch _, ok := s.streams[name]; {
	case s.down:
		return nil, errAway
	case s.refuse != nil:
		return nil, s.refuse
	case !s.groups[*in.LogGroupName] || !ok:
		return nil, notFound()
	}
	s.check(name, in.LogEvents)
	for _, e := range in.LogEvents {
		s.streams[name] = append(s.streams[name], *e.Message)
	}
	return &cloudwatchlogs.PutLogEventsOutput{}, nil
}

// check applies the rules of PutLogEvents.
func (s *service) check(name string, events []types.InputLogEvent) {
	size := 0
	for _, e := range events {
		size += len(*e.Message) + eventOverhead
		if len(*e.Message) == 0 || len(*e.Message) > maxEvent {
			s.problem = fmt.Sprintf("an event of %d bytes", len(*e.Message))
		}
		if *e.Timestamp < s.lastAt[name] {
			s.problem = "events are out of order"
		}
		s.lastAt[name] = *e.Timestamp
	}
	if len(events) == 0 || len(events) > maxBatchEvents || size > maxBatchBytes {
		s.problem = fmt.Sprintf("a batch of %d events and %d bytes", len(events), size)
	}
}

func (s *service) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *service) text(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.streams[name], "\n")
}

// rig is a driver over a directory that outlives it.
type rig struct {
	t       *testing.T
	dir     string
	service *service
	driver  *Driver
	stop    func()
	options Options
}

func newRig(t *testing.T, s *service, o Options) *rig {
	r := &rig{t: t, dir: t.TempDir(), service: s, options: o}
	r.open()
	t.Cleanup(func() {
		r.close()
		if s.problem != "" {
			t.Error(s.problem)
		}
	})
	return r
}

// open starts a driver, as an agent does that was started again.
func (r *rig) open() {
	r.t.Helper()
	driver, err := New(r.service, r.dir, r.options)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := driver.Run(ctx); !errors.Is(err, context.Canceled) {
			r.t.Errorf("driver: %v", err)
		}
	}()
	r.driver = driver
	r.stop = sync.OnceFunc(func() { cancel(); <-done })
}

func (r *rig) close() { r.stop() }

// start opens the log of a container that goes to the stream g/ID.
func (r *rig) start(id string, more ...string) string {
	r.t.Helper()
	o := map[string]string{"awslogs-group": "g", "awslogs-stream": id}
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i]] = more[i+1]
	}
	file, err := r.driver.Open(r.t.Context(), agent.Log{Container: id, Driver: "awslogs", Options: o})
	if err != nil {
		r.t.Fatal(err)
	}
	return file.Path
}

// write appends to a log as a shim does.
func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what other goroutines and the kernel do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func (r *rig) expect(id, want string) {
	r.t.Helper()
	eventually(r.t, id, func() bool { return r.service.text("g/"+id) == want })
}

func (r *rig) finish(id string) {
	r.t.Helper()
	if err := r.driver.Finish(r.t.Context(), id); err != nil {
		r.t.Fatal(err)
	}
	for _, pattern := range []string{id + ".*", "state/" + id + ".*"} {
		if left, _ := filepath.Glob(filepath.Join(r.dir, pattern)); len(left) > 0 {
			r.t.Errorf("left of %s: %v", id, left)
		}
	}
}
