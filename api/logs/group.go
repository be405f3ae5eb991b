package logs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// CreateLogGroup adds a log group.
func (d *frontDoor) CreateLogGroup(ctx context.Context, in *cloudwatchlogs.CreateLogGroupInput) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	oneOf(&v, "logGroupClass", in.LogGroupClass, types.LogGroupClass("").Values())
	checkTags(&v, in.Tags)
	if err := v.err(); err != nil {
		return nil, err
	}
	switch {
	case in.KmsKeyId != nil:
		return nil, notYet("kmsKeyId")
	case in.LogGroupClass == types.LogGroupClassDelivery:
		return nil, notYet("The log group class DELIVERY")
	}
	if err := reservedTags(maps.Keys(in.Tags)); err != nil {
		return nil, err
	}
	class := in.LogGroupClass
	if class == "" {
		class = types.LogGroupClassStandard
	}
	return &cloudwatchlogs.CreateLogGroupOutput{}, failure(d.store.CreateGroup(ctx, logs.Group{
		Account: s.account, Name: *in.LogGroupName, Class: string(class), Tags: in.Tags,
		DeletionProtected: aws.ToBool(in.DeletionProtectionEnabled),
	}))
}

// unprotected refuses to delete what deletion protection covers.
func unprotected(g logs.Group) error {
	if g.DeletionProtected {
		return &types.ValidationException{Message: new("The log group has deletion protection enabled.")}
	}
	return nil
}

// DeleteLogGroup deletes a log group with everything in it.
func (d *frontDoor) DeleteLogGroup(ctx context.Context, in *cloudwatchlogs.DeleteLogGroupInput) (*cloudwatchlogs.DeleteLogGroupOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	if err := v.err(); err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteLogGroupOutput{}, failure(d.store.DeleteGroup(ctx, s.account, *in.LogGroupName, unprotected))
}

// PutLogGroupDeletionProtection switches deletion protection on or off.
func (d *frontDoor) PutLogGroupDeletionProtection(ctx context.Context, in *cloudwatchlogs.PutLogGroupDeletionProtectionInput) (*cloudwatchlogs.PutLogGroupDeletionProtectionOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupIdentifier", in.LogGroupIdentifier, identifier)
	if in.DeletionProtectionEnabled == nil {
		v.missing("deletionProtectionEnabled")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	name, err := s.named(*in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.PutLogGroupDeletionProtectionOutput{}, failure(d.store.UpdateGroup(ctx, s.account, name, func(g *logs.Group) error {
		g.DeletionProtected = *in.DeletionProtectionEnabled
		return nil
	}))
}

// retentionDays are the values that AWS takes. Source: API reference,
// PutRetentionPolicy.
var retentionDays = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// PutRetentionPolicy says how many days a group's events are kept.
func (d *frontDoor) PutRetentionPolicy(ctx context.Context, in *cloudwatchlogs.PutRetentionPolicyInput) (*cloudwatchlogs.PutRetentionPolicyOutput, error) {
	var v violations
	if in.RetentionInDays == nil {
		v.missing("retentionInDays")
	} else if !slices.Contains(retentionDays, *in.RetentionInDays) {
		v.add(number(*in.RetentionInDays), "retentionInDays", "Member must satisfy enum value set: "+numbers(retentionDays))
	}
	err := d.retain(ctx, in.LogGroupName, v, aws.ToInt32(in.RetentionInDays))
	return &cloudwatchlogs.PutRetentionPolicyOutput{}, err
}

// DeleteRetentionPolicy lets a group keep its events for ever.
func (d *frontDoor) DeleteRetentionPolicy(ctx context.Context, in *cloudwatchlogs.DeleteRetentionPolicyInput) (*cloudwatchlogs.DeleteRetentionPolicyOutput, error) {
	return &cloudwatchlogs.DeleteRetentionPolicyOutput{}, d.retain(ctx, in.LogGroupName, nil, 0)
}

func (d *frontDoor) retain(ctx context.Context, name *string, v violations, days int32) error {
	s, err := d.begin(ctx)
	if err != nil {
		return err
	}
	v.required("logGroupName", name, groupName)
	if err := v.err(); err != nil {
		return err
	}
	return failure(d.store.UpdateGroup(ctx, s.account, *name, func(g *logs.Group) error {
		g.RetentionDays = days
		return nil
	}))
}

// defaultPage is what Describe operations give unless asked for less, and
// the most that they give.
const defaultPage = 50

// DescribeLogGroups lists groups in order of name.
func (d *frontDoor) DescribeLogGroups(ctx context.Context, in *cloudwatchlogs.DescribeLogGroupsInput) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkDescribeGroups(in); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, id := range in.LogGroupIdentifiers {
		name, err := s.named(id)
		if err != nil {
			return nil, err
		}
		names[name] = true
	}
	q := newQuery("DescribeLogGroups", s.account, aws.ToString(in.LogGroupNamePrefix), aws.ToString(in.LogGroupNamePattern),
		string(in.LogGroupClass), strings.Join(slices.Sorted(maps.Keys(names)), ":"))
	groups, token, err := d.groups(s, q, in.NextToken, pageSize(in.Limit), aws.ToString(in.LogGroupNamePrefix), func(g *logs.Group) bool {
		return (in.LogGroupClass == "" || string(in.LogGroupClass) == g.Class) &&
			(len(names) == 0 || names[g.Name]) && strings.Contains(g.Name, aws.ToString(in.LogGroupNamePattern))
	})
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}, NextToken: token}
	for i := range groups {
		out.LogGroups = append(out.LogGroups, showGroup(s, &groups[i], in.LogGroupNamePattern != nil))
	}
	return out, nil
}

