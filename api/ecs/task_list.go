package ecs

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ListTasks lists the ARNs of a cluster's tasks that pass every filter: those
// that are to run, unless the stopped ones are asked for. startedBy cannot be
// one of several filters.
func (d *frontDoor) ListTasks(ctx context.Context, in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	desired := in.DesiredStatus
	if desired == "" {
		desired = types.DesiredStatusRunning
	}
	if !slices.Contains(desired.Values(), desired) {
		return nil, invalid("Invalid desiredStatus: %s", desired)
	}
	if in.StartedBy != nil && (in.Family != nil || in.ServiceName != nil || in.ContainerInstance != nil || in.LaunchType != "" || in.DaemonName != nil) {
		// AWS's words; a desiredStatus is taken with it.
		return nil, invalid("cannot specify startedBy with other arguments")
	}
	if in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType) {
		return nil, invalid("Invalid launchType: %s", in.LaunchType)
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, "ListTasks", cluster.Key().ID, string(desired), string(in.LaunchType),
		aws.ToString(in.ContainerInstance), aws.ToString(in.Family), aws.ToString(in.ServiceName), aws.ToString(in.StartedBy), aws.ToString(in.DaemonName))
	if err != nil {
		return nil, err
	}
	tasks, err := r.tasks(v, cluster, in, p)
	if err != nil {
		return nil, err
	}
	arns, next := take(p, tasks, func(t *model.Task) string {
		if string(t.Desired) != string(desired) ||
			in.LaunchType != "" && t.Spec.LaunchType != string(in.LaunchType) ||
			in.Family != nil && familyOf(t) != *in.Family ||
			in.StartedBy != nil && t.Spec.StartedBy != *in.StartedBy {
			return ""
		}
		return t.Key().ID
	}, func(t *model.Task) string { return t.ARN(r.scope.Region) })
	return &ecs.ListTasksOutput{TaskArns: arns, NextToken: next}, nil
}

// tasks returns the cluster's tasks behind the page's beginning, of the
// service and on the instance that are named, through the index that finds
// the fewest.
func (r request) tasks(v store.View, cluster *model.Cluster, in *ecs.ListTasksInput, p page) (iter.Seq[*model.Task], error) {
	key := func(t *model.Task) string { return t.Key().ID }
	instance := ""
	if aws.ToString(in.ContainerInstance) != "" {
		i, ok := r.instance(v, cluster.Name, *in.ContainerInstance)
		if !ok {
			return nil, invalid("The specified container instance does not exist.")
		}
		instance = i.Key().ID
	}
	daemon := ""
	if aws.ToString(in.DaemonName) != "" {
		n, ok := store.Get[*model.Daemon](v, model.DaemonID(r.scope.Account, cluster.Name, *in.DaemonName))
		if !ok {
			return nil, invalid("The specified daemon does not exist.")
		}
		daemon = n.Key().ID
	}
	if aws.ToString(in.ServiceName) != "" {
		s, err := r.service(v, cluster.Name, *in.ServiceName)
		if err != nil {
			return nil, err
		}
		return behind(p, filter(store.TasksByService(v, s.Key().ID), func(t *model.Task) bool {
			return daemon == "" && (instance == "" || onShown(t, instance)) // no task is of both
		}), key), nil
	}
	if daemon != "" {
		return behind(p, filter(store.TasksByDaemon(v, daemon), func(t *model.Task) bool {
			return instance == "" || onShown(t, instance)
		}), key), nil
	}
	if instance != "" {
		return behind(p, filter(store.TasksByInstance(v, instance), func(t *model.Task) bool { return onShown(t, instance) }), key), nil
	}
	return store.After[*model.Task](v, cluster.Key().ID+"/", p.after), nil
}

// onShown reports whether the task is shown to be on the instance: those of
// Fargate are shown on none.
func onShown(t *model.Task, instance string) bool {
	return t.Spec.Instance == instance && t.Spec.LaunchType != model.LaunchFargate
}

func filter[T any](seq iter.Seq[T], keep func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for t := range seq {
			if keep(t) && !yield(t) {
				return
			}
		}
	}
}

// familyOf returns the family of a task's definition.
func familyOf(t *model.Task) string {
	parts := strings.Split(t.Spec.TaskDefinition, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
