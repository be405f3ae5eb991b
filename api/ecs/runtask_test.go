package ecs_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func TestRunTaskLife(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1024, 1000, types.Attribute{Name: aws.String("ecs.availability-zone"), Value: aws.String("eu-central-1a")})
	definition := l.register("web")
	out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{
		TaskDefinition: aws.String("web"), StartedBy: aws.String("me"), EnableECSManagedTags: true,
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("web"), Memory: aws.Int32(200),
			Command: []string{"serve"}, Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("b")}}}}},
	}))
	if len(out.Tasks) != 1 || len(out.Failures) != 0 {
		t.Fatalf("%d tasks, %d failures", len(out.Tasks), len(out.Failures))
	}
	task := out.Tasks[0]
	if !strings.HasPrefix(*task.TaskArn, arn+"task/default/") || len(keyOf(*task.TaskArn)) != len(account+"/default/")+32 {
		t.Fatalf("ARN %s", *task.TaskArn)
	}
	got := map[string]string{"definition": *task.TaskDefinitionArn, "instance": *task.ContainerInstanceArn, "group": *task.Group,
		"last": *task.LastStatus, "desired": *task.DesiredStatus, "cpu": *task.Cpu, "memory": *task.Memory,
		"zone": *task.AvailabilityZone, "startedBy": *task.StartedBy, "launch": string(task.LaunchType), "health": string(task.HealthStatus),
		"container": *task.Containers[0].LastStatus, "containerMemory": *task.Containers[0].Memory, "image": *task.Containers[0].Image}
	want := map[string]string{"definition": definition, "instance": instance, "group": "family:web", "last": "PENDING", "desired": "RUNNING",
		"cpu": "100", "memory": "200", "zone": "eu-central-1a", "startedBy": "me", "launch": "EC2", "health": "UNKNOWN",
		"container": "PENDING", "containerMemory": "200", "image": "web:1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if len(task.Tags) != 2 || *task.Tags[1].Key != "aws:ecs:clusterName" {
		t.Fatalf("tags %v", task.Tags)
	}

	l.report(*task.TaskArn, "RUNNING", func(in *ecs.SubmitTaskStateChangeInput) {
		in.Containers[0].NetworkBindings = []types.NetworkBinding{{BindIP: aws.String("0.0.0.0"), ContainerPort: aws.Int32(80),
			HostPort: aws.Int32(32768), Protocol: types.TransportProtocolTcp}}
		in.Containers[0].RuntimeId = aws.String("r1")
		in.PullStartedAt = aws.Time(l.clock().Add(-time.Second))
	})
	l.report(*task.TaskArn, "PENDING") // late: ignored
	described := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Tasks: []string{*task.TaskArn, "00000000000000000000000000000000"}}))
	running := described.Tasks[0]
	if *running.LastStatus != "RUNNING" || running.StartedAt == nil || running.Connectivity != types.ConnectivityConnected ||
		*running.Containers[0].NetworkBindings[0].HostPort != 32768 || len(running.Tags) != 0 || running.PullStartedAt == nil {
		t.Fatalf("%+v", running)
	}
	if f := described.Failures[0]; *f.Reason != "MISSING" || *f.Arn != arn+"task/default/00000000000000000000000000000000" {
		t.Fatalf("failure %+v", f)
	}

	stopped := must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: task.TaskArn}))
	if *stopped.Task.DesiredStatus != "STOPPED" || *stopped.Task.LastStatus != "RUNNING" ||
		*stopped.Task.StoppedReason != "Task stopped by user" || stopped.Task.StopCode != types.TaskStopCodeUserInitiated {
		t.Fatalf("%+v", stopped.Task)
	}
	l.report(*task.TaskArn, "STOPPED", func(in *ecs.SubmitTaskStateChangeInput) { in.Containers[0].ExitCode = aws.Int32(143) })
	ended := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Tasks: []string{*task.TaskArn}, Include: []types.TaskField{types.TaskFieldTags}})).Tasks[0]
	if *ended.LastStatus != "STOPPED" || ended.StoppedAt == nil || *ended.Containers[0].ExitCode != 143 || len(ended.Tags) != 2 {
		t.Fatalf("%+v", ended)
	}
}

