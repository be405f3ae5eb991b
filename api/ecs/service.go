package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// service returns the service that ref, a name or ARN, names in the cluster.
func (r request) service(v store.View, cluster, ref string) (*model.Service, error) {
	name, ok := r.member("service", cluster, ref)
	s, known := store.Get[*model.Service](v, model.ServiceID(r.scope.Account, cluster, name))
	if !ok || !known {
		return nil, serviceNotFound()
	}
	return s, nil
}

// CreateService stores a service and its first deployment. The control loops
// start its tasks.
func (d *frontDoor) CreateService(ctx context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	spec, err := newSpec(in)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	anonymous := *in
	anonymous.ClientToken = nil
	token, err := newToken(r, "CreateService", in.ClientToken, &anonymous)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.ServiceName)
	d.structure.RLock()
	defer d.structure.RUnlock()
	var made *model.Service
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.activeCluster(v, in.Cluster)
		if err != nil {
			return err
		}
		old, done, err := previous(v, token, model.ServiceID(r.scope.Account, cluster.Name, name), cluster.Name)
		if err != nil || done {
			made = old
			return err
		}
		t, err := spec.resolve(r, v, aws.ToString(in.TaskDefinition))
		if err != nil {
			return err
		}
		made = &model.Service{Account: r.scope.Account, Cluster: cluster.Name, Name: name, Status: model.ServiceActive,
			Spec: spec.ServiceSpec, Tags: tags, CreatedAt: r.now, CreatedBy: r.who.ARN}
		if old != nil {
			made.Rev = old.Rev
			forget(v, c, old)
		}
		c.Expect(cluster)
		c.Expect(t)
		deploy(c, made, r)
		c.Put(made)
		token.remember(c, v, cluster.Name, []string{name})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.CreateServiceOutput{Service: showService(r, d.db.View(), made, true)}, nil
}

// previous returns the service that has the id already, and whether it is the
// one that an earlier call with the token made. Only an INACTIVE one may be
// replaced.
func previous(v store.View, t token, id, cluster string) (old *model.Service, done bool, err error) {
	old, ok := store.Get[*model.Service](v, id)
	if !ok {
		return nil, false, nil
	}
	results, err := t.done(v, cluster)
	switch {
	case old.Status == model.ServiceInactive:
		return old, false, nil
	case old.Status == model.ServiceDraining:
		return nil, false, invalid("Unable to Start a service that is still Draining.")
	case err != nil || len(results) != 1 || results[0] != old.Name:
		return nil, false, invalid("Creation of service was not idempotent.")
	}
	return old, true, nil
}

// forget removes what a service of the same name has left.
func forget(v store.View, c *model.Change, old *model.Service) {
	for d := range store.DeploymentsByService(v, old.Key().ID) {
		c.Delete(d)
	}
	if e, ok := store.Get[*model.ServiceEvents](v, old.Key().ID); ok {
		c.Delete(e)
	}
}

// deploy adds a new deployment of the service's spec, its primary from now on.
func deploy(c *model.Change, s *model.Service, r request) {
	d := &model.Deployment{Account: s.Account, Cluster: s.Cluster, Service: s.Name, ID: r.ids().Deployment(),
		Spec: s.Spec, CreatedAt: r.now}
	d.Status = model.DeploymentStatus{State: model.DeploymentPrimary, Rollout: model.RolloutInProgress,
		RolloutReason: "ECS deployment " + d.ID + " in progress.", UpdatedAt: r.now}
	s.Primary = d.ID
	c.Put(d)
}

// UpdateService changes a service. A change of the task definition, or the
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
		cluster, err := r.activeCluster(v, in.Cluster)
		if err != nil {
			return err
		}
		old, err := r.service(v, cluster.Name, *in.Service)
		if err != nil {
			return err
		}
		if old.Status != model.ServiceActive {
			return &types.ServiceNotActiveException{Message: new("Service was not ACTIVE.")}
		}
		spec := &serviceSpec{old.Spec}
		if err := spec.update(in); err != nil {
			return err
		}
		if ref := aws.ToString(in.TaskDefinition); ref != "" {
			t, err := spec.resolve(r, v, ref)
			if err != nil {
				return err
			}
			c.Expect(t)
		} else if err := spec.check(v); err != nil {
			return err
		}
		changed = old.Clone()
		changed.Spec = spec.ServiceSpec
		if in.ForceNewDeployment || spec.TaskDefinition != old.Spec.TaskDefinition {
			deploy(c, changed, r)
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
