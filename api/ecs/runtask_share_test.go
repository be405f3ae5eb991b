package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/model"
)

// supply registers an instance of a provider.
func (l *lab) supply(provider string, cpu int32) string {
	l.t.Helper()
	return l.instance("default", cpu, 100000, types.Attribute{Name: aws.String(model.AttributeCapacityProvider), Value: &provider})
}

// pool makes the default cluster with the providers a and b.
func (l *lab) pool() {
	l.t.Helper()
	l.cluster("default")
	l.provider("a")
	l.provider("b")
	l.register("web")
	if _, err := l.provide([]string{"a", "b"}); err != nil {
		l.t.Fatal(err)
	}
}

// runIn runs tasks of web and counts them by provider.
func (l *lab) runIn(count int32, strategy ...types.CapacityProviderStrategyItem) (map[string]int, *ecs.RunTaskOutput, error) {
	out, err := l.RunTask(l.t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Count: &count, CapacityProviderStrategy: strategy})
	if err != nil {
		return nil, nil, err
	}
	counts := map[string]int{}
	for _, t := range out.Tasks {
		counts[aws.ToString(t.CapacityProviderName)]++
	}
	return counts, out, nil
}

func TestTasksAreSharedOutAmongProviders(t *testing.T) {
	l := newLab(t)
	l.pool()
	a, b := l.supply("a", 10000), l.supply("b", 250)
	l.instance("default", 10000, 100000) // of no provider
	counts, out, err := l.runIn(7, item("a", 1, 1), item(arn+"capacity-provider/b", 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 3, "b": 2}, counts); diff != "" {
		t.Fatal(diff)
	}
	if len(out.Failures) != 1 || *out.Failures[0].Arn != b || *out.Failures[0].Reason != "RESOURCE:CPU" {
		t.Fatalf("%+v", out.Failures)
	}
	for _, task := range out.Tasks {
		want := map[string]string{"a": a, "b": b}[*task.CapacityProviderName]
		if *task.ContainerInstanceArn != want || task.LaunchType != "EC2" {
			t.Errorf("%+v", task)
		}
	}
	if counts, _, err = l.runIn(1); err != nil || counts[""] != 1 {
		t.Fatalf("without a strategy: %v %v", counts, err)
	}
	if _, err := l.provide([]string{"a", "b"}, item("a", 0, 1)); err != nil {
		t.Fatal(err)
	}
	if counts, _, err = l.runIn(2); err != nil || counts["a"] != 2 {
		t.Fatalf("by the default strategy: %v %v", counts, err)
	}
	typed := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), LaunchType: "EC2"}))
	if typed.Tasks[0].CapacityProviderName != nil {
		t.Fatalf("a launch type does not keep the default away: %+v", typed.Tasks[0])
	}
}

func TestManagedInstancesRunTasks(t *testing.T) {
	l := newLab(t)
	l.pool()
	must[*ecs.CreateCapacityProviderOutput](t)(l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{
		Name: aws.String("mi"), Cluster: aws.String("default"), ManagedInstancesProvider: managed()}))
	l.supply("mi", 1000)
	counts, out, err := l.runIn(1, item("mi", 0, 1))
	if err != nil || counts["mi"] != 1 || out.Tasks[0].LaunchType != "MANAGED_INSTANCES" {
		t.Fatalf("%v %v", err, out)
	}
	_, err = l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mi")})
	refused(t, err, "ClientException", "The capacity provider cannot be deleted because it is in use in cluster: default.")
}

