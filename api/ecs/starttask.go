package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// StartTask puts one task on each of the named instances that can take it.
// Placement constraints do not count: the caller has chosen.
func (d *frontDoor) StartTask(ctx context.Context, in *ecs.StartTaskInput) (*ecs.StartTaskOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	start, err := newStart(in)
	if err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var tasks []*model.Task
	var failures []types.Failure
	release := func() {}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		release()
		release = func() {}
		cluster, err := r.activeCluster(v, in.Cluster)
		if err != nil {
			return err
		}
		done, err := d.fleets.choose(cluster, func(v store.View, fleet *place.Fleet) ([]*model.Task, error) {
			tasks, failures, err = start.place(r, v, cluster, fleet, in.ContainerInstances, c)
			return tasks, err
		})
		if err == nil {
			release = done
		}
		return err
	})
	release()
	if err != nil {
		return nil, err
	}
	return &ecs.StartTaskOutput{Tasks: showTasks(r, d.db.View(), tasks, true), Failures: failures}, nil
}

func newStart(in *ecs.StartTaskInput) (*launch, error) {
	volume, err := newVolume(in.VolumeConfigurations)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.ContainerInstances) == 0:
		return nil, invalid("Container instances cannot be empty.")
	case len(in.ContainerInstances) > maxTasksToRun:
		return nil, invalid("Container instances can have at most %d items.", maxTasksToRun)
	}
	l := &launch{
		taskDefinition: aws.ToString(in.TaskDefinition), group: aws.ToString(in.Group), startedBy: aws.ToString(in.StartedBy),
		referenceID: aws.ToString(in.ReferenceId), launchType: string(types.LaunchTypeEc2), overrides: in.Overrides,
		propagate: in.PropagateTags, managedTags: in.EnableECSManagedTags, execute: in.EnableExecuteCommand, network: in.NetworkConfiguration, volume: volume,
	}
	return l, l.check(in.Tags)
}

// place adds a task for every instance that can take one to the change, and
// says why the others cannot.
func (l *launch) place(r request, v store.View, cluster *model.Cluster, fleet *place.Fleet, refs []string, c *model.Change) ([]*model.Task, []types.Failure, error) {
	t, err := r.runnable(v, l.taskDefinition, invalid)
	if err != nil {
		return nil, nil, err
	}
	network, err := r.network(v, l.network, t.Definition)
	if err != nil {
		return nil, nil, err
	}
	if err := l.fits(t.Definition, network); err != nil {
		return nil, nil, err
	}
	if err := r.volumeRole(v, cluster, l.volume); err != nil {
		return nil, nil, err
	}
	resources, err := place.Demand(t.Definition, l.overrides)
	if err != nil {
		return nil, nil, invalid("%s", err)
	}
	req := &place.Request{Count: 1, Resources: resources, Required: place.RequiredOn(cluster.Runtime(), t.Definition, l.overrides)}
	ids := r.ids()
	addressing := newAddressing(r, v, network, ids.Uint64())
	var tasks []*model.Task
	failures := []types.Failure{}
	seen := map[string]bool{}
	for _, ref := range refs {
		id, ok := r.member("container-instance", cluster.Name, ref)
		key := model.InstanceID(r.scope.Account, cluster.Name, id)
		node, known := fleet.Node(key)
		if !ok || !known {
			failures = append(failures, missing(r.arnOf(ref, cluster.Name)))
			continue
		}
		if seen[key] {
			return nil, nil, invalid("Container instances must be unique.")
		}
		seen[key] = true
		if why := place.Refusals(node, req); len(why) > 0 {
			failures = append(failures, types.Failure{Arn: new(r.instanceARN(key)), Reason: new(why[0].Reason), Detail: text(place.Detail(why))})
			continue
		}
		task, err := l.make(r, ids, cluster, t, key)
		if err != nil {
			return nil, nil, err
		}
		if network != nil { // the caller has chosen the zone, too
			i, ok := addressing.chooser.Interface(addressing.account, network, fleet.Zone(key))
			if !ok {
				failures = append(failures, r.full(key))
				continue
			}
			task.Spec.Interface = i
		}
		tasks = append(tasks, task)
	}
	propose(c, v, cluster, t, tasks)
	return tasks, failures, nil
}
