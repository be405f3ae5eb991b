package ecs

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
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
		full := *spec
		if err := full.complete(r, v, c, cluster, in); err != nil {
			return err
		}
		made = &model.Service{Account: r.scope.Account, Cluster: cluster.Name, Name: name, Status: model.ServiceActive,
			Spec: full.ServiceSpec, Tags: tags, CreatedAt: r.now, CreatedBy: r.who.ARN}
		if old != nil {
			made.Rev = old.Rev
			forget(v, c, old)
		}
		c.Expect(cluster)
		if !full.external() {
			r.deploy(v, c, made)
		}
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

// forget removes what a service of the same name has left. The new one's
// deployments are not its successors.
func forget(v store.View, c *model.Change, old *model.Service) {
	for d := range store.DeploymentsByService(v, old.Key().ID) {
		c.Delete(d)
	}
	for t := range store.TaskSetsByService(v, old.Key().ID) {
		c.Delete(t)
	}
	if e, ok := store.Get[*model.ServiceEvents](v, old.Key().ID); ok {
		c.Delete(e)
	}
}

// deploy adds a new deployment of the service's spec, its primary from now on.
func (r request) deploy(v store.View, c *model.Change, s *model.Service) {
	var old []*model.Deployment
	now := r.now
	if s.Rev != 0 && s.Primary != "" {
		for d := range store.DeploymentsByService(v, s.Key().ID) {
			old = append(old, d)
			if !now.After(d.CreatedAt) {
				// Which deployment is the newer one is told by when they were made.
				now = d.CreatedAt.Add(time.Millisecond)
			}
		}
	}
	d := deploy.Begin(s, old, slices.Collect(store.TasksByService(v, s.Key().ID)), r.ids(), now)
	s.Primary = d.ID
	c.Put(d)
}
