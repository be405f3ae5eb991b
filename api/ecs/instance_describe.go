package ecs

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place/expression"
	"github.com/roadstead/roadstead/store"
)

// maxDescribedInstances bounds DescribeContainerInstances. Source: ECS API reference.
const maxDescribedInstances = 100

// DescribeContainerInstances describes container instances of one cluster.
func (d *frontDoor) DescribeContainerInstances(ctx context.Context, in *ecs.DescribeContainerInstancesInput) (*ecs.DescribeContainerInstancesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.ContainerInstances) == 0:
		return nil, invalid("Container instances cannot be empty.")
	case len(in.ContainerInstances) > maxDescribedInstances:
		return nil, invalid("Container instances can have at most %d items.", maxDescribedInstances)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	v := d.db.View()
	cluster, err := r.home(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeContainerInstancesOutput{Failures: []types.Failure{}}
	var found []*model.ContainerInstance
	for _, ref := range in.ContainerInstances {
		i, ok := r.instance(v, cluster.Name, ref)
		if !ok {
			out.Failures = append(out.Failures, missing(r.arnOf(ref, cluster.Name)))
			continue
		}
		found = append(found, i)
	}
	out.ContainerInstances = showInstances(r, v, found, in.Include...)
	return out, nil
}

// ListContainerInstances lists the ARNs of a cluster's instances in a status,
// in any but INACTIVE unless one is asked for, that a filter in the cluster
// query language means.
func (d *frontDoor) ListContainerInstances(ctx context.Context, in *ecs.ListContainerInstancesInput) (*ecs.ListContainerInstancesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if in.Status != "" && !slices.Contains(in.Status.Values(), in.Status) {
		return nil, invalid("Invalid status: %s", in.Status)
	}
	var filter *expression.Expression
	if aws.ToString(in.Filter) != "" {
		if filter, err = expression.Parse(*in.Filter); err != nil {
			return nil, invalid("%s", err)
		}
	}
	v := d.db.View()
	cluster, err := r.home(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults,
		"ListContainerInstances", cluster.Key().ID, aws.ToString(in.Filter), string(in.Status))
	if err != nil {
		return nil, err
	}
	arns, next := take(p, store.After[*model.ContainerInstance](v, cluster.Key().ID+"/", p.after), func(i *model.ContainerInstance) string {
		if in.Status == "" && i.Status == model.InstanceInactive || in.Status != "" && i.Status != string(in.Status) || !meant(v, filter, i) {
			return ""
		}
		return i.Key().ID
	}, func(i *model.ContainerInstance) string { return i.ARN(r.scope.Region) })
	return &ecs.ListContainerInstancesOutput{ContainerInstanceArns: arns, NextToken: next}, nil
}

// meant reports whether the filter means the instance; nil means all.
func meant(v store.View, filter *expression.Expression, i *model.ContainerInstance) bool {
	if filter == nil {
		return true
	}
	s := expression.Subject{Instance: i, Usage: store.Usage(v, i.Key().ID)}
	if filter.UsesGroups() {
		s.Groups = groupsOf(v)(i.Key().ID)
	}
	return filter.Match(s)
}

func showInstances(r request, v store.View, instances []*model.ContainerInstance, include ...types.ContainerInstanceField) []types.ContainerInstance {
	shown := make([]types.ContainerInstance, 0, len(instances))
	for _, i := range instances {
		shown = append(shown, showInstance(r, v, i, include))
	}
	return shown
}

