package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// strategy places tasks on instances of the provider of managed instances.
func strategy() []types.CapacityProviderStrategyItem {
	return []types.CapacityProviderStrategyItem{{CapacityProvider: new(managed), Weight: 1}}
}

func (w *tour) task(t *testing.T, arn string) types.Task {
	t.Helper()
	out := call(t, w.DescribeTasks, ecs.DescribeTasksInput{Cluster: new(fleet), Tasks: []string{arn}})
	if len(out.Tasks) != 1 {
		t.Fatalf("task %s: %+v", arn, out)
	}
	return out.Tasks[0]
}

func (w *tour) running(t *testing.T, arns ...string) {
	t.Helper()
	if err := ecs.NewTasksRunningWaiter(w.Client, func(o *ecs.TasksRunningWaiterOptions) { o.MinDelay, o.MaxDelay = looksLeast, looksMost }).Wait(
		t.Context(), &ecs.DescribeTasksInput{Cluster: new(fleet), Tasks: arns}, seenWithin); err != nil {
		t.Fatal(err)
	}
}

// capacity runs a task that waits for an instance of its provider.
func (w *tour) capacity(t *testing.T) {
	call(t, w.CreateCluster, ecs.CreateClusterInput{ClusterName: new(fleet)})
	call(t, w.CreateCapacityProvider, ecs.CreateCapacityProviderInput{Name: new(managed), Cluster: new(fleet),
		ManagedInstancesProvider: &types.CreateManagedInstancesProviderConfiguration{InfrastructureRoleArn: new("arn:aws:iam::000000000000:role/r"),
			InstanceLaunchTemplate: &types.InstanceLaunchTemplate{Ec2InstanceProfileArn: new("arn:aws:iam::000000000000:instance-profile/i"),
				NetworkConfiguration: &types.ManagedInstancesNetworkConfiguration{Subnets: []string{"subnet-1"}}}}})
	w.register(t, "go", "trap 'exit 0' TERM; sleep 600 & wait")
	waits := call(t, w.RunTask, ecs.RunTaskInput{Cluster: new(fleet), TaskDefinition: new("go"), CapacityProviderStrategy: strategy()}).Tasks[0]
	if *waits.LastStatus != "PROVISIONING" || waits.ContainerInstanceArn != nil {
		t.Errorf("%+v", waits)
	}
	w.running(t, *waits.TaskArn)
	if listed := call(t, w.ListTasks, ecs.ListTasksInput{Cluster: new(fleet)}).TaskArns; !slices.Equal(listed, []string{*waits.TaskArn}) {
		t.Errorf("listed: %v", listed)
	}
	runs := w.task(t, *waits.TaskArn)
	if runs.LaunchType != types.LaunchTypeManagedInstances || runs.ContainerInstanceArn == nil {
		t.Fatalf("%+v", runs)
	}
	refused[*types.InvalidParameterException](t, w.ExecuteCommand, ecs.ExecuteCommandInput{Cluster: new(fleet), Task: runs.TaskArn, Command: new("true"), Interactive: true})
	started := *call(t, w.StartTask, ecs.StartTaskInput{Cluster: new(fleet), TaskDefinition: new("go"), ContainerInstances: []string{*runs.ContainerInstanceArn}}).Tasks[0].TaskArn
	w.running(t, started)
	for _, arn := range []string{started, *runs.TaskArn} {
		call(t, w.StopTask, ecs.StopTaskInput{Cluster: new(fleet), Task: &arn, Reason: new("enough")})
	}
	if err := ecs.NewTasksStoppedWaiter(w.Client, func(o *ecs.TasksStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = looksLeast, looksMost }).Wait(
		t.Context(), &ecs.DescribeTasksInput{Cluster: new(fleet), Tasks: []string{started, *runs.TaskArn}}, seenWithin); err != nil {
		t.Fatal(err)
	}
	if s := w.task(t, started); *s.StoppedReason != "enough" || s.StopCode != types.TaskStopCodeUserInitiated || *s.Containers[0].ExitCode != 0 {
		t.Errorf("%+v", s)
	}
}

