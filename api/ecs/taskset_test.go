package ecs_test

import (
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// outside makes a service of the default cluster whose deployments somebody
// else controls.
func (l *lab) outside(name string, desired int32) *types.Service {
	l.t.Helper()
	return must[*ecs.CreateServiceOutput](l.t)(l.CreateService(l.t.Context(), &ecs.CreateServiceInput{ServiceName: &name, DesiredCount: &desired,
		DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}})).Service
}

// taskSet makes a task set of the service s.
func (l *lab) taskSet(percent float64, change ...func(*ecs.CreateTaskSetInput)) *types.TaskSet {
	l.t.Helper()
	in := &ecs.CreateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"), TaskDefinition: aws.String("web"),
		Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: percent}}
	for _, c := range change {
		c(in)
	}
	return must[*ecs.CreateTaskSetOutput](l.t)(l.CreateTaskSet(l.t.Context(), in)).TaskSet
}

// taskSets describes task sets of the service s, all if none is named.
func (l *lab) taskSets(ids ...string) *ecs.DescribeTaskSetsOutput {
	l.t.Helper()
	return must[*ecs.DescribeTaskSetsOutput](l.t)(l.DescribeTaskSets(l.t.Context(), &ecs.DescribeTaskSetsInput{
		Cluster: aws.String("default"), Service: aws.String("s"), TaskSets: ids}))
}

func TestTaskSetIsStored(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	definition := l.register("web")
	s := l.outside("s", 3)
	if s.TaskDefinition != nil || len(s.Deployments) != 0 || s.DeploymentController.Type != "EXTERNAL" || s.LaunchType != "" || s.DesiredCount != 3 ||
		s.AvailabilityZoneRebalancing != "DISABLED" || s.DeploymentConfiguration.DeploymentCircuitBreaker != nil || s.CurrentServiceDeployment != nil {
		t.Fatalf("%+v", s)
	}
	tagged := func(in *ecs.CreateTaskSetInput) {
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		in.ExternalId, in.ClientToken = aws.String("outer"), aws.String("token")
	}
	made := l.taskSet(50, tagged)
	if !regexp.MustCompile(`^ecs-svc/[0-9]{19}$`).MatchString(*made.Id) || *made.TaskSetArn != arn+"task-set/default/s/"+*made.Id ||
		*made.Status != "ACTIVE" || *made.TaskDefinition != definition || made.LaunchType != "EC2" || made.CapacityProviderStrategy != nil ||
		made.ComputedDesiredCount != 2 || made.StabilityStatus != "STABILIZING" || made.Scale.Value != 50 || *made.ExternalId != "outer" ||
		*made.ServiceArn != *s.ServiceArn || len(made.Tags) != 1 || made.PlatformVersion != nil || made.NetworkConfiguration != nil {
		t.Fatalf("%+v", made)
	}
	if again := l.taskSet(50, tagged); *again.Id != *made.Id {
		t.Fatal("the same token made another task set")
	}
	_, err := l.CreateTaskSet(t.Context(), &ecs.CreateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"),
		TaskDefinition: aws.String("web"), ClientToken: aws.String("token")})
	refused(t, err, "InvalidParameterException", "Creation of task set was not idempotent.")

	unscaled := must[*ecs.CreateTaskSetOutput](t)(l.CreateTaskSet(t.Context(), &ecs.CreateTaskSetInput{Cluster: aws.String("default"),
		Service: s.ServiceArn, TaskDefinition: &definition, LaunchType: "EXTERNAL"})).TaskSet
	if unscaled.Scale.Value != 0 || unscaled.Scale.Unit != "PERCENT" || unscaled.ComputedDesiredCount != 0 || unscaled.LaunchType != "EXTERNAL" {
		t.Fatalf("%+v", unscaled)
	}
	if out := l.taskSets(*made.Id, *unscaled.TaskSetArn, "ecs-svc/1", arn+"task-set/default/other/ecs-svc/1"); len(out.TaskSets) != 2 || len(out.Failures) != 2 ||
		out.TaskSets[0].Tags != nil || *out.Failures[0].Reason != "MISSING" || *out.Failures[0].Arn != arn+"task-set/default/s/ecs-svc/1" {
		t.Fatalf("%+v", out)
	}
	with := must[*ecs.DescribeTaskSetsOutput](t)(l.DescribeTaskSets(t.Context(), &ecs.DescribeTaskSetsInput{Cluster: aws.String("default"),
		Service: aws.String("s"), TaskSets: []string{*made.Id}, Include: []types.TaskSetField{types.TaskSetFieldTags}}))
	if len(with.TaskSets[0].Tags) != 1 {
		t.Fatalf("%+v", with)
	}

	primary := must[*ecs.UpdateServicePrimaryTaskSetOutput](t)(l.UpdateServicePrimaryTaskSet(t.Context(), &ecs.UpdateServicePrimaryTaskSetInput{
		Cluster: aws.String("default"), Service: aws.String("s"), PrimaryTaskSet: made.TaskSetArn})).TaskSet
	if got := l.described("s"); *primary.Status != "PRIMARY" || *got.TaskDefinition != definition || got.LaunchType != "EC2" || len(got.TaskSets) != 2 ||
		*got.TaskSets[0].Id != *made.Id || *got.TaskSets[1].Status != "ACTIVE" || len(got.Deployments) != 0 {
		t.Fatalf("%+v", got)
	}
	scaled := must[*ecs.UpdateTaskSetOutput](t)(l.UpdateTaskSet(t.Context(), &ecs.UpdateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"),
		TaskSet: made.Id, Scale: &types.Scale{Unit: "PERCENT", Value: 33.4}})).TaskSet
	if scaled.Scale.Value != 33.4 || scaled.ComputedDesiredCount != 2 {
		t.Fatalf("%+v", scaled)
	}
	must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DesiredCount: aws.Int32(10)}))
	if got := l.taskSets(*made.Id).TaskSets[0]; got.ComputedDesiredCount != 4 {
		t.Fatalf("%+v", got)
	}
}

func TestTaskSetRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.serve("rolling", 0)
	l.outside("s", 1)
	l.outside("drained", 0)
	must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("drained")}))
	made := l.taskSet(100)
	for _, c := range []struct {
		code, message string
		change        func(*ecs.CreateTaskSetInput)
	}{
		{"ClusterNotFoundException", "Cluster not found.", func(in *ecs.CreateTaskSetInput) { in.Cluster = aws.String("none") }},
		{"ServiceNotFoundException", "Service not found.", func(in *ecs.CreateTaskSetInput) { in.Service = aws.String("none") }},
		{"ServiceNotActiveException", "Service was not ACTIVE.", func(in *ecs.CreateTaskSetInput) { in.Service = aws.String("drained") }},
		{"InvalidParameterException", "Amazon ECS only supports task set management on services with external deployment controllers.",
			func(in *ecs.CreateTaskSetInput) { in.Service = aws.String("rolling") }},
		{"ClientException", "TaskDefinition not found.", func(in *ecs.CreateTaskSetInput) { in.TaskDefinition = aws.String("none") }},
		{"InvalidParameterException", "The scale value must be between 0 and 100.", func(in *ecs.CreateTaskSetInput) { in.Scale = &types.Scale{Value: 101} }},
		{"InvalidParameterException", "Invalid scale unit: TASKS", func(in *ecs.CreateTaskSetInput) { in.Scale = &types.Scale{Unit: "TASKS"} }},
		{"InvalidParameterException", "Invalid launch type: MOON", func(in *ecs.CreateTaskSetInput) { in.LaunchType = "MOON" }},
		{"InvalidParameterException", "The platform version must be null...", func(in *ecs.CreateTaskSetInput) { in.PlatformVersion = aws.String("LATEST") }},
		{"InvalidParameterException", "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
			func(in *ecs.CreateTaskSetInput) {
				in.LaunchType = "EC2"
				in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("p")}}
			}},
		{"UnsupportedFeatureException", "loadBalancers is not supported by Roadstead yet.", func(in *ecs.CreateTaskSetInput) { in.LoadBalancers = []types.LoadBalancer{{}} }},
		{"InvalidParameterException", "Task definition does not support launch_type FARGATE.", func(in *ecs.CreateTaskSetInput) { in.LaunchType = "FARGATE" }},
	} {
		in := &ecs.CreateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"), TaskDefinition: aws.String("web")}
		c.change(in)
		_, err := l.CreateTaskSet(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
	cluster, service, none := aws.String("default"), aws.String("s"), aws.String("ecs-svc/1")
	_, err := l.UpdateTaskSet(t.Context(), &ecs.UpdateTaskSetInput{Cluster: cluster, Service: service, TaskSet: none, Scale: &types.Scale{}})
	refused(t, err, "TaskSetNotFoundException", "The specified task set does not exist.")
	_, err = l.DeleteTaskSet(t.Context(), &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: none})
	refused(t, err, "TaskSetNotFoundException", "The specified task set does not exist.")
	_, err = l.UpdateServicePrimaryTaskSet(t.Context(), &ecs.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: none})
	refused(t, err, "TaskSetNotFoundException", "The specified task set does not exist.")
	_, err = l.DescribeTaskSets(t.Context(), &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: aws.String("rolling")})
	refused(t, err, "InvalidParameterException", "Amazon ECS only supports task set management...")

	_, err = l.DeleteTaskSet(t.Context(), &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: made.Id})
	refused(t, err, "InvalidParameterException", "The task set cannot be deleted while it is scaled above 0.")
	_, err = l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: service})
	refused(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: service, DesiredCount: aws.Int32(0)}))
	_, err = l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: service})
	refused(t, err, "InvalidParameterException", "The service cannot be stopped while deployments are active.")
	deleted := must[*ecs.DeleteTaskSetOutput](t)(l.DeleteTaskSet(t.Context(), &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: made.Id})).TaskSet
	if *deleted.Status != "DRAINING" || deleted.ComputedDesiredCount != 0 {
		t.Fatalf("%+v", deleted)
	}
	_, err = l.UpdateTaskSet(t.Context(), &ecs.UpdateTaskSetInput{Cluster: cluster, Service: service, TaskSet: made.Id, Scale: &types.Scale{Value: 1}})
	refused(t, err, "InvalidParameterException", "The task set is DRAINING and cannot be updated.")
	_, err = l.UpdateServicePrimaryTaskSet(t.Context(), &ecs.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: made.Id})
	refused(t, err, "InvalidParameterException", "The task set is DRAINING and cannot be the primary task set.")
	for range 4 {
		l.taskSet(0)
	}
	_, err = l.CreateTaskSet(t.Context(), &ecs.CreateTaskSetInput{Cluster: cluster, Service: service, TaskDefinition: aws.String("web")})
	refused(t, err, "InvalidParameterException", "A service can have at most 5 task sets...")
	if out := l.taskSets(); len(out.TaskSets) != 5 {
		t.Fatalf("%d task sets", len(out.TaskSets))
	}
	must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: service, Force: aws.Bool(true)}))
	for s := range store.All[*model.TaskSet](l.db.View()) {
		if s.Status != model.TaskSetDraining {
			t.Errorf("%s is %s", s.ID, s.Status)
		}
	}
}