func showInstance(r request, v store.View, i *model.ContainerInstance, include []types.ContainerInstanceField) types.ContainerInstance {
	usage := store.Usage(v, i.Key().ID)
	running, pending := usage.Running, usage.Pending
	if i.Cluster != model.FargateCluster {
		running, pending = ownTasks(v, i)
	}
	out := types.ContainerInstance{
		ContainerInstanceArn: new(i.ARN(r.scope.Region)), Ec2InstanceId: text(i.EC2InstanceID),
		CapacityProviderName: text(i.CapacityProvider),
		Status:               new(i.Status), StatusReason: text(i.StatusReason), AgentConnected: i.AgentConnected, Version: i.Version,
		RunningTasksCount: int32(running), PendingTasksCount: int32(pending),
		RegisteredAt: instant(i.RegisteredAt), RegisteredResources: showResources(i.Registered, i.GPUs),
		Attributes: []types.Attribute{}, Attachments: []types.Attachment{}, Tags: []types.Tag{},
		VersionInfo: &types.VersionInfo{AgentVersion: text(i.AgentVersion), AgentHash: text(i.AgentHash), DockerVersion: text(i.DockerVersion)},
	}
	left := model.Resources{CPU: i.Registered.CPU - usage.CPU, Memory: i.Registered.Memory - usage.Memory,
		Ports: slices.Concat(i.Registered.Ports, usage.Ports)}
	slices.SortFunc(left.Ports, model.ComparePorts)
	left.Ports = slices.Compact(left.Ports)
	out.RemainingResources = showResources(left, freeGPUs(v, i))
	for _, a := range i.Attributes {
		out.Attributes = append(out.Attributes, types.Attribute{Name: new(a.Name), Value: text(a.Value)})
	}
	if slices.Contains(include, types.ContainerInstanceFieldTags) {
		out.Tags = showTags(i.Tags)
	}
	if slices.Contains(include, types.ContainerInstanceFieldContainerInstanceHealth) {
		out.HealthStatus = showInstanceHealth(v, i)
	}
	return out
}

func showInstanceHealth(v store.View, i *model.ContainerInstance) *types.ContainerInstanceHealthStatus {
	state := types.InstanceHealthCheckState(orWord(i.HealthStatus, string(types.InstanceHealthCheckStateInsufficientData)))
	out := &types.ContainerInstanceHealthStatus{OverallStatus: state, Details: []types.InstanceHealthCheckResult{{
		Type: types.InstanceHealthCheckTypeContainerRuntime, Status: state, LastUpdated: instant(i.HealthUpdated)}}}
	if d := showDaemonHealth(v, i); d != nil {
		out.Details = append(out.Details, *d)
		if d.Status == types.InstanceHealthCheckStateImpaired {
			out.OverallStatus = d.Status
		}
	}
	return out
}

// showResources is the form in which instances name their resources: ports
// are those in use, and GPUs, nil where the instance has none, those it has or
// has left.
func showResources(r model.Resources, gpus []string) []types.Resource {
	ports := map[string][]string{"tcp": {}, "udp": {}}
	for _, p := range r.Ports {
		ports[p.Protocol] = append(ports[p.Protocol], strconv.Itoa(p.Number))
	}
	out := []types.Resource{
		{Name: new("CPU"), Type: new("INTEGER"), IntegerValue: int32(r.CPU)},
		{Name: new("MEMORY"), Type: new("INTEGER"), IntegerValue: int32(r.Memory)},
		{Name: new("PORTS"), Type: new("STRINGSET"), StringSetValue: ports["tcp"]},
		{Name: new("PORTS_UDP"), Type: new("STRINGSET"), StringSetValue: ports["udp"]},
	}
	if gpus != nil {
		out = append(out, types.Resource{Name: new("GPU"), Type: new("STRINGSET"), StringSetValue: gpus})
	}
	return out
}

// freeGPUs returns the instance's GPUs that no task has, nil where it has none
// at all.
func freeGPUs(v store.View, i *model.ContainerInstance) []string {
	if len(i.GPUs) == 0 {
		return nil
	}
	taken := map[string]bool{}
	for t := range store.TasksByInstance(v, i.Key().ID) {
		for _, id := range t.Spec.GPUs {
			taken[id] = taken[id] || t.HoldsResources()
		}
	}
	free := slices.DeleteFunc(slices.Clone(i.GPUs), func(id string) bool { return taken[id] })
	if free == nil {
		free = []string{}
	}
	return free
}