func TestRunTaskFailures(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web")})
	refused(t, err, "InvalidParameterException", "No Container Instances were found in your cluster.")
	instance := l.instance("default", 250, 1000)

	out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Count: aws.Int32(3)}))
	if len(out.Tasks) != 2 || len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:CPU" || *out.Failures[0].Arn != instance {
		t.Fatalf("%d tasks, %v", len(out.Tasks), out.Failures)
	}
	for _, reason := range []string{"RESOURCE:MEMORY", "RESOURCE:PORTS", "ATTRIBUTE", "MemberOf placement constraint unsatisfied.", "AGENT"} {
		in := &ecs.RunTaskInput{}
		family := strings.ToLower(strings.Trim(strings.NewReplacer(":", "", " ", "", ".", "").Replace(reason), " "))
		l.register(family, func(d *ecs.RegisterTaskDefinitionInput) {
			d.ContainerDefinitions[0].Cpu = 0
			switch reason {
			case "RESOURCE:MEMORY":
				d.Memory = aws.String("2048")
			case "RESOURCE:PORTS":
				d.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(22), HostPort: aws.Int32(22)}}
			case "ATTRIBUTE":
				d.RuntimePlatform = &types.RuntimePlatform{CpuArchitecture: types.CPUArchitectureArm64}
			case "AGENT":
				l.connect(instance, false)
			default:
				in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:rack == 1")}}
			}
		})
		in.TaskDefinition = &family
		out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), in))
		if len(out.Tasks) != 0 || len(out.Failures) != 1 || *out.Failures[0].Reason != reason {
			t.Errorf("%s: %d tasks, failures %v", reason, len(out.Tasks), out.Failures)
		}
	}
}

func TestRunTaskRefusals(t *testing.T) {
	l := newLab(t)
	_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	l.cluster("default")
	l.cluster("gone")
	if _, err := l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	l.instance("default", 1024, 1000)
	l.register("web")
	old := l.register("old")
	if _, err := l.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &old}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code, message string
		change        func(*ecs.RunTaskInput)
	}{
		{"ClusterNotFoundException", "The referenced cluster was inactive.", func(in *ecs.RunTaskInput) { in.Cluster = aws.String("gone") }},
		{"InvalidParameterException", "TaskDefinition is inactive", func(in *ecs.RunTaskInput) { in.TaskDefinition = &old }},
		{"ClientException", "TaskDefinition not found.", func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("old") }},
		{"ClientException", "TaskDefinition not found.", func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("web:7") }},
		{"InvalidParameterException", "Invalid revision number. Number: x", func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("web:x") }},
		{"InvalidParameterException", "Count must be between 1 and 10", func(in *ecs.RunTaskInput) { in.Count = aws.Int32(11) }},
		{"InvalidParameterException", "Count must be between 1 and 10", func(in *ecs.RunTaskInput) { in.Count = aws.Int32(0) }},
		{"InvalidParameterException", "Task definition does not support launch_type FARGATE.", func(in *ecs.RunTaskInput) { in.LaunchType = types.LaunchTypeFargate }},
		{"InvalidParameterException", "The launch type MANAGED_INSTANCES cannot be specified. Specify a capacity provider strategy and try again.",
			func(in *ecs.RunTaskInput) { in.LaunchType = types.LaunchTypeManagedInstances }},
		{"InvalidParameterException", "Invalid namespace for group", func(in *ecs.RunTaskInput) { in.Group = aws.String("service:s") }},
		{"InvalidParameterException", "group longer than 255.", func(in *ecs.RunTaskInput) { in.Group = aws.String(strings.Repeat("x", 256)) }},
		{"InvalidParameterException", "startedBy longer than 128.", func(in *ecs.RunTaskInput) { in.StartedBy = aws.String(strings.Repeat("x", 129)) }},
		{"InvalidParameterException", "The platform version must be null when specifying an EC2 launch type.", func(in *ecs.RunTaskInput) { in.PlatformVersion = aws.String("LATEST") }},
		{"InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition.", func(in *ecs.RunTaskInput) {
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
		}},
		{"InvalidParameterException", "Override for container named db is not a container in the TaskDefinition.", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("db")}}}
		}},
		{"ClientException", "Role is not valid", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{TaskRoleArn: aws.String("a b")}
		}},
		{"InvalidParameterException", "The ephemeralStorage override is only supported for tasks that run on Fargate.", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 21}}
		}},
		{"InvalidParameterException", "Container Overrides length must be at most 8192", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("web"), Command: []string{strings.Repeat("x", 8192)}}}}
		}},
		{"InvalidParameterException", "Invalid 'cpu' setting for task.", func(in *ecs.RunTaskInput) { in.Overrides = &types.TaskOverride{Cpu: aws.String("many")} }},
		{"InvalidParameterException", "Invalid expression...", func(in *ecs.RunTaskInput) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeMemberOf, Expression: aws.String("((")}}
		}},
		{"InvalidParameterException", "aws: prefixed tag key names are not allowed for external use.", func(in *ecs.RunTaskInput) {
			in.Tags = []types.Tag{{Key: aws.String("AWS:x")}}
		}},
		{"InvalidParameterException", "Invalid value for propagateTags: SERVICE is for services.", func(in *ecs.RunTaskInput) { in.PropagateTags = types.PropagateTagsService }},
	} {
		in := &ecs.RunTaskInput{TaskDefinition: aws.String("web")}
		c.change(in)
		_, err := l.RunTask(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
	if n := store.Len[*model.Task](l.db.View()); n != 0 {
		t.Fatalf("%d tasks after refusals", n)
	}
}

func TestRunTaskIsIdempotentByToken(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1024, 1000)
	l.register("web")
	run := func(count int32) (*ecs.RunTaskOutput, error) {
		return l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"), ClientToken: aws.String("once"), Count: &count})
	}
	first := must[*ecs.RunTaskOutput](t)(run(2))
	again := must[*ecs.RunTaskOutput](t)(run(2))
	if len(again.Tasks) != 2 || *again.Tasks[0].TaskArn != *first.Tasks[0].TaskArn {
		t.Fatalf("the second call made other tasks: %v", again.Tasks)
	}
	_, err := run(1)
	refused(t, err, "ConflictException", "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different RunTask request.")
	var conflict *types.ConflictException
	if !errors.As(err, &conflict) || len(conflict.ResourceIds) != 2 || conflict.ResourceIds[0] != *first.Tasks[0].TaskArn {
		t.Fatalf("the conflict names %+v", conflict)
	}
	if n := store.Len[*model.Task](l.db.View()); n != 2 {
		t.Fatalf("%d tasks", n)
	}
	l.advance(25 * time.Hour)
	if out := must[*ecs.RunTaskOutput](t)(run(1)); *out.Tasks[0].TaskArn == *first.Tasks[0].TaskArn {
		t.Fatal("the token did not expire")
	}
}