// TestTaskSetsAreRun has the planner bring up two task sets, as Terraform and
// deployment tools do: wait until each is stable, shift, delete the old one and
// wait until it is gone.
func TestTaskSetsAreRun(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 4096, 4096)
	l.register("web")
	l.outside("s", 4)
	blue := *l.taskSet(100).Id
	l.schedule("s")
	if got := l.taskSets(blue).TaskSets[0]; got.PendingCount != 4 || got.StabilityStatus != "STABILIZING" {
		t.Fatalf("%+v", got)
	}
	l.settle("s")
	if got := l.taskSets(blue).TaskSets[0]; got.RunningCount != 4 || got.PendingCount != 0 || got.StabilityStatus != "STEADY_STATE" {
		t.Fatalf("%+v", got)
	}
	set := func(id string) {
		t.Helper()
		must[*ecs.UpdateServicePrimaryTaskSetOutput](t)(l.UpdateServicePrimaryTaskSet(t.Context(), &ecs.UpdateServicePrimaryTaskSetInput{
			Cluster: aws.String("default"), Service: aws.String("s"), PrimaryTaskSet: &id}))
	}
	set(blue)
	second := l.register("web")
	green := *l.taskSet(50).Id
	l.settle("s")
	if got := l.described("s"); got.RunningCount != 6 || len(got.TaskSets) != 2 || *got.TaskSets[1].Id != green || got.TaskSets[1].RunningCount != 2 {
		t.Fatalf("%+v", got)
	}
	must[*ecs.UpdateTaskSetOutput](t)(l.UpdateTaskSet(t.Context(), &ecs.UpdateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"),
		TaskSet: &green, Scale: &types.Scale{Unit: "PERCENT", Value: 100}}))
	if got := l.taskSets(green).TaskSets[0]; got.StabilityStatus != "STABILIZING" {
		t.Fatalf("who waits for stability would not wait: %+v", got)
	}
	l.settle("s")
	set(green)
	must[*ecs.DeleteTaskSetOutput](t)(l.DeleteTaskSet(t.Context(), &ecs.DeleteTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"),
		TaskSet: &blue, Force: aws.Bool(true)}))
	l.settle("s")
	if out := l.taskSets(blue); len(out.TaskSets) != 0 || len(out.Failures) != 1 {
		t.Fatalf("the old task set is not gone: %+v", out)
	}
	got := l.described("s")
	if *got.TaskDefinition != second || got.RunningCount != 4 || len(got.TaskSets) != 1 || *got.TaskSets[0].Status != "PRIMARY" || got.TaskSets[0].StabilityStatus != "STEADY_STATE" {
		t.Fatalf("%+v", got)
	}
	task := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: l.tasksOf("s")})).Tasks[0]
	if *task.StartedBy != green || *task.Group != "service:s" {
		t.Fatalf("%+v", task)
	}
	must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s"), Force: aws.Bool(true)}))
	l.settle("s")
	if got := l.described("s"); *got.Status != "INACTIVE" || len(got.TaskSets) != 0 || got.RunningCount != 0 {
		t.Fatalf("%+v", got)
	}
}
