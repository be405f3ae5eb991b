package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// maxTasks bounds DescribeTasks. Source: ECS API reference.
const maxTasks = 100

// DescribeTasks describes tasks of one cluster.
func (d *frontDoor) DescribeTasks(ctx context.Context, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > maxTasks:
		return nil, invalid("Tasks can have at most %d items.", maxTasks)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeTasksOutput{Failures: []types.Failure{}}
	var tasks []*model.Task
	for _, ref := range in.Tasks {
		t, ok, err := r.task(v, cluster.Name, ref)
		if err != nil {
			return nil, err
		}
		if !ok {
			out.Failures = append(out.Failures, missing(r.taskARN(cluster.Name, ref)))
			continue
		}
		tasks = append(tasks, t)
	}
	out.Tasks = showTasks(r, v, tasks, slices.Contains(in.Include, types.TaskFieldTags))
	return out, nil
}

// task returns the task that ref, an id or ARN, names in the cluster. What
// cannot be an id is an error.
func (r request) task(v store.View, cluster, ref string) (*model.Task, bool, error) {
	id, ok := r.member("task", cluster, ref)
	if !strings.HasPrefix(ref, "arn:") && len(ref) != 32 && len(ref) != 36 {
		return nil, false, invalid("taskId length should be one of [32,36]")
	}
	if !ok {
		return nil, false, nil
	}
	t, ok := store.Get[*model.Task](v, model.TaskID(r.scope.Account, cluster, id))
	return t, ok, nil
}

func (r request) taskARN(cluster, ref string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	return r.scope.TaskARN(cluster, ref)
}

// tasksByID returns those of the tasks that are still there.
func (r request) tasksByID(v store.View, cluster string, ids []string) []*model.Task {
	var tasks []*model.Task
	for _, id := range ids {
		if t, ok := store.Get[*model.Task](v, model.TaskID(r.scope.Account, cluster, id)); ok {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func taskIDs(tasks []*model.Task) []string {
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.ID)
	}
	return ids
}

func showTasks(r request, v store.View, tasks []*model.Task, tags bool) []types.Task {
	shown := make([]types.Task, 0, len(tasks))
	for _, t := range tasks {
		shown = append(shown, showTask(r, v, t, tags))
	}
	return shown
}

// showTask describes a task.
func showTask(r request, v store.View, t *model.Task, tags bool) types.Task {
	arn, s := t.ARN(r.scope.Region), &t.Status
	out := types.Task{
		TaskArn: &arn, ClusterArn: new(r.scope.ClusterARN(t.Cluster)), Group: text(t.Spec.Group), StartedBy: text(t.Spec.StartedBy),
		LastStatus: new(string(s.Last)), DesiredStatus: new(string(t.Desired)), HealthStatus: health(s.Health),
		LaunchType: types.LaunchType(t.Spec.LaunchType), CapacityProviderName: text(t.Spec.CapacityProvider), EnableExecuteCommand: t.Spec.EnableExecuteCommand,
		Cpu: new(strconv.Itoa(t.Spec.Resources.CPU)), Memory: new(strconv.Itoa(t.Spec.Resources.Memory)),
		CreatedAt: instant(t.Spec.CreatedAt), ConnectivityAt: instant(s.ConnectedAt),
		PullStartedAt: instant(s.PullStartedAt), PullStoppedAt: instant(s.PullStoppedAt),
		StartedAt: instant(s.StartedAt), StoppingAt: instant(t.StoppingAt), StoppedAt: instant(s.StoppedAt),
		ExecutionStoppedAt: instant(s.ExecutionStopped),
		StopCode:           types.TaskStopCode(t.StopCode), StoppedReason: text(t.StoppedReason), Version: s.Version,
		InferenceAccelerators: []types.InferenceAccelerator{},
		Overrides:             showOverrides(t), Tags: []types.Tag{},
	}
	attachments, interfaces := showInterface(r, t)
	out.Attachments = append(attachments, showVolume(t)...)
	if tags {
		out.Tags = showTags(t.Tags)
	}
	def := &types.TaskDefinition{}
	if d, ok := store.DefinitionOf(v, t); ok {
		def = d.Definition
		out.TaskDefinitionArn = new(d.ARN(r.scope.Region))
		if t.Spec.Daemon != "" {
			out.TaskDefinitionArn = new(r.scope.DaemonTaskDefinitionARN(d.Family, d.Revision))
		}
	}
	if i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance); ok {
		showPlace(r, i, &out)
	}
	if t.Spec.LaunchType == model.LaunchFargate {
		showFargateTask(v, t, def, &out)
	}
	able := takesCommands(v, t)
	gpus := model.ContainerGPUs(t, def)
	for i := range s.Containers {
		out.Containers = append(out.Containers, showContainer(r, t, def, &s.Containers[i], &arn))
		for k := range gpus {
			if aws.ToString(def.ContainerDefinitions[k].Name) == s.Containers[i].Name {
				out.Containers[i].GpuIds = gpus[k]
			}
		}
		out.Containers[i].ManagedAgents = showManagedAgents(t, &s.Containers[i], able)
		out.Containers[i].NetworkInterfaces = interfaces
	}
	return out
}

