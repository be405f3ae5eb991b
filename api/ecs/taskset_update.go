package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/store"
)

// changeTaskSet commits a change of one task set and returns its description.
// change returns nil where nothing is to be written.
func (d *frontDoor) changeTaskSet(r request, cluster, service, ref *string,
	change func(v store.View, c *model.Change, s *model.Service, t *model.TaskSet) (*model.TaskSet, error)) (of *model.Service, changed *model.TaskSet, err error) {
	err = d.commit(r, func(v store.View, c *model.Change) error {
		_, s, err := r.external(v, cluster, service)
		if err != nil {
			return err
		}
		t, err := r.taskSet(v, s, ref)
		if err != nil {
			return err
		}
		of = s
		changed, err = change(v, c, s, t)
		return err
	})
	return of, changed, err
}

// UpdateTaskSet changes the share of the service's tasks that a task set has.
func (d *frontDoor) UpdateTaskSet(ctx context.Context, in *ecs.UpdateTaskSetInput) (*ecs.UpdateTaskSetOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkScale(in.Scale); err != nil {
		return nil, err
	}
	s, t, err := d.changeTaskSet(r, in.Cluster, in.Service, in.TaskSet, func(_ store.View, c *model.Change, s *model.Service, t *model.TaskSet) (*model.TaskSet, error) {
		if t.Status == model.TaskSetDraining {
			return nil, invalid("The task set is DRAINING and cannot be updated.")
		}
		t = t.Clone()
		t.Scale, t.UpdatedAt = in.Scale.Value, r.now
		c.Expect(s)
		c.Put(t)
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateTaskSetOutput{TaskSet: showTaskSet(r, d.db.View(), s, t, true)}, nil
}

// DeleteTaskSet makes a task set DRAINING: the control loops stop its tasks
// and remove it then.
func (d *frontDoor) DeleteTaskSet(ctx context.Context, in *ecs.DeleteTaskSetInput) (*ecs.DeleteTaskSetOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	s, t, err := d.changeTaskSet(r, in.Cluster, in.Service, in.TaskSet, func(_ store.View, c *model.Change, s *model.Service, t *model.TaskSet) (*model.TaskSet, error) {
		switch {
		case t.Status == model.TaskSetDraining:
			return t, nil
		case deploy.Wanted(t, s.Spec.DesiredCount) > 0 && !aws.ToBool(in.Force):
			return nil, invalid("The task set cannot be deleted while it is scaled above 0.")
		}
		t = t.Clone()
		t.Status, t.UpdatedAt = model.TaskSetDraining, r.now
		c.Expect(s)
		c.Put(t)
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteTaskSetOutput{TaskSet: showTaskSet(r, d.db.View(), s, t, true)}, nil
}

// UpdateServicePrimaryTaskSet says which task set serves. What that says for
// itself, the service says from then on.
func (d *frontDoor) UpdateServicePrimaryTaskSet(ctx context.Context, in *ecs.UpdateServicePrimaryTaskSetInput) (*ecs.UpdateServicePrimaryTaskSetOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	changed := (*model.Service)(nil)
	_, t, err := d.changeTaskSet(r, in.Cluster, in.Service, in.PrimaryTaskSet, func(_ store.View, c *model.Change, s *model.Service, t *model.TaskSet) (*model.TaskSet, error) {
		if t.Status == model.TaskSetDraining {
			return nil, invalid("The task set is DRAINING and cannot be the primary task set.")
		}
		changed = s
		if s.Primary == t.ID {
			return t, nil
		}
		changed = s.Clone()
		changed.Primary = t.ID
		changed.Spec.TaskDefinition, changed.Spec.LaunchType = t.Spec.TaskDefinition, t.Spec.LaunchType
		changed.Spec.CapacityStrategy, changed.Spec.PlatformVersion = t.Spec.CapacityStrategy, t.Spec.PlatformVersion
		changed.Spec.Network = t.Spec.Network
		t = t.Clone()
		t.UpdatedAt = r.now
		c.Put(changed)
		c.Put(t)
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateServicePrimaryTaskSetOutput{TaskSet: showTaskSet(r, d.db.View(), changed, t, true)}, nil
}