func checkDescribeGroups(in *cloudwatchlogs.DescribeLogGroupsInput) error {
	var v violations
	v.optional("logGroupNamePrefix", in.LogGroupNamePrefix, groupName)
	v.optional("logGroupNamePattern", in.LogGroupNamePattern, groupSubstring)
	v.optional("nextToken", in.NextToken, tokenText)
	v.limit("limit", in.Limit, defaultPage)
	v.texts("logGroupIdentifiers", in.LogGroupIdentifiers, 1, 50, identifier)
	oneOf(&v, "logGroupClass", in.LogGroupClass, types.LogGroupClass("").Values())
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case aws.ToBool(in.IncludeLinkedAccounts):
		return notYet("includeLinkedAccounts")
	case len(in.AccountIdentifiers) > 0:
		return notYet("accountIdentifiers")
	case in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil:
		return invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	case len(in.LogGroupIdentifiers) > 0 && (in.LogGroupNamePrefix != nil || in.LogGroupNamePattern != nil || in.LogGroupClass != ""):
		return invalid("LogGroupIdentifiers cannot be combined with other filters.")
	}
	return nil
}

// groups returns a page of the groups for which match says yes, and the token
// of the next page.
func (d *frontDoor) groups(s scope, q query, token *string, limit int, prefix string, match func(*logs.Group) bool) ([]logs.Group, *string, error) {
	after, err := q.place(token)
	if err != nil {
		return nil, nil, err
	}
	groups := d.store.Groups(logs.GroupQuery{Account: s.account, Prefix: prefix, After: after, Match: match, Limit: limit + 1})
	if len(groups) <= limit {
		return groups, nil, nil
	}
	groups = groups[:limit]
	return groups, q.token(groups[limit-1].Name), nil
}

// showGroup shows a group; brief is what a search by pattern shows.
func showGroup(s scope, g *logs.Group, brief bool) types.LogGroup {
	arn := s.groupARN(g.Name)
	shown := types.LogGroup{Arn: new(arn + ":*"), CreationTime: new(g.Created), LogGroupName: new(g.Name), LogGroupArn: &arn,
		LogGroupClass: types.LogGroupClass(g.Class), MetricFilterCount: new(int32(0))}
	if brief {
		return shown
	}
	shown.StoredBytes = new(g.StoredBytes)
	shown.DeletionProtectionEnabled = new(g.DeletionProtected)
	if g.RetentionDays > 0 {
		shown.RetentionInDays = new(g.RetentionDays)
	}
	return shown
}

func pageSize(limit *int32) int {
	if limit == nil {
		return defaultPage
	}
	return int(*limit)
}
