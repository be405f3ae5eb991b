package ecs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestListTasks(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	a, b := l.instance("default", 2048, 2048), l.instance("default", 2048, 2048)
	l.register("web")
	l.register("db")
	start := func(family, on string) string {
		out := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: &family, ContainerInstances: []string{on}, StartedBy: aws.String("by-" + family)}))
		return *out.Tasks[0].TaskArn
	}
	web1, web2, db := start("web", a), start("web", b), start("db", a)
	must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: &web2}))
	list := func(in *ecs.ListTasksInput) []string {
		t.Helper()
		var all []string
		for p := ecs.NewListTasksPaginator(l, in); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, out.TaskArns...)
		}
		return all
	}
	for _, c := range []struct {
		in   *ecs.ListTasksInput
		want []string
	}{
		{&ecs.ListTasksInput{}, []string{web1, db}},
		{&ecs.ListTasksInput{MaxResults: aws.Int32(1)}, []string{web1, db}},
		{&ecs.ListTasksInput{DesiredStatus: "STOPPED"}, []string{web2}},
		{&ecs.ListTasksInput{DesiredStatus: "PENDING"}, nil},
		{&ecs.ListTasksInput{Family: aws.String("web")}, []string{web1}},
		{&ecs.ListTasksInput{ContainerInstance: &a, MaxResults: aws.Int32(1)}, []string{web1, db}},
		{&ecs.ListTasksInput{ContainerInstance: &a, Family: aws.String("db")}, []string{db}},
		{&ecs.ListTasksInput{StartedBy: aws.String("by-db")}, []string{db}},
		{&ecs.ListTasksInput{LaunchType: "EXTERNAL"}, nil},
	} {
		if got := list(c.in); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%+v: %v, want %v", c.in, got, c.want)
		}
	}
	for _, other := range []ecs.ListTasksInput{{Family: aws.String("db")}, {ServiceName: aws.String("s")}, {ContainerInstance: &a}, {LaunchType: "EC2"}, {DaemonName: aws.String("d")}} {
		other.StartedBy = aws.String("by-db")
		_, err := l.ListTasks(t.Context(), &other)
		refused(t, err, "InvalidParameterException", "cannot specify startedBy with other arguments")
	}
	_, err := l.ListTasks(t.Context(), &ecs.ListTasksInput{ServiceName: aws.String("none")})
	refused(t, err, "ServiceNotFoundException", "Service not found.")
	_, err = l.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("none")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
}

func TestTaskRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	describe := func(refs ...string) error {
		_, err := l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: refs})
		return err
	}
	refused(t, describe([]string{}...), "InvalidParameterException", "Tasks cannot be empty.")
	refused(t, describe("short"), "InvalidParameterException", "taskId length should be one of [32,36]")
	refused(t, describe(slices.Repeat([]string{strings.Repeat("0", 32)}, 101)...), "InvalidParameterException", "Tasks can have at most 100 items.")
	_, err := l.StopTask(t.Context(), &ecs.StopTaskInput{Task: aws.String(strings.Repeat("0", 32))})
	refused(t, err, "InvalidParameterException", "The referenced task was not found.")
	_, err = l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{strings.Repeat("0", 32)}, Include: []types.TaskField{"EVERYTHING"}})
	refused(t, err, "InvalidParameterException", `Invalid value "EVERYTHING" for include.`)
}

// TestAFullDiskIsAServerFault fails every write: nothing is left half done and
// callers are told to come again.
func TestAFullDiskIsAServerFault(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1024, 1024)
	l.register("web")
	l.full.Store(true)
	_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Count: aws.Int32(10)})
	var fault *types.ServerException
	if !errors.As(err, &fault) {
		t.Fatalf("error %v", err)
	}
	l.full.Store(false)
	out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Count: aws.Int32(8)}))
	if len(out.Tasks) != 8 {
		t.Fatalf("the failed call still holds room: %v", out.Failures)
	}
}
