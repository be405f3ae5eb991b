package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxClusters bounds DescribeClusters. Source: ECS API reference.
const maxClusters = 100

// DescribeClusters describes the named clusters, the default one if none is
// named.
func (d *frontDoor) DescribeClusters(ctx context.Context, in *ecs.DescribeClustersInput) (*ecs.DescribeClustersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.Clusters) > maxClusters {
		return nil, invalid("clusters can have at most %d items.", maxClusters)
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	refs := in.Clusters
	if len(refs) == 0 {
		refs = []string{defaultCluster}
	}
	v := d.db.View()
	out := &ecs.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	for _, ref := range refs {
		c, err := r.cluster(v, &ref)
		if err != nil {
			arn := ref
			if !strings.HasPrefix(ref, "arn:") {
				arn = r.scope.ClusterARN(ref)
			}
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.Clusters = append(out.Clusters, *d.showCluster(r, c, in.Include...))
	}
	return out, nil
}

// checkInclude refuses members of an include list that there are not.
func checkInclude[T interface {
	~string
	Values() []T
}](include []T) error {
	var known T
	for _, f := range include {
		if !slices.Contains(known.Values(), f) {
			return invalid("Invalid value %q for include.", string(f))
		}
	}
	return nil
}

// ListClusters lists the ARNs of ACTIVE clusters.
func (d *frontDoor) ListClusters(ctx context.Context, in *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, "ListClusters", r.scope.Account)
	if err != nil {
		return nil, err
	}
	arns, next := take(p, store.After[*model.Cluster](d.db.View(), r.id(""), p.after),
		func(c *model.Cluster) string {
			if c.Status != model.ClusterActive {
				return ""
			}
			return c.Key().ID
		},
		func(c *model.Cluster) string { return r.scope.ClusterARN(c.Name) })
	return &ecs.ListClustersOutput{ClusterArns: arns, NextToken: next}, nil
}

// showCluster describes c with the counts of the newest view.
func (d *frontDoor) showCluster(r request, c *model.Cluster, include ...types.ClusterField) *types.Cluster {
	v := d.db.View()
	out := &types.Cluster{
		ClusterArn: new(r.scope.ClusterARN(c.Name)), ClusterName: new(c.Name), Status: new(c.Status),
		CapacityProviders: append([]string{}, c.CapacityProviders...), DefaultCapacityProviderStrategy: showStrategy(c.DefaultStrategy),
		Settings: []types.ClusterSetting{}, Statistics: []types.KeyValuePair{}, Tags: []types.Tag{},
	}
	count(v, c, out)
	if slices.Contains(include, types.ClusterFieldTags) {
		out.Tags = showTags(c.Tags)
	}
	if slices.Contains(include, types.ClusterFieldSettings) {
		for _, s := range c.Settings {
			out.Settings = append(out.Settings, types.ClusterSetting{Name: types.ClusterSettingName(s.Name), Value: new(s.Value)})
		}
	}
	if slices.Contains(include, types.ClusterFieldConfigurations) {
		out.Configuration = c.Configuration
	}
	if slices.Contains(include, types.ClusterFieldAttachments) {
		showAttachments(v, c, out)
	}
	if slices.Contains(include, types.ClusterFieldStatistics) {
		out.Statistics = statistics(v, c, out)
	}
	return out
}

// count fills in what a cluster contains. Tasks are counted by the instances
// that they are on, so that a large cluster costs no walk over its tasks.
func count(v store.View, c *model.Cluster, out *types.Cluster) {
	prefix := c.Key().ID + "/"
	for s := range store.Prefix[*model.Service](v, prefix) {
		if s.Status == model.ServiceActive {
			out.ActiveServicesCount++
		}
	}
	for i := range store.Prefix[*model.ContainerInstance](v, prefix) {
		if i.Status != model.InstanceInactive {
			out.RegisteredContainerInstancesCount++
		}
		running, pending := ownTasks(v, i)
		out.RunningTasksCount += int32(running)
		out.PendingTasksCount += int32(pending)
	}
	for t := range store.FargateTasks(v, c.Key().ID) {
		switch {
		case t.Status.Last == model.TaskRunning:
			out.RunningTasksCount++
		case t.Status.Last.Before(model.TaskRunning):
			out.PendingTasksCount++
		}
	}
	for t := range store.TasksWithoutInstance(v, c.Key().ID) {
		if t.Waiting() && t.Spec.LaunchType != model.LaunchFargate {
			out.PendingTasksCount++
		}
	}
}

// ownTasks counts the running and pending tasks on an instance, without those
// of Fargate: those are on no instance that is shown, and of whichever cluster.
func ownTasks(v store.View, i *model.ContainerInstance) (running, pending int) {
	u := store.Usage(v, i.Key().ID)
	running, pending = u.Running, u.Pending
	if !i.Fargate {
		return running, pending
	}
	for t := range store.TasksByInstance(v, i.Key().ID) {
		if t.Spec.LaunchType == model.LaunchFargate {
			without := u.Remove(t)
			running, pending = running-(u.Running-without.Running), pending-(u.Pending-without.Pending)
		}
	}
	return running, pending
}

// statistics are the counts by launch type. Source: ECS API reference,
// Cluster.statistics.
func statistics(v store.View, c *model.Cluster, out *types.Cluster) []types.KeyValuePair {
	counts := map[string]int{}
	for t := range store.Prefix[*model.Task](v, c.Key().ID+"/") {
		switch {
		case t.Status.Last == model.TaskRunning:
			counts["running"+launchWord(t.Spec.LaunchType)+"TasksCount"]++
		case t.Status.Last.Before(model.TaskRunning):
			counts["pending"+launchWord(t.Spec.LaunchType)+"TasksCount"]++
		}
	}
	for s := range store.Prefix[*model.Service](v, c.Key().ID+"/") {
		switch s.Status {
		case model.ServiceActive:
			counts["active"+launchWord(launchOf(s.Spec))+"ServiceCount"]++
		case model.ServiceDraining:
			counts["draining"+launchWord(launchOf(s.Spec))+"ServiceCount"]++
		}
	}
	var pairs []types.KeyValuePair
	for _, launch := range []string{"EC2", "Fargate", "External"} {
		for _, name := range []string{"running" + launch + "TasksCount", "pending" + launch + "TasksCount",
			"active" + launch + "ServiceCount", "draining" + launch + "ServiceCount"} {
			pairs = append(pairs, types.KeyValuePair{Name: new(name), Value: new(strconv.Itoa(counts[name]))})
		}
	}
	return pairs
}

// launchOf returns the launch type of a service's tasks, by its capacity
// provider strategy where it has one.
func launchOf(s model.ServiceSpec) string {
	if len(s.CapacityStrategy) > 0 && fargate(s.CapacityStrategy[0].Provider) {
		return model.LaunchFargate
	}
	return s.LaunchType
}

func launchWord(launchType string) string {
	switch launchType {
	case string(types.LaunchTypeExternal):
		return "External"
	case model.LaunchFargate:
		return "Fargate"
	}
	return "EC2"
}
