package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ListDaemonTaskDefinitions lists revisions by family and revision, of ACTIVE
// ones unless another status is asked for.
func (d *frontDoor) ListDaemonTaskDefinitions(ctx context.Context, in *ecs.ListDaemonTaskDefinitionsInput) (*ecs.ListDaemonTaskDefinitionsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	status := in.Status
	if status == "" {
		status = types.DaemonTaskDefinitionStatusFilterActive
	}
	switch {
	case !slices.Contains(status.Values(), status):
		return nil, invalid("Invalid status: %s", status)
	case in.Sort != "" && !slices.Contains(in.Sort.Values(), in.Sort):
		return nil, invalid("Invalid sort: %s", in.Sort)
	case in.Revision != "" && in.Revision != types.DaemonTaskDefinitionRevisionFilterLastRegistered:
		return nil, invalid("Invalid revision: %s", in.Revision)
	}
	descending := in.Sort == types.SortOrderDesc
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, "ListDaemonTaskDefinitions", r.scope.Account, aws.ToString(in.Family),
		aws.ToString(in.FamilyPrefix), string(status), string(in.Revision), fmt.Sprint(descending))
	if err != nil {
		return nil, err
	}
	var all []*model.DaemonTaskDefinition
	for f := range store.Prefix[*model.DaemonFamily](d.db.View(), r.id(aws.ToString(in.FamilyPrefix))) {
		if in.Family != nil && f.Name != *in.Family {
			continue
		}
		for t := range store.Prefix[*model.DaemonTaskDefinition](d.db.View(), f.Key().ID+"/") {
			last := in.Revision == "" || t.Revision == f.LatestRevision
			if last && (status == types.DaemonTaskDefinitionStatusFilterAll || t.Status == string(status)) {
				all = append(all, t)
			}
		}
	}
	position := func(t *model.DaemonTaskDefinition) string { return fmt.Sprintf("%s\x00%010d", t.Family, t.Revision) }
	slices.SortFunc(all, func(a, b *model.DaemonTaskDefinition) int { return strings.Compare(position(a), position(b)) })
	if descending {
		slices.Reverse(all)
	}
	shown, next := take(p, slices.Values(all), func(t *model.DaemonTaskDefinition) string {
		at := position(t)
		if p.after != "" && (at == p.after || (at < p.after) != descending) {
			return ""
		}
		return at
	}, func(t *model.DaemonTaskDefinition) types.DaemonTaskDefinitionSummary {
		return types.DaemonTaskDefinitionSummary{Arn: new(t.ARN(r.scope.Region)), Status: types.DaemonTaskDefinitionStatus(t.Status),
			RegisteredAt: new(t.RegisteredAt), RegisteredBy: new(t.RegisteredBy), DeleteRequestedAt: instant(t.DeleteAt)}
	})
	return &ecs.ListDaemonTaskDefinitionsOutput{DaemonTaskDefinitions: shown, NextToken: next}, nil
}
