package ssm

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxTags bounds the tags of a parameter, maxTagsOfRequest those of one call,
// of which the model lets more come.
const maxTags, maxTagsOfRequest = 50, 1000

// What the service's model says of tags.
var (
	tagPattern   = regexp.MustCompile(tagWritten)
	tagKeyText   = constraint.Text{Min: 1, Max: 128, Pattern: tagPattern, Written: tagWritten}
	tagValueText = constraint.Text{Max: 256, Pattern: tagPattern, Written: tagWritten}
)

const tagWritten = `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`

// newTags returns the tags that there are with others added.
func newTags(have []model.Tag, more []types.Tag) ([]model.Tag, error) {
	tags := slices.Clone(have)
	for _, t := range more {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if key == "" || len(key) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("Tag keys have 1 to 128 characters and do not begin with aws:; values have up to 256.")
		}
		if i := slices.IndexFunc(tags, func(t model.Tag) bool { return t.Key == key }); i >= 0 {
			tags[i].Value = value
		} else {
			tags = append(tags, model.Tag{Key: key, Value: value})
		}
	}
	if len(tags) > maxTags {
		return nil, &types.TooManyTagsError{Message: new("A parameter has at most 50 tags.")}
	}
	return tags, nil
}

// checkTags checks tags against the model, before what they mean.
func checkTags(v *constraint.Violations, tags []types.Tag) {
	v.Length("tags", len(tags), 0, maxTagsOfRequest)
	for i, t := range tags {
		at := fmt.Sprintf("tags.%d.member.", i+1)
		v.Required(at+"key", t.Key, tagKeyText)
		v.Required(at+"value", t.Value, tagValueText)
	}
}

// resource returns the name of the parameter that a tagging request is about.
func (d *frontDoor) resource(r request, kind types.ResourceTypeForTagging, id *string, v *constraint.Violations) (*model.Parameter, error) {
	v.Required("resourceId", id, constraint.Text{Min: 1})
	if kind == "" {
		v.Missing("resourceType")
	}
	constraint.OneOf(v, "resourceType", kind, kind.Values())
	if err := v.Err(); err != nil {
		return nil, err
	}
	if kind != types.ResourceTypeForTaggingParameter {
		return nil, &types.InvalidResourceType{Message: new("Only parameters are served by Roadstead.")}
	}
	p, err := d.named(r, *id)
	if err != nil {
		return nil, &types.InvalidResourceId{Message: new("The resource ID isn't valid. Verify that you entered the correct ID and try again.")}
	}
	return p, nil
}

// AddTagsToResource adds tags to a parameter.
func (d *frontDoor) AddTagsToResource(ctx context.Context, in *ssm.AddTagsToResourceInput) (*ssm.AddTagsToResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	if in.Tags == nil {
		v.Missing("tags")
	}
	checkTags(&v, in.Tags)
	p, err := d.resource(r, in.ResourceType, in.ResourceId, &v)
	if err != nil {
		return nil, err
	}
	return nil, d.change(r, p.Name, func(p *model.Parameter) (err error) {
		p.Tags, err = newTags(p.Tags, in.Tags)
		return err
	})
}

// RemoveTagsFromResource takes tags from a parameter.
func (d *frontDoor) RemoveTagsFromResource(ctx context.Context, in *ssm.RemoveTagsFromResourceInput) (*ssm.RemoveTagsFromResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	if in.TagKeys == nil {
		v.Missing("tagKeys")
	}
	v.Texts("tagKeys", in.TagKeys, 0, math.MaxInt, tagKeyText) // the model gives the list no length
	p, err := d.resource(r, in.ResourceType, in.ResourceId, &v)
	if err != nil {
		return nil, err
	}
	return nil, d.change(r, p.Name, func(p *model.Parameter) error {
		p.Tags = slices.DeleteFunc(slices.Clone(p.Tags), func(t model.Tag) bool { return has(in.TagKeys, t.Key) })
		return nil
	})
}

// ListTagsForResource lists a parameter's tags.
func (d *frontDoor) ListTagsForResource(ctx context.Context, in *ssm.ListTagsForResourceInput) (*ssm.ListTagsForResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	p, err := d.resource(r, in.ResourceType, in.ResourceId, &constraint.Violations{})
	if err != nil {
		return nil, err
	}
	out := &ssm.ListTagsForResourceOutput{TagList: []types.Tag{}}
	for _, t := range p.Tags {
		out.TagList = append(out.TagList, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out, nil
}
