package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// activeService returns the service that ref names in the ACTIVE cluster, if
// it is ACTIVE itself.
func (r request) activeService(v store.View, cluster *string, ref *string) (*model.Cluster, *model.Service, error) {
	c, err := r.activeCluster(v, cluster)
	if err != nil {
		return nil, nil, err
	}
	s, err := r.service(v, c.Name, aws.ToString(ref))
	if err != nil {
		return nil, nil, err
	}
	if s.Status != model.ServiceActive {
		return nil, nil, &types.ServiceNotActiveException{Message: new("Service was not ACTIVE.")}
	}
	return c, s, nil
}

// UpdateService changes a service. A change of the service revision, or the
// caller's wish, makes a new deployment; anything else takes effect in place.
func (d *frontDoor) UpdateService(ctx context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Service) == "" {
		return nil, invalid("service can not be blank.")
	}
	if err := refuseUpdate(in); err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var changed *model.Service
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, old, err := r.activeService(v, in.Cluster, in.Service)
		if err != nil {
			return err
		}
		spec := &serviceSpec{old.Spec, in.NetworkConfiguration}
		if err := spec.change(r, v, c, cluster, in); err != nil {
			return err
		}
		changed = old.Clone()
		changed.Spec = spec.ServiceSpec
		if in.ForceNewDeployment || spec.TaskDefinition != old.Spec.TaskDefinition || spec.LaunchType != old.Spec.LaunchType ||
			spec.PlatformVersion != old.Spec.PlatformVersion ||
			!slices.Equal(spec.CapacityStrategy, old.Spec.CapacityStrategy) || !spec.Network.Equal(old.Spec.Network) ||
			!model.SameVolume(spec.Volume, old.Spec.Volume) {
			r.deploy(v, c, changed)
		}
		c.Put(changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateServiceOutput{Service: showService(r, d.db.View(), changed, true)}, nil
}

// DeleteService makes a service DRAINING: the control loops stop its tasks and
// make it INACTIVE then.
func (d *frontDoor) DeleteService(ctx context.Context, in *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Service) == "" {
		return nil, invalid("service can not be blank.")
	}
	var deleted *model.Service
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.cluster(v, in.Cluster)
		if err != nil {
			return err
		}
		old, err := r.service(v, cluster.Name, *in.Service)
		if err != nil {
			return err
		}
		deleted = old
		switch {
		case old.Status == model.ServiceInactive:
			return serviceNotFound()
		case old.Status == model.ServiceDraining:
			return nil
		case old.Spec.DesiredCount > 0 && !aws.ToBool(in.Force):
			return invalid("The service cannot be stopped while it is scaled above 0.")
		}
		if err := drainTaskSets(r, v, c, old, aws.ToBool(in.Force)); err != nil {
			return err
		}
		deleted = old.Clone()
		deleted.Status, deleted.Spec.DesiredCount = model.ServiceDraining, 0
		c.Put(deleted)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteServiceOutput{Service: showService(r, d.db.View(), deleted, true)}, nil
}

// drainTaskSets ends the task sets of a service that is deleted with them.
func drainTaskSets(r request, v store.View, c *model.Change, s *model.Service, force bool) error {
	for t := range store.TaskSetsByService(v, s.Key().ID) {
		if t.Status == model.TaskSetDraining {
			continue
		}
		if !force {
			return invalid("The service cannot be stopped while deployments are active.")
		}
		t = t.Clone()
		t.Status, t.UpdatedAt = model.TaskSetDraining, r.now
		c.Put(t)
	}
	return nil
}
