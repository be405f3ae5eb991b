package ecs_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	ecsapi "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

// A server that another has replaced does not refuse or deny anything, nor say
// that there is nothing to do: its tables are old, and it answers that it does
// not know. What it shows it may still show.
func TestAReplacedServerDeniesNothing(t *testing.T) {
	log := memlog.New(memlog.Options{})
	db, err := store.Open(t.Context(), log, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	operations := ecsapi.New(db, ecsapi.Options{}).Operations
	call := func(name string, in any) error {
		t.Helper()
		at := slices.IndexFunc(operations, func(o wire.Operation) bool { return o.Name == name })
		_, err := operations[at].Call(caller.With(t.Context(), caller.NewRoot("000000000000", "KEY")), in)
		return err
	}
	if err := call("CreateCluster", &ecs.CreateClusterInput{ClusterName: aws.String("main")}); err != nil {
		t.Fatal(err)
	}
	main := aws.String("main")
	task := aws.String("arn:aws:ecs:us-east-1:000000000000:task/main/0123456789abcdef0123456789abcdef")
	questions := []struct {
		operation string
		in        any
		leading   string // what is answered while it leads
	}{
		{"SubmitTaskStateChange", &ecs.SubmitTaskStateChangeInput{Cluster: main, Task: task, Status: aws.String("RUNNING")}, "The referenced task was not found."},
		{"SubmitContainerStateChange", &ecs.SubmitContainerStateChangeInput{Cluster: main, Task: task}, "The referenced task was not found."},
		{"SubmitTaskStateChange", &ecs.SubmitTaskStateChangeInput{Cluster: aws.String("other"), Task: task}, "Cluster not found."},
		{"DeleteService", &ecs.DeleteServiceInput{Cluster: main, Service: aws.String("web")}, "Service not found."},
		{"DescribeTasks", &ecs.DescribeTasksInput{Cluster: main, Tasks: []string{*task}}, ""},
		{"DescribeClusters", &ecs.DescribeClustersInput{Clusters: []string{"other"}}, ""},
		{"CreateCluster", &ecs.CreateClusterInput{ClusterName: main}, ""}, // there is one: nothing to do
	}
	for _, q := range questions {
		err := call(q.operation, q.in)
		if (err == nil) != (q.leading == "") || err != nil && !strings.Contains(err.Error(), q.leading) {
			t.Errorf("%s while it leads: %v, want %q", q.operation, err, q.leading)
		}
	}
	if _, err := store.Open(t.Context(), log.Peer(nil), store.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		var fault *types.ServerException
		if err := call(q.operation, q.in); !errors.As(err, &fault) {
			t.Errorf("%s after its term: %v, want a server fault", q.operation, err)
		}
	}
	if err := call("DescribeClusters", &ecs.DescribeClustersInput{Clusters: []string{"main"}}); err != nil {
		t.Errorf("what there is is not shown: %v", err)
	}
}

// Every answer that can have failures is confirmed when it has some.
func TestNoFailuresAreForgotten(t *testing.T) {
	client := reflect.TypeFor[*ecs.Client]()
	found := 0
	for m := range client.Methods() {
		if m.Type.NumOut() != 2 || m.Type.Out(0).Kind() != reflect.Pointer {
			continue
		}
		out := reflect.New(m.Type.Out(0).Elem())
		f := out.Elem()
		if f.Kind() != reflect.Struct || !f.FieldByName("Failures").IsValid() {
			continue
		}
		found++
		if ecsapi.Misses(out.Interface()) {
			t.Errorf("%s: an answer without failures is said to miss something", m.Name)
		}
		f.FieldByName("Failures").Set(reflect.ValueOf([]types.Failure{{}}))
		if !ecsapi.Misses(out.Interface()) {
			t.Errorf("%s: failures are not confirmed", m.Name)
		}
	}
	if found < 15 {
		t.Errorf("only %d operations have failures", found)
	}
}