// TestConcurrentRunTasksDoNotOvercommit lets many calls compete for little
// room: every task that is stored must have it.
func TestConcurrentRunTasksDoNotOvercommit(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	for range 4 {
		l.instance("default", 500, 10000)
	}
	l.register("web", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(8080)}}
	})
	l.register("small")
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String([]string{"web", "small"}[i%2]), Count: aws.Int32(2)})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	v := l.db.View()
	total := 0
	for i := range store.All[*model.ContainerInstance](v) {
		web := 0
		for task := range store.TasksByInstance(v, i.Key().ID) {
			total++
			web += len(task.Spec.Resources.Ports)
		}
		if u := store.Usage(v, i.Key().ID); u.CPU > 500 || web > 1 {
			t.Errorf("instance %s: usage %+v with %d tasks on one port", i.ID, u, web)
		}
	}
	if total != 20 {
		t.Errorf("%d tasks, want 20: five on each instance", total)
	}
}

func TestRunTaskPlacement(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	for i := range 3 {
		l.instance("default", 1000, 10000, types.Attribute{Name: aws.String("rack"), Value: aws.String(fmt.Sprint(i))})
	}
	l.register("web")
	where := func(in *ecs.RunTaskInput) map[string]int {
		in.TaskDefinition = aws.String("web")
		out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), in))
		counts := map[string]int{}
		for _, task := range out.Tasks {
			counts[*task.ContainerInstanceArn]++
		}
		return counts
	}
	spread := where(&ecs.RunTaskInput{Count: aws.Int32(6), PlacementStrategy: []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("attribute:rack")}}})
	for i, n := range spread {
		if n != 2 {
			t.Errorf("spread: %d tasks on %s", n, i)
		}
	}
	if len(where(&ecs.RunTaskInput{Count: aws.Int32(5), PlacementStrategy: []types.PlacementStrategy{{Type: types.PlacementStrategyTypeBinpack, Field: aws.String("memory")}}})) != 1 {
		t.Error("binpack used more than one instance")
	}
	if n := where(&ecs.RunTaskInput{Count: aws.Int32(5), Group: aws.String("solo"), PlacementConstraints: []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}}); len(n) != 3 {
		t.Errorf("distinctInstance: %v", n)
	}
	if n := where(&ecs.RunTaskInput{Group: aws.String("solo"), PlacementConstraints: []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}}); len(n) != 0 {
		t.Errorf("distinctInstance again: %v", n)
	}
}

func TestStartTask(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	big, small := l.instance("default", 1024, 1000), l.instance("default", 50, 1000)
	l.register("web")
	out := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"),
		ContainerInstances: []string{big, small, "0123"}}))
	if len(out.Tasks) != 1 || *out.Tasks[0].ContainerInstanceArn != big || len(out.Failures) != 2 ||
		*out.Failures[0].Reason != "RESOURCE:CPU" || *out.Failures[1].Reason != "MISSING" {
		t.Fatalf("%v %v", out.Tasks, out.Failures)
	}
	_, err := l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"), ContainerInstances: make([]string, 11)})
	refused(t, err, "InvalidParameterException", "Container instances can have at most 10 items.")
}
