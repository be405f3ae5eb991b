package logs

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// maxTags is how many tags a group may have.
const maxTags = 50

// checkTags checks a map of tags, when it is there.
func checkTags(v *violations, tags map[string]string) {
	if tags == nil {
		return
	}
	v.length("tags", len(tags), 1, maxTags)
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		v.text("tags", k, tagKey)
		v.text(fmt.Sprintf("tags.%s.member", k), tags[k], tagValue)
	}
}

// reservedTags refuses keys that are AWS's own.
func reservedTags(keys iter.Seq[string]) error {
	for k := range keys {
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("aws: prefixed tag key names are not allowed for external use.")
		}
	}
	return nil
}

// TagResource adds tags to a log group, or replaces their values.
func (d *frontDoor) TagResource(ctx context.Context, in *cloudwatchlogs.TagResourceInput) (*cloudwatchlogs.TagResourceOutput, error) {
	var v violations
	if in.Tags == nil {
		v.missing("tags")
	}
	checkTags(&v, in.Tags)
	s, name, err := d.resource(ctx, v, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.TagResourceOutput{}, d.tag(ctx, s, name, in.Tags, &types.TooManyTagsException{
		Message: new("The resource already has the maximum number of tags."), ResourceName: in.ResourceArn,
	})
}

// UntagResource removes tags from a log group.
func (d *frontDoor) UntagResource(ctx context.Context, in *cloudwatchlogs.UntagResourceInput) (*cloudwatchlogs.UntagResourceOutput, error) {
	var v violations
	if in.TagKeys == nil {
		v.missing("tagKeys")
	}
	v.texts("tagKeys", in.TagKeys, 0, maxTags, tagKey)
	s, name, err := d.resource(ctx, v, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.UntagResourceOutput{}, d.untag(ctx, s, name, in.TagKeys)
}

// ListTagsForResource returns a log group's tags.
func (d *frontDoor) ListTagsForResource(ctx context.Context, in *cloudwatchlogs.ListTagsForResourceInput) (*cloudwatchlogs.ListTagsForResourceOutput, error) {
	s, name, err := d.resource(ctx, nil, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := d.tags(s, name)
	return &cloudwatchlogs.ListTagsForResourceOutput{Tags: tags}, err
}

// resource returns the name of the group that an ARN means.
func (d *frontDoor) resource(ctx context.Context, v violations, arn *string) (scope, string, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return s, "", err
	}
	v.required("resourceArn", arn, resourceName)
	if err := v.err(); err != nil {
		return s, "", err
	}
	name, ok := s.groupOf(*arn)
	if !ok {
		return s, "", &types.ResourceNotFoundException{Message: new("The specified resource does not exist.")}
	}
	return s, name, nil
}

// TagLogGroup is TagResource by name.
func (d *frontDoor) TagLogGroup(ctx context.Context, in *cloudwatchlogs.TagLogGroupInput) (*cloudwatchlogs.TagLogGroupOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	if in.Tags == nil {
		v.missing("tags")
	}
	checkTags(&v, in.Tags)
	if err := v.err(); err != nil {
		return nil, err
	}
	return &cloudwatchlogs.TagLogGroupOutput{}, d.tag(ctx, s, *in.LogGroupName, in.Tags, invalid("The log group already has the maximum number of tags."))
}

// UntagLogGroup is UntagResource by name.
func (d *frontDoor) UntagLogGroup(ctx context.Context, in *cloudwatchlogs.UntagLogGroupInput) (*cloudwatchlogs.UntagLogGroupOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	if in.Tags == nil {
		v.missing("tags")
	}
	v.texts("tags", in.Tags, 1, len(in.Tags), tagKey)
	if err := v.err(); err != nil {
		return nil, err
	}
	return &cloudwatchlogs.UntagLogGroupOutput{}, d.untag(ctx, s, *in.LogGroupName, in.Tags)
}

// ListTagsLogGroup is ListTagsForResource by name.
func (d *frontDoor) ListTagsLogGroup(ctx context.Context, in *cloudwatchlogs.ListTagsLogGroupInput) (*cloudwatchlogs.ListTagsLogGroupOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	if err := v.err(); err != nil {
		return nil, err
	}
	tags, err := d.tags(s, *in.LogGroupName)
	return &cloudwatchlogs.ListTagsLogGroupOutput{Tags: tags}, err
}

// tag adds tags; tooMany is the error when there would be too many.
func (d *frontDoor) tag(ctx context.Context, s scope, name string, tags map[string]string, tooMany error) error {
	if err := reservedTags(maps.Keys(tags)); err != nil {
		return err
	}
	return failure(d.store.UpdateGroup(ctx, s.account, name, func(g *logs.Group) error {
		if g.Tags == nil {
			g.Tags = map[string]string{}
		}
		maps.Copy(g.Tags, tags)
		if len(g.Tags) > maxTags {
			return tooMany
		}
		return nil
	}))
}

func (d *frontDoor) untag(ctx context.Context, s scope, name string, keys []string) error {
	return failure(d.store.UpdateGroup(ctx, s.account, name, func(g *logs.Group) error {
		for _, k := range keys {
			delete(g.Tags, k)
		}
		return nil
	}))
}

func (d *frontDoor) tags(s scope, name string) (map[string]string, error) {
	g, err := d.store.Group(s.account, name)
	if err != nil {
		return nil, failure(err)
	}
	if g.Tags == nil {
		return map[string]string{}, nil
	}
	return g.Tags, nil
}
