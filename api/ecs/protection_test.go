package ecs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

func (l *lab) tasksOf(service string) []string {
	l.t.Helper()
	return must[*ecs.ListTasksOutput](l.t)(l.ListTasks(l.t.Context(), &ecs.ListTasksInput{ServiceName: &service})).TaskArns
}

// protect protects tasks, or ends that, and returns what was answered.
func (l *lab) protect(on bool, minutes *int32, tasks ...string) *ecs.UpdateTaskProtectionOutput {
	l.t.Helper()
	return must[*ecs.UpdateTaskProtectionOutput](l.t)(l.UpdateTaskProtection(l.t.Context(), &ecs.UpdateTaskProtectionInput{
		Cluster: aws.String("default"), ProtectionEnabled: on, ExpiresInMinutes: minutes, Tasks: tasks}))
}

func TestTaskProtection(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	l.register("web")
	l.serve("s", 2)
	l.settle("s")
	tasks := l.tasksOf("s")
	read := func() []types.ProtectedTask {
		t.Helper()
		return must[*ecs.GetTaskProtectionOutput](t)(l.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{
			Cluster: aws.String("default"), Tasks: tasks})).ProtectedTasks
	}

	set := l.protect(true, nil, tasks[0]).ProtectedTasks[0]
	if !set.ProtectionEnabled || *set.TaskArn != tasks[0] || !set.ExpirationDate.Equal(l.clock().Add(2*time.Hour)) {
		t.Fatalf("the default is two hours: %+v", set)
	}
	if got := read(); len(got) != 2 || !got[0].ProtectionEnabled || got[1].ProtectionEnabled || got[1].ExpirationDate != nil {
		t.Fatalf("%+v", got)
	}
	l.protect(true, aws.Int32(1), tasks[0])
	if got := l.task(tasks[0]).ProtectedUntil; !got.Equal(l.clock().Add(time.Minute)) {
		t.Fatalf("the time is not set anew: %v", got)
	}
	l.advance(time.Minute)
	if got := read(); got[0].ProtectionEnabled || got[0].ExpirationDate != nil {
		t.Fatalf("protection does not end: %+v", got)
	}
	short := strings.TrimPrefix(tasks[1], arn+"task/default/")
	l.protect(true, aws.Int32(2880), tasks[0], short, short)
	off := l.protect(false, nil, short)
	if len(off.ProtectedTasks) != 1 || off.ProtectedTasks[0].ProtectionEnabled || !l.task(tasks[1]).ProtectedUntil.IsZero() {
		t.Fatalf("%+v", off)
	}
}

func TestTaskProtectionFailures(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	l.register("web")
	alone := l.run("web")
	gone := strings.Repeat("0", 32)
	out := l.protect(true, nil, alone, gone)
	got := must[*ecs.GetTaskProtectionOutput](t)(l.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{
		Cluster: aws.String("default"), Tasks: []string{alone, gone}}))
	for _, failures := range [][]types.Failure{out.Failures, got.Failures} {
		if len(failures) != 2 || *failures[0].Reason != "TASK_NOT_VALID" || *failures[0].Arn != alone ||
			*failures[1].Reason != "MISSING" || *failures[1].Arn != arn+"task/default/"+gone {
			t.Fatalf("%+v", failures)
		}
	}
	if len(out.ProtectedTasks) != 0 || len(got.ProtectedTasks) != 0 {
		t.Fatalf("%+v %+v", out, got)
	}

	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf("%032x", i)
	}
	for _, c := range []struct {
		in            ecs.UpdateTaskProtectionInput
		code, message string
	}{
		{ecs.UpdateTaskProtectionInput{Cluster: aws.String("none"), Tasks: []string{alone}}, "ClusterNotFoundException", "Cluster not found."},
		{ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{}}, "InvalidParameterException", "Tasks cannot be empty."},
		{ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: many[:11]}, "InvalidParameterException", "Tasks can have at most 10 items."},
		{ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{alone}, ExpiresInMinutes: aws.Int32(0)},
			"InvalidParameterException", "expiresInMinutes must be between 1 and 2880."},
		{ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{alone}, ExpiresInMinutes: aws.Int32(2881)},
			"InvalidParameterException", "expiresInMinutes must be between 1 and 2880."},
	} {
		_, err := l.UpdateTaskProtection(t.Context(), &c.in)
		refused(t, err, c.code, c.message)
	}
	_, err := l.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{Cluster: aws.String("default"), Tasks: many})
	refused(t, err, "InvalidParameterException", "Tasks can have at most 100 items.")
	_, err = l.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{Cluster: aws.String("default")})
	refused(t, err, "InvalidParameterException", "Tasks cannot be empty.")
	_, err = l.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{Cluster: aws.String("none"), Tasks: many[:1]})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
}

// TestTaskProtectionDoesNotBlockDeployments lets a protected task keep a
// deployment from going on: no other old task may be protected then.
func TestTaskProtectionDoesNotBlockDeployments(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	l.register("web")
	l.serve("s", 1, func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MaximumPercent: aws.Int32(100), MinimumHealthyPercent: aws.Int32(0)}
	})
	l.settle("s")
	old := l.tasksOf("s")[0]
	l.protect(true, nil, old)
	must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), ForceNewDeployment: true}))
	out := l.protect(true, nil, old)
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "DEPLOYMENT_BLOCKED" {
		t.Fatalf("%+v", out)
	}
	if out := l.protect(false, nil, old); len(out.Failures) != 0 {
		t.Fatalf("protection cannot be ended: %+v", out)
	}
	if s := l.task(old); s.Protected(l.clock()) || s.Desired != model.TaskRunning {
		t.Fatalf("%+v", s)
	}
}