// showPlace fills in what a task has from its instance.
func showPlace(r request, i *model.ContainerInstance, out *types.Task) {
	out.ContainerInstanceArn = new(i.ARN(r.scope.Region))
	if zone, ok := i.Attribute(place.ZoneAttribute); ok {
		out.AvailabilityZone = new(zone)
	}
	if architecture, ok := i.Attribute(model.AttributeArchitecture); ok {
		out.Attributes = []types.Attribute{{Name: new(model.AttributeArchitecture), Value: new(architecture)}}
	}
	if out.ConnectivityAt != nil {
		out.Connectivity = types.ConnectivityDisconnected
		if i.AgentConnected {
			out.Connectivity = types.ConnectivityConnected
		}
	}
}

func health(s string) types.HealthStatus {
	if s == "" {
		return types.HealthStatusUnknown
	}
	return types.HealthStatus(s)
}

// showOverrides names every container, with what was overridden of it.
func showOverrides(t *model.Task) *types.TaskOverride {
	out := &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{}, InferenceAcceleratorOverrides: []types.InferenceAcceleratorOverride{}}
	given := t.Spec.Overrides
	if given != nil {
		out.Cpu, out.Memory = given.Cpu, given.Memory
		out.TaskRoleArn, out.ExecutionRoleArn = given.TaskRoleArn, given.ExecutionRoleArn
	}
	for _, c := range t.Status.Containers {
		shown := types.ContainerOverride{Name: new(c.Name)}
		if given != nil {
			for _, o := range given.ContainerOverrides {
				if aws.ToString(o.Name) == c.Name {
					shown = o
				}
			}
		}
		out.ContainerOverrides = append(out.ContainerOverrides, shown)
	}
	return out
}

func showContainer(r request, t *model.Task, def *types.TaskDefinition, c *model.ContainerObserved, task *string) types.Container {
	out := types.Container{
		ContainerArn: new(r.scope.ContainerARN(t.Cluster, t.ID, c.ID)), TaskArn: task, Name: new(c.Name),
		LastStatus: new(string(c.Last)), RuntimeId: text(c.RuntimeID), ImageDigest: text(c.Digest), ExitCode: c.ExitCode,
		Reason: text(c.Reason), HealthStatus: health(c.Health),
		NetworkBindings: make([]types.NetworkBinding, 0, len(c.Bindings)), Cpu: new("0"),
	}
	for _, b := range c.Bindings {
		out.NetworkBindings = append(out.NetworkBindings, showBinding(b))
	}
	d := find(def, c.Name)
	if d == nil {
		return out
	}
	cpu, memory, reservation := d.Cpu, d.Memory, d.MemoryReservation
	if t.Spec.Overrides != nil {
		for _, o := range t.Spec.Overrides.ContainerOverrides {
			if aws.ToString(o.Name) == c.Name {
				cpu, memory, reservation = aws.ToInt32(orElse(o.Cpu, cpu)), either(o.Memory, memory), either(o.MemoryReservation, reservation)
			}
		}
	}
	out.Image, out.Cpu = d.Image, new(strconv.Itoa(int(cpu)))
	out.Memory, out.MemoryReservation = amount(memory), amount(reservation)
	return out
}

func either[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func amount(n *int32) *string {
	if n == nil {
		return nil
	}
	return new(strconv.Itoa(int(*n)))
}

func showBinding(b model.NetworkBinding) types.NetworkBinding {
	out := types.NetworkBinding{BindIP: text(b.BindIP), Protocol: types.TransportProtocol(b.Protocol),
		ContainerPortRange: text(b.ContainerPortRange), HostPortRange: text(b.HostPortRange)}
	if b.ContainerPort != 0 {
		out.ContainerPort = new(int32(b.ContainerPort))
	}
	if b.HostPort != 0 {
		out.HostPort = new(int32(b.HostPort))
	}
	return out
}

// showFailures describes why tasks could not be placed, by the instances'
// ARNs.
func showFailures(r request, failures []place.Failure) []types.Failure {
	shown := make([]types.Failure, 0, len(failures))
	for _, f := range failures {
		shown = append(shown, types.Failure{Arn: new(r.instanceARN(f.Instance)), Reason: new(f.Reason), Detail: text(f.Detail)})
	}
	return shown
}

// instanceARN returns the ARN of the instance with the key id.
func (r request) instanceARN(id string) string {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) != 3 {
		return id
	}
	return r.scope.ContainerInstanceARN(parts[1], parts[2])
}
