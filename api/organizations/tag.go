package organizations

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxTags is how many tags an account has. Source: quotas for AWS
// Organizations.
const maxTags = 50

// merge returns the tags with others put over them.
func merge(have []model.Tag, given []Tag) ([]model.Tag, error) {
	out := slices.Clone(have)
	for _, t := range given {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256:
			return nil, invalid("INVALID_PATTERN", "You provided a tag whose key or value is too long, or whose key is empty.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because they're reserved for AWS use.")
		}
		if i := slices.IndexFunc(out, func(o model.Tag) bool { return o.Key == key }); i >= 0 {
			out[i].Value = value
			continue
		}
		out = append(out, model.Tag{Key: key, Value: value})
	}
	if len(out) > maxTags {
		return nil, fail("ConstraintViolationException", "You have exceeded the number of tags allowed on this resource.")
	}
	return out, nil
}

func (d *Door) edit(ctx context.Context, id *string, change func([]model.Tag) ([]model.Tag, error)) error {
	r, err := d.manager(ctx)
	if err != nil {
		return err
	}
	return d.commit(r, func(v store.View, c *model.Change) error {
		a, err := d.member(v, id)
		if err != nil {
			return fail("TargetNotFoundException", "We can't find a root, OU, account, or policy with the TargetId that you specified.")
		}
		a = a.Clone()
		if a.Tags, err = change(a.Tags); err != nil {
			return err
		}
		c.Put(a)
		return nil
	})
}

// TagResource puts tags on an account.
func (d *Door) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	return nil, d.edit(ctx, in.ResourceId, func(have []model.Tag) ([]model.Tag, error) { return merge(have, in.Tags) })
}

// UntagResource takes tags from an account.
func (d *Door) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	return nil, d.edit(ctx, in.ResourceId, func(have []model.Tag) ([]model.Tag, error) {
		return slices.DeleteFunc(slices.Clone(have), func(t model.Tag) bool { return slices.Contains(in.TagKeys, t.Key) }), nil
	})
}

// ListTagsForResource lists an account's tags.
func (d *Door) ListTagsForResource(ctx context.Context, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	out := &ListTagsForResourceOutput{Tags: []Tag{}}
	if id := aws.ToString(in.ResourceId); id == d.root() || id == d.opts.Management {
		return out, nil
	}
	a, err := d.member(d.db.View(), in.ResourceId)
	if err != nil {
		return nil, fail("TargetNotFoundException", "We can't find a root, OU, account, or policy with the TargetId that you specified.")
	}
	for _, t := range a.Tags {
		out.Tags = append(out.Tags, Tag{&t.Key, &t.Value})
	}
	return out, nil
}