func (w *tour) instances(t *testing.T) {
	listed := call(t, w.ListContainerInstances, ecs.ListContainerInstancesInput{Cluster: new(fleet)}).ContainerInstanceArns
	if len(listed) != 1 {
		t.Fatalf("listed: %v", listed)
	}
	instance := func() types.ContainerInstance {
		return call(t, w.DescribeContainerInstances, ecs.DescribeContainerInstancesInput{Cluster: new(fleet), ContainerInstances: listed}).ContainerInstances[0]
	}
	if i := instance(); *i.CapacityProviderName != managed || !i.AgentConnected {
		t.Errorf("%+v", i)
	}
	attribute := types.Attribute{Name: new("berth"), Value: new("north"), TargetId: &listed[0]}
	list := ecs.ListAttributesInput{Cluster: new(fleet), TargetType: types.TargetTypeContainerInstance, AttributeName: attribute.Name}
	call(t, w.PutAttributes, ecs.PutAttributesInput{Cluster: new(fleet), Attributes: []types.Attribute{attribute}})
	if found := call(t, w.ListAttributes, list).Attributes; len(found) != 1 || *found[0].Value != "north" {
		t.Errorf("attributes: %+v", found)
	}
	call(t, w.DeleteAttributes, ecs.DeleteAttributesInput{Cluster: new(fleet), Attributes: []types.Attribute{attribute}})
	if found := call(t, w.ListAttributes, list).Attributes; len(found) != 0 {
		t.Errorf("attributes: %+v", found)
	}
	for _, status := range []types.ContainerInstanceStatus{types.ContainerInstanceStatusDraining, types.ContainerInstanceStatusActive} {
		call(t, w.UpdateContainerInstancesState, ecs.UpdateContainerInstancesStateInput{Cluster: new(fleet), ContainerInstances: listed, Status: status})
		if i := instance(); *i.Status != string(status) {
			t.Errorf("%+v", i)
		}
	}
	refused[*types.NoUpdateAvailableException](t, w.UpdateContainerAgent, ecs.UpdateContainerAgentInput{Cluster: new(fleet), ContainerInstance: &listed[0]})
}

// agents are told what agents say: one registers and goes, and reports about
// another's task are as good as its own.
func (w *tour) agents(t *testing.T) {
	there := new("go-agents")
	call(t, w.CreateCluster, ecs.CreateClusterInput{ClusterName: there})
	resource := func(name string, n int32) types.Resource {
		return types.Resource{Name: &name, Type: new("INTEGER"), IntegerValue: n}
	}
	instance := call(t, w.RegisterContainerInstance, ecs.RegisterContainerInstanceInput{Cluster: there,
		TotalResources: []types.Resource{resource("CPU", 1024), resource("MEMORY", 512)}}).ContainerInstance.ContainerInstanceArn
	if e := call(t, w.DiscoverPollEndpoint, ecs.DiscoverPollEndpointInput{Cluster: there, ContainerInstance: instance}).Endpoint; !strings.HasPrefix(*e, "http") {
		t.Errorf("the endpoint is %s", *e)
	}
	refused[*types.ClusterContainsContainerInstancesException](t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: there})
	call(t, w.DeregisterContainerInstance, ecs.DeregisterContainerInstanceInput{Cluster: there, ContainerInstance: instance, Force: new(true)})
	if i := call(t, w.DescribeContainerInstances, ecs.DescribeContainerInstancesInput{Cluster: there,
		ContainerInstances: []string{*instance}}).ContainerInstances[0]; *i.Status != "INACTIVE" {
		t.Errorf("%+v", i)
	}
	call(t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: there})

	task := call(t, w.RunTask, ecs.RunTaskInput{Cluster: new(fleet), TaskDefinition: new("go"), CapacityProviderStrategy: strategy()}).Tasks[0].TaskArn
	w.running(t, *task)
	call(t, w.SubmitContainerStateChange, ecs.SubmitContainerStateChangeInput{Cluster: new(fleet), Task: task, ContainerName: new("main"),
		Status: new("STOPPED"), ExitCode: new(int32(7))})
	call(t, w.SubmitTaskStateChange, ecs.SubmitTaskStateChangeInput{Cluster: new(fleet), Task: task, Status: new("STOPPED"), Reason: new("said so")})
	if s := w.task(t, *task); *s.LastStatus != "STOPPED" || *s.Containers[0].ExitCode != 7 {
		t.Errorf("%+v", s)
	}
	refused[*types.InvalidParameterException](t, w.SubmitAttachmentStateChanges, ecs.SubmitAttachmentStateChangesInput{Cluster: new(fleet),
		Attachments: []types.AttachmentStateChange{{AttachmentArn: new(w.arn + "attachment/1"), Status: new("ATTACHED")}}})
}
