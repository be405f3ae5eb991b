package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxInstances bounds UpdateContainerInstancesState. Source: ECS API reference.
const maxInstances = 10

// instance returns the container instance that ref, an id or ARN, names in
// the cluster.
func (r request) instance(v store.View, cluster, ref string) (*model.ContainerInstance, bool) {
	id, ok := r.member("container-instance", cluster, ref)
	if !ok {
		return nil, false
	}
	return store.Get[*model.ContainerInstance](v, model.InstanceID(r.scope.Account, cluster, id))
}

// arnOf returns the ARN of an instance as a caller named it.
func (r request) arnOf(ref, cluster string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	return r.scope.ContainerInstanceARN(cluster, ref)
}

// actsFor reports whether the caller may act for an instance: an instance's
// own session may for itself alone.
func (r request) actsFor(instanceARN string) error {
	if r.who.Purpose != caller.Instance || r.who.BoundTo == "" || r.who.BoundTo == instanceARN {
		return nil
	}
	return accessDenied("User: %s is not authorized to act for the container instance %s", r.who.ARN, instanceARN)
}

// UpdateContainerInstancesState makes instances ACTIVE or DRAINING. The
// control loops move what runs on a draining one.
func (d *frontDoor) UpdateContainerInstancesState(ctx context.Context, in *ecs.UpdateContainerInstancesStateInput) (*ecs.UpdateContainerInstancesStateOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Status != types.ContainerInstanceStatusActive && in.Status != types.ContainerInstanceStatusDraining:
		return nil, invalid("Container instance status should be one of [ACTIVE, DRAINING]")
	case len(in.ContainerInstances) == 0:
		return nil, invalid("Container instances cannot be empty.")
	case len(in.ContainerInstances) > maxInstances:
		return nil, invalid("Container instances can have at most %d items.", maxInstances)
	}
	var changed []*model.ContainerInstance
	var failures []types.Failure
	err = d.commit(r, func(v store.View, c *model.Change) error {
		changed, failures = nil, []types.Failure{}
		cluster, err := r.activeHome(v, in.Cluster)
		if err != nil {
			return err
		}
		for _, ref := range in.ContainerInstances {
			i, ok := r.instance(v, cluster.Name, ref)
			switch {
			case !ok:
				failures = append(failures, missing(r.arnOf(ref, cluster.Name)))
				continue
			case i.Status == model.InstanceInactive:
				failures = append(failures, types.Failure{Arn: new(i.ARN(r.scope.Region)), Reason: new("INACTIVE")})
				continue
			case slices.ContainsFunc(changed, func(o *model.ContainerInstance) bool { return o.ID == i.ID }):
				continue
			}
			if err := r.actsFor(i.ARN(r.scope.Region)); err != nil {
				return err
			}
			if i.Status == model.InstanceRegistering && in.Status == types.ContainerInstanceStatusDraining {
				// AWS: not before it has been ACTIVE. To make it ACTIVE is to use it without its daemons.
				failures = append(failures, types.Failure{Arn: new(i.ARN(r.scope.Region)), Reason: new(model.InstanceRegistering)})
				continue
			}
			if i.Status != string(in.Status) || i.DrainedFor != "" { // what daemons did is now the caller's
				i = i.Clone()
				i.Status, i.DrainedFor, i.StatusReason, i.Version = string(in.Status), "", "", i.Version+1
				c.Put(i)
			}
			changed = append(changed, i)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateContainerInstancesStateOutput{ContainerInstances: showInstances(r, d.db.View(), changed), Failures: failures}, nil
}

// DeregisterContainerInstance takes an instance out of its cluster. Tasks that
// it still runs keep it unless the caller forces it; those are lost then.
func (d *frontDoor) DeregisterContainerInstance(ctx context.Context, in *ecs.DeregisterContainerInstanceInput) (*ecs.DeregisterContainerInstanceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.ContainerInstance) == "" {
		return nil, invalid("Container instance can not be blank.")
	}
	d.structure.Lock()
	defer d.structure.Unlock()
	var gone *model.ContainerInstance
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.home(v, in.Cluster)
		if err != nil {
			return err
		}
		i, ok := r.instance(v, cluster.Name, *in.ContainerInstance)
		if !ok {
			return invalid("The specified container instance does not exist.")
		}
		if err := r.actsFor(i.ARN(r.scope.Region)); err != nil {
			return err
		}
		gone = i
		if i.Status == model.InstanceInactive {
			return nil
		}
		if !aws.ToBool(in.Force) && runsTasks(v, i) {
			return invalid("Found running tasks on the instance.")
		}
		gone = i.Clone()
		gone.Status, gone.Version = model.InstanceInactive, i.Version+1
		c.Put(gone)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeregisterContainerInstanceOutput{ContainerInstance: &showInstances(r, d.db.View(), []*model.ContainerInstance{gone})[0]}, nil
}

func runsTasks(v store.View, i *model.ContainerInstance) bool {
	for t := range store.TasksByInstance(v, i.Key().ID) {
		if !t.Stopped() {
			return true
		}
	}
	return false
}
