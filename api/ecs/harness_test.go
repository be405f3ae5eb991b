package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	ecsapi "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const (
	account = "123456789012"
	region  = "eu-central-1"
	arn     = "arn:aws:ecs:" + region + ":" + account + ":"
)

// lab is the front door over HTTP, with the SDK's client, a clock that stands
// still and callers that are whoever the access key says.
type lab struct {
	*ecs.Client
	t   *testing.T
	db  *store.DB
	url string
	// full makes every write fail for want of space.
	full atomic.Bool
	// sessions are what ExecuteCommand opens.
	sessions opened

	mu      sync.Mutex
	now     time.Time
	callers map[string]caller.Identity
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t}
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{Fault: func(op memlog.Op) memlog.Fault {
		if op == memlog.OpAppend && l.full.Load() {
			return memlog.NoSpace
		}
		return memlog.None
	}}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.db, l.now, l.callers = db, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), map[string]caller.Identity{"ROOT": caller.NewRoot(account, "ROOT")}
	if err := control.BeginNetwork(t.Context(), db, account, region); err != nil {
		t.Fatal(err)
	}
	router := wire.NewRouter(wire.Options{Authenticate: l.authenticate, Logger: slog.New(slog.DiscardHandler)}, ecsapi.New(db, ecsapi.Options{
		Region: region, Now: l.clock, Exec: &l.sessions, RegistryHosts: []string{"127.0.0.1:4566"},
		Endpoints: func(context.Context, string, string) (ecsapi.Endpoints, error) {
			return ecsapi.Endpoints{Control: "http://127.0.0.1:4566/acs", Telemetry: "http://127.0.0.1:4566/tcs"}, nil
		},
	}))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	l.url = server.URL
	l.Client = l.as("ROOT")
	return l
}

// as returns a client of another caller.
func (l *lab) as(key string) *ecs.Client {
	return ecs.New(ecs.Options{Region: region, BaseEndpoint: &l.url, RetryMaxAttempts: 1, HTTPClient: wiretest.Patient{},
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", "")})
}

func (l *lab) authenticate(r *http.Request, _ []byte) (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, id := range l.callers {
		if strings.Contains(r.Header.Get("Authorization"), "Credential="+key+"/") {
			return caller.With(r.Context(), id), nil
		}
	}
	return nil, errors.New("nobody")
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) advance(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// must returns v, or fails.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused checks that err is the exception with the code and message; a
// message that ends in "..." is a beginning.
func refused(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("error is %v, want %s: %s", err, code, message)
	}
	prefix, open := strings.CutSuffix(message, "...")
	same := api.ErrorMessage() == message || open && strings.HasPrefix(api.ErrorMessage(), prefix)
	if api.ErrorCode() != code || !same {
		t.Fatalf("error is %s: %q, want %s: %q", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
}

// commit writes to the store what others than the front door write.
func (l *lab) commit(nouns ...model.Noun) {
	l.t.Helper()
	var c model.Change
	for _, n := range nouns {
		c.Put(n)
	}
	if _, err := l.db.Commit(context.Background(), c); err != nil {
		l.t.Fatal(err)
	}
}

// cluster makes a cluster.
func (l *lab) cluster(name string) {
	l.t.Helper()
	if _, err := l.CreateCluster(l.t.Context(), &ecs.CreateClusterInput{ClusterName: &name}); err != nil {
		l.t.Fatal(err)
	}
}

// resources are what a small instance lends.
func resources(cpu, memory int32, ports ...string) []types.Resource {
	return []types.Resource{
		{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: cpu},
		{Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: memory},
		{Name: aws.String("PORTS"), Type: aws.String("STRINGSET"), StringSetValue: ports},
		{Name: aws.String("PORTS_UDP"), Type: aws.String("STRINGSET"), StringSetValue: []string{}},
	}
}

// capable are the attributes of an instance that can do everything.
func capable(more ...types.Attribute) []types.Attribute {
	var all []types.Attribute
	for _, a := range model.Capabilities() {
		all = append(all, types.Attribute{Name: aws.String(a.Name)})
	}
	return append(all, more...)
}

// instance registers an instance whose agent is connected and returns its ARN.
func (l *lab) instance(cluster string, cpu, memory int32, more ...types.Attribute) string {
	l.t.Helper()
	out, err := l.RegisterContainerInstance(l.t.Context(), &ecs.RegisterContainerInstanceInput{
		Cluster: &cluster, TotalResources: resources(cpu, memory, "22", "51678"), Attributes: capable(more...)})
	if err != nil {
		l.t.Fatal(err)
	}
	l.connect(*out.ContainerInstance.ContainerInstanceArn, true)
	return *out.ContainerInstance.ContainerInstanceArn
}

// connect notes whether the instance's agent is connected, as dispatch does.
func (l *lab) connect(arn string, connected bool) {
	l.t.Helper()
	i, ok := store.Get[*model.ContainerInstance](l.db.View(), keyOf(arn))
	if !ok {
		l.t.Fatalf("no instance %s", arn)
	}
	i = i.Clone()
	i.AgentConnected, i.ConnectedAt = connected, l.clock()
	l.commit(i)
}

// keyOf returns the key id of a task, service or instance by its long ARN.
func keyOf(arn string) string {
	a, _ := model.ParseARN(arn)
	_, rest := a.Path()
	return a.Account + "/" + rest
}

// register registers a definition of one small container and returns its ARN.
func (l *lab) register(family string, change ...func(*ecs.RegisterTaskDefinitionInput)) string {
	l.t.Helper()
	in := definition(family)
	for _, c := range change {
		c(in)
	}
	out, err := l.RegisterTaskDefinition(l.t.Context(), in)
	if err != nil {
		l.t.Fatal(err)
	}
	return *out.TaskDefinition.TaskDefinitionArn
}

func definition(family string) *ecs.RegisterTaskDefinitionInput {
	return &ecs.RegisterTaskDefinitionInput{Family: &family, ContainerDefinitions: []types.ContainerDefinition{{
		Name: aws.String("web"), Image: aws.String("web:1"), Cpu: 100, Memory: aws.Int32(128)}}}
}

// task returns a stored task.
func (l *lab) task(arn string) *model.Task {
	l.t.Helper()
	t, ok := store.Get[*model.Task](l.db.View(), keyOf(arn))
	if !ok {
		l.t.Fatalf("no task %s", arn)
	}
	return t
}

// report reports a task's status, with one container in the same.
func (l *lab) report(task, status string, change ...func(*ecs.SubmitTaskStateChangeInput)) {
	l.t.Helper()
	in := &ecs.SubmitTaskStateChangeInput{Cluster: aws.String(l.task(task).Cluster), Task: &task, Status: &status,
		Containers: []types.ContainerStateChange{{ContainerName: aws.String("web"), Status: &status}}}
	for _, c := range change {
		c(in)
	}
	if _, err := l.SubmitTaskStateChange(l.t.Context(), in); err != nil {
		l.t.Fatal(err)
	}
}

// run runs one task of the definition in the default cluster.
func (l *lab) run(definition string, change ...func(*ecs.RunTaskInput)) string {
	l.t.Helper()
	in := &ecs.RunTaskInput{TaskDefinition: &definition}
	for _, c := range change {
		c(in)
	}
	out, err := l.RunTask(l.t.Context(), in)
	if err != nil {
		l.t.Fatal(err)
	}
	if len(out.Tasks) != 1 || len(out.Failures) != 0 {
		l.t.Fatal(fmt.Sprintf("%d tasks, failures %v", len(out.Tasks), out.Failures))
	}
	return *out.Tasks[0].TaskArn
}
