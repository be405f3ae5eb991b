package ecs

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ListTaskDefinitions lists ARNs by family and revision, of ACTIVE revisions
// unless another status is asked for.
func (d *frontDoor) ListTaskDefinitions(ctx context.Context, in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	status, descending, family := in.Status, in.Sort == types.SortOrderDesc, aws.ToString(in.FamilyPrefix)
	if status == "" {
		status = types.TaskDefinitionStatusActive
	}
	if !slices.Contains(status.Values(), status) {
		return nil, invalid("Invalid status: %s", status)
	}
	if in.Sort != "" && !slices.Contains(in.Sort.Values(), in.Sort) {
		return nil, invalid("Invalid sort: %s", in.Sort)
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults,
		"ListTaskDefinitions", r.scope.Account, family, string(status), fmt.Sprint(descending))
	if err != nil {
		return nil, err
	}
	all := r.taskDefinitions(d.db.View(), family)
	if descending {
		list := slices.Collect(all)
		slices.Reverse(list)
		all = slices.Values(list)
	}
	arns, next := take(p, all, func(t *model.TaskDefinition) string {
		at := positionOf(t)
		if t.Status != string(status) || p.after != "" && (at <= p.after) != descending || at == p.after {
			return ""
		}
		return at
	}, func(t *model.TaskDefinition) string { return t.ARN(r.scope.Region) })
	return &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: arns, NextToken: next}, nil
}

// positionOf orders task definitions by family and then by revision.
func positionOf(t *model.TaskDefinition) string {
	return fmt.Sprintf("%s\x00%010d", t.Family, t.Revision)
}

// taskDefinitions returns all revisions of the family, of all families where
// it is "", by family and revision.
func (r request) taskDefinitions(v store.View, family string) iter.Seq[*model.TaskDefinition] {
	return func(yield func(*model.TaskDefinition) bool) {
		for f := range store.Prefix[*model.Family](v, r.id(family)) {
			if family != "" && f.Name != family {
				continue
			}
			for t := range store.Prefix[*model.TaskDefinition](v, f.Key().ID+"/") {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// ListTaskDefinitionFamilies lists the families whose names begin with a
// prefix: those with ACTIVE revisions, those without, or all.
func (d *frontDoor) ListTaskDefinitionFamilies(ctx context.Context, in *ecs.ListTaskDefinitionFamiliesInput) (*ecs.ListTaskDefinitionFamiliesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	status, prefix := in.Status, aws.ToString(in.FamilyPrefix)
	if status == "" {
		status = types.TaskDefinitionFamilyStatusActive
	}
	if !slices.Contains(status.Values(), status) {
		return nil, invalid("Invalid status: %s", status)
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, "ListTaskDefinitionFamilies", r.scope.Account, prefix, string(status))
	if err != nil {
		return nil, err
	}
	v := d.db.View()
	families, next := take(p, store.After[*model.Family](v, r.id(prefix), p.after), func(f *model.Family) string {
		if status != types.TaskDefinitionFamilyStatusAll && r.familyStatus(v, f) != string(status) {
			return ""
		}
		return f.Key().ID
	}, func(f *model.Family) string { return f.Name })
	return &ecs.ListTaskDefinitionFamiliesOutput{Families: families, NextToken: next}, nil
}

// familyStatus is ACTIVE for a family with an ACTIVE revision, INACTIVE for
// one with others only, "" for one without any.
func (r request) familyStatus(v store.View, f *model.Family) string {
	status := ""
	for t := range store.Prefix[*model.TaskDefinition](v, f.Key().ID+"/") {
		if t.Status == model.TaskDefinitionActive {
			return model.TaskDefinitionActive
		}
		status = model.TaskDefinitionInactive
	}
	return status
}

// showTaskDefinition completes the stored definition with what is kept
// beside it.
func showTaskDefinition(r request, t *model.TaskDefinition) *types.TaskDefinition {
	out := *t.Definition
	out.TaskDefinitionArn = new(t.ARN(r.scope.Region))
	out.Family, out.Revision = new(t.Family), int32(t.Revision)
	out.Status = types.TaskDefinitionStatus(t.Status)
	out.RegisteredAt, out.RegisteredBy = new(t.RegisteredAt), new(t.RegisteredBy)
	out.DeregisteredAt, out.DeleteRequestedAt = instant(t.DeregisteredAt), instant(t.DeleteAt)
	return &out
}