func TestRunTaskStrategyRefusals(t *testing.T) {
	l := newLab(t)
	l.pool()
	l.provider("c")
	run := func(change func(in *ecs.RunTaskInput), strategy ...types.CapacityProviderStrategyItem) error {
		in := &ecs.RunTaskInput{TaskDefinition: aws.String("web"), CapacityProviderStrategy: strategy}
		change(in)
		_, err := l.RunTask(t.Context(), in)
		return err
	}
	plain := func(*ecs.RunTaskInput) {}
	refused(t, run(plain, item("a", 0, 1)), "InvalidParameterException", "No Container Instances were found in your capacity provider.")
	refused(t, run(plain, item("c", 0, 1)), "InvalidParameterException", "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster...")
	refused(t, run(plain, item("a", 0, 0)), "InvalidParameterException", "There are no capacity providers with a weight value greater than zero defined in the capacity provider strategy...")
	refused(t, run(func(in *ecs.RunTaskInput) { in.LaunchType = "EC2" }, item("a", 0, 1)), "InvalidParameterException",
		"Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	if _, err := l.provide([]string{"a", "FARGATE"}, item("a", 0, 0)); err != nil {
		t.Fatal(err)
	}
	refused(t, run(plain), "InvalidParameterException", "There are no capacity providers with a weight value greater than zero defined in the default capacity provider strategy...")
	refused(t, run(plain, item("FARGATE", 0, 1)), "InvalidParameterException", "Task definition does not support launch_type FARGATE.")

	// A provider without instances is a failure where another has some.
	if _, err := l.provide([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	l.supply("a", 1000)
	counts, out, err := l.runIn(2, item("a", 0, 1), item("b", 0, 1))
	if err != nil || counts["a"] != 1 || len(out.Failures) != 1 || *out.Failures[0].Arn != arn+"capacity-provider/b" {
		t.Fatalf("%v %v %+v", err, counts, out)
	}
}

// TestRoleOverrides runs a task with other roles than its definition's: they
// are shown, and an instance must be able to hand the task's role out.
func TestRoleOverrides(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1000, 1000)
	definition := l.register("web")
	role, execution := "arn:aws:iam::"+account+":role/task", "arn:aws:iam::"+account+":role/execution"
	task := l.run(definition, func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{TaskRoleArn: &role, ExecutionRoleArn: &execution}
	})
	shown := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}})).Tasks[0].Overrides
	if aws.ToString(shown.TaskRoleArn) != role || aws.ToString(shown.ExecutionRoleArn) != execution {
		t.Fatalf("%+v", shown)
	}
	bare := must[*ecs.RegisterContainerInstanceOutput](t)(l.RegisterContainerInstance(t.Context(), &ecs.RegisterContainerInstanceInput{
		Cluster: aws.String("default"), TotalResources: resources(1000, 1000)})).ContainerInstance
	l.connect(*bare.ContainerInstanceArn, true)
	out := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: &definition, ContainerInstances: []string{*bare.ContainerInstanceArn},
		Overrides: &types.TaskOverride{TaskRoleArn: &role}}))
	if len(out.Tasks) != 0 || *out.Failures[0].Reason != "ATTRIBUTE" {
		t.Fatalf("%+v", out)
	}
}

func TestStartedByStandsAlone(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1000, 1000)
	task := l.run(l.register("web"), func(in *ecs.RunTaskInput) { in.StartedBy = aws.String("me:too") })
	list := func(change func(in *ecs.ListTasksInput)) ([]string, error) {
		in := &ecs.ListTasksInput{StartedBy: aws.String("me:too")}
		change(in)
		out, err := l.ListTasks(t.Context(), in)
		if err != nil {
			return nil, err
		}
		return out.TaskArns, nil
	}
	for _, change := range []func(in *ecs.ListTasksInput){
		func(in *ecs.ListTasksInput) { in.Family = aws.String("web") },
		func(in *ecs.ListTasksInput) { in.LaunchType = "EC2" },
		func(in *ecs.ListTasksInput) { in.ServiceName = aws.String("s") },
		func(in *ecs.ListTasksInput) { in.ContainerInstance = aws.String("i") },
	} {
		_, err := list(change)
		refused(t, err, "InvalidParameterException", "cannot specify startedBy with other arguments")
	}
	if found, err := list(func(in *ecs.ListTasksInput) { in.DesiredStatus = "RUNNING" }); err != nil || len(found) != 1 || found[0] != task {
		t.Fatalf("%v %v", found, err)
	}
}

// TestTasksWaitForManagedCapacity runs more tasks than a provider with managed
// scaling has room for.
func TestTasksWaitForManagedCapacity(t *testing.T) {
	l := newLab(t)
	l.pool()
	must[*ecs.UpdateCapacityProviderOutput](t)(l.UpdateCapacityProvider(t.Context(), &ecs.UpdateCapacityProviderInput{Name: aws.String("a"),
		AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{ManagedScaling: &types.ManagedScaling{Status: "ENABLED"}}}))
	l.supply("a", 150)
	counts, out, err := l.runIn(4, item("a", 0, 1))
	if err != nil || counts["a"] != 4 || len(out.Failures) != 0 {
		t.Fatalf("%v %v", err, out)
	}
	waiting := 0
	for _, task := range out.Tasks {
		if *task.LastStatus == "PROVISIONING" {
			waiting++
			if task.ContainerInstanceArn != nil || *task.DesiredStatus != "RUNNING" || *task.Containers[0].LastStatus != "PENDING" {
				t.Errorf("%+v", task)
			}
		}
	}
	if waiting != 3 || *out.Tasks[0].LastStatus != "PENDING" {
		t.Fatalf("%d tasks wait", waiting)
	}
	c := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if c.PendingTasksCount != 4 {
		t.Fatalf("%d pending", c.PendingTasksCount)
	}
	stopped := must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: out.Tasks[3].TaskArn})).Task
	if *stopped.LastStatus != "STOPPED" {
		t.Fatalf("%+v", stopped)
	}
	for range 49 {
		if _, _, err := l.runIn(10, item("a", 0, 1)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = l.runIn(9, item("a", 0, 1))
	refused(t, err, "ClientException", "The number of tasks in the PROVISIONING state has reached the limit of the cluster.")
	if _, _, err = l.runIn(8, item("a", 0, 1)); err != nil {
		t.Fatal(err)
	}
}
