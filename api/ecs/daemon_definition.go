package ecs

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// RegisterDaemonTaskDefinition stores a new revision of a family of daemon
// task definitions, which are not numbered with task definitions.
func (d *frontDoor) RegisterDaemonTaskDefinition(ctx context.Context, in *ecs.RegisterDaemonTaskDefinitionInput) (*ecs.RegisterDaemonTaskDefinitionOutput, error) {
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
	given, runs, err := d.defineDaemon(in)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	var made *model.DaemonTaskDefinition
	err = d.commit(r, func(v store.View, c *model.Change) error {
		f := &model.DaemonFamily{Account: r.scope.Account, Name: family}
		if old, ok := store.Get[*model.DaemonFamily](v, f.Key().ID); ok {
			f = old.Clone()
		}
		if f.LatestRevision == math.MaxInt32 {
			return &types.LimitExceededException{Message: new("The limit for the resource was exceeded.")}
		}
		f.LatestRevision++
		made = &model.DaemonTaskDefinition{Account: r.scope.Account, Family: family, Revision: f.LatestRevision,
			Status: model.DaemonTaskDefinitionActive, Definition: given, Runs: runs, Tags: tags, RegisteredAt: r.now, RegisteredBy: r.who.ARN}
		c.Put(f)
		c.Put(made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.RegisterDaemonTaskDefinitionOutput{DaemonTaskDefinitionArn: new(made.ARN(r.scope.Region))}, nil
}

// daemonDefinition returns the revision that ref names, in whatever status;
// the latest ACTIVE one of the family where ref names no revision. A revision
// of 0 was not named.
func (r request) daemonDefinition(v store.View, ref string) (t *model.DaemonTaskDefinition, revision int, err error) {
	if strings.HasPrefix(ref, "arn:") {
		kind, rest := r.own(ref)
		if kind != "daemon-task-definition" {
			return nil, 0, nil
		}
		ref = rest
	}
	family, number, has := strings.Cut(ref, ":")
	if has {
		revision, err = strconv.Atoi(number)
		if err != nil || revision < 1 || strconv.Itoa(revision) != number {
			return nil, 0, invalid("Invalid revision number. Number: %s", number)
		}
		t, _ = store.Get[*model.DaemonTaskDefinition](v, model.DaemonTaskDefinitionID(r.scope.Account, family, revision))
		return t, revision, nil
	}
	f, ok := store.Get[*model.DaemonFamily](v, model.FamilyID(r.scope.Account, family))
	if !ok {
		return nil, 0, nil
	}
	for n := f.LatestRevision; n > 0; n-- {
		t, ok := store.Get[*model.DaemonTaskDefinition](v, model.DaemonTaskDefinitionID(r.scope.Account, family, n))
		if ok && t.Status == model.DaemonTaskDefinitionActive {
			return t, 0, nil
		}
	}
	return nil, 0, nil
}

// DescribeDaemonTaskDefinition describes a revision, or the latest ACTIVE one
// of a family.
func (d *frontDoor) DescribeDaemonTaskDefinition(ctx context.Context, in *ecs.DescribeDaemonTaskDefinitionInput) (*ecs.DescribeDaemonTaskDefinitionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.DaemonTaskDefinition) == "" {
		return nil, clientError("Daemon task definition can not be blank.")
	}
	t, _, err := r.daemonDefinition(d.db.View(), *in.DaemonTaskDefinition)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, clientError("Unable to describe daemon task definition.")
	}
	out := *t.Definition
	out.DaemonTaskDefinitionArn, out.Family, out.Revision = new(t.ARN(r.scope.Region)), new(t.Family), int32(t.Revision)
	out.Status, out.RegisteredAt, out.RegisteredBy = types.DaemonTaskDefinitionStatus(t.Status), new(t.RegisteredAt), new(t.RegisteredBy)
	out.DeleteRequestedAt = instant(t.DeleteAt)
	return &ecs.DescribeDaemonTaskDefinitionOutput{DaemonTaskDefinition: &out}, nil
}

// DeleteDaemonTaskDefinition begins the deletion of an ACTIVE revision: what
// runs of it goes on, and it counts as deleted when no daemon refers to it.
func (d *frontDoor) DeleteDaemonTaskDefinition(ctx context.Context, in *ecs.DeleteDaemonTaskDefinitionInput) (*ecs.DeleteDaemonTaskDefinitionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.DaemonTaskDefinition) == "" {
		return nil, clientError("Daemon task definition can not be blank.")
	}
	var deleted *model.DaemonTaskDefinition
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, revision, err := r.daemonDefinition(v, *in.DaemonTaskDefinition)
		switch {
		case err != nil:
			return err
		case old == nil:
			return clientError("The specified daemon task definition does not exist.")
		case revision == 0:
			return clientError("Revision is missing.")
		case old.Status != model.DaemonTaskDefinitionActive:
			return clientError("The specified daemon task definition is not in ACTIVE status.")
		}
		deleted = old.Clone()
		deleted.Status, deleted.DeleteAt = model.DaemonTaskDefinitionDeleteInProgress, r.now
		c.Put(deleted)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteDaemonTaskDefinitionOutput{DaemonTaskDefinitionArn: new(deleted.ARN(r.scope.Region))}, nil
}
