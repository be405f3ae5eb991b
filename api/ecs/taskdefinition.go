package ecs

import (
	"context"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// RegisterTaskDefinition stores a new revision of a family.
func (d *frontDoor) RegisterTaskDefinition(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	family := aws.ToString(in.Family)
	switch {
	case family == "":
		return nil, clientError("Family can not be blank.")
	case !validName(family):
		return nil, clientError("Family contains invalid characters.")
	}
	if in.Tags != nil && len(in.Tags) == 0 {
		return nil, clientError("Tags can not be empty.")
	}
	definition, err := d.define(in)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	var made *model.TaskDefinition
	err = d.commit(r, func(v store.View, c *model.Change) error {
		f := &model.Family{Account: r.scope.Account, Name: family}
		if old, ok := store.Get[*model.Family](v, f.Key().ID); ok {
			f = old.Clone()
		}
		if f.LatestRevision == math.MaxInt32 {
			return &types.LimitExceededException{Message: new("The limit for the resource was exceeded.")}
		}
		f.LatestRevision++
		made = &model.TaskDefinition{Account: r.scope.Account, Family: family, Revision: f.LatestRevision,
			Status: model.TaskDefinitionActive, Definition: definition, Tags: tags,
			RegisteredAt: r.now, RegisteredBy: r.who.ARN}
		c.Put(f)
		c.Put(made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: showTaskDefinition(r, made), Tags: showTags(tags)}, nil
}

// DescribeTaskDefinition describes a revision, or the latest ACTIVE one of a
// family.
func (d *frontDoor) DescribeTaskDefinition(ctx context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkInclude(in.Include); err != nil {
		return nil, err
	}
	if aws.ToString(in.TaskDefinition) == "" {
		return nil, clientError("TaskDefinition can not be blank.")
	}
	t, ok, err := r.taskDefinition(d.db.View(), *in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, clientError("Unable to describe task definition.")
	}
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: showTaskDefinition(r, t)}
	for _, f := range in.Include {
		if f == types.TaskDefinitionFieldTags {
			out.Tags = showTags(t.Tags)
		}
	}
	return out, nil
}

// DeregisterTaskDefinition makes a revision INACTIVE: what runs of it goes on,
// nothing new is started from it.
func (d *frontDoor) DeregisterTaskDefinition(ctx context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	family, revision, err := r.revision(aws.ToString(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		return nil, clientError("Revision is missing.")
	}
	var changed *model.TaskDefinition
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, ok := store.Get[*model.TaskDefinition](v, model.TaskDefinitionID(r.scope.Account, family, revision))
		if !ok {
			return clientError("The specified task definition does not exist.")
		}
		changed = old
		if old.Status != model.TaskDefinitionActive {
			return nil
		}
		changed = old.Clone()
		changed.Status, changed.DeregisteredAt = model.TaskDefinitionInactive, r.now
		c.Put(changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: showTaskDefinition(r, changed)}, nil
}

// maxDeletions bounds DeleteTaskDefinitions. Source: ECS API reference.
const maxDeletions = 10

// DeleteTaskDefinitions begins the deletion of INACTIVE revisions.
func (d *frontDoor) DeleteTaskDefinitions(ctx context.Context, in *ecs.DeleteTaskDefinitionsInput) (*ecs.DeleteTaskDefinitionsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.TaskDefinitions) == 0:
		return nil, invalid("TaskDefinitions cannot be empty.")
	case len(in.TaskDefinitions) > maxDeletions:
		return nil, invalid("Size of TaskDefinition references list cannot exceed %d", maxDeletions)
	}
	var out *ecs.DeleteTaskDefinitionsOutput
	err = d.commit(r, func(v store.View, c *model.Change) error {
		out = &ecs.DeleteTaskDefinitionsOutput{TaskDefinitions: []types.TaskDefinition{}, Failures: []types.Failure{}}
		seen := map[string]bool{}
		for _, ref := range in.TaskDefinitions {
			t, why := r.deletable(v, ref)
			if why != "" {
				out.Failures = append(out.Failures, types.Failure{Arn: new(ref), Reason: new(why)})
				continue
			}
			if t.Status == model.TaskDefinitionInactive {
				t = t.Clone()
				t.Status, t.DeleteAt = model.TaskDefinitionDeleteInProgress, r.now
				if !seen[t.Key().ID] {
					c.Put(t)
				}
			}
			if !seen[t.Key().ID] {
				out.TaskDefinitions = append(out.TaskDefinitions, *showTaskDefinition(r, t))
			}
			seen[t.Key().ID] = true
		}
		return nil
	})
	return out, err
}

// deletable returns the revision that ref names, or why it cannot be deleted.
func (r request) deletable(v store.View, ref string) (*model.TaskDefinition, string) {
	family, revision, err := r.revision(ref)
	if err != nil || revision == 0 {
		return nil, "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
	}
	t, ok := store.Get[*model.TaskDefinition](v, model.TaskDefinitionID(r.scope.Account, family, revision))
	if !ok {
		return nil, "The specified task definition does not exist. Specify a valid account, family, revision and try again."
	}
	if t.Status == model.TaskDefinitionActive {
		return nil, "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
	}
	return t, ""
}
