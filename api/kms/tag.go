package kms

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// newTags returns the tags that there are with others added; the order of
// keys is that of their first appearance.
func newTags(have []model.Tag, more []types.Tag) ([]model.Tag, error) {
	tags := slices.Clone(have)
	for _, t := range more {
		key, value := aws.ToString(t.TagKey), aws.ToString(t.TagValue)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, &types.TagException{Message: new("Tags beginning with aws: are reserved")}
		}
		if i := slices.IndexFunc(tags, func(t model.Tag) bool { return t.Key == key }); i >= 0 {
			tags[i].Value = value
		} else {
			tags = append(tags, model.Tag{Key: key, Value: value})
		}
	}
	if len(tags) > maxTags {
		return nil, &types.TagException{Message: new("Too many tags")}
	}
	return tags, nil
}

// checkTags checks the tags of one request against the model.
func checkTags(v *constraint.Violations, tags []types.Tag) {
	for i, t := range tags {
		at := fmt.Sprintf("tags.%d.member.", i+1)
		v.Required(at+"tagKey", t.TagKey, tagKeyText)
		v.Required(at+"tagValue", t.TagValue, tagValueText)
	}
}

// unique refuses a key that a request has twice.
func unique(tags []types.Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		if seen[aws.ToString(t.TagKey)] {
			return &types.TagException{Message: new("Duplicate tag keys")}
		}
		seen[aws.ToString(t.TagKey)] = true
	}
	return nil
}

// TagResource adds tags to a key.
func (d *FrontDoor) TagResource(ctx context.Context, in *kms.TagResourceInput) (*kms.TagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	if in.Tags == nil {
		v.Missing("tags")
	}
	checkTags(&v, in.Tags)
	if err := firstError(v.Err(), unique(in.Tags)); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) (err error) {
		if err := alive(r, k, "TagResource"); err != nil {
			return err
		}
		k.Tags, err = newTags(k.Tags, in.Tags)
		return err
	})
}

// UntagResource takes tags from a key.
func (d *FrontDoor) UntagResource(ctx context.Context, in *kms.UntagResourceInput) (*kms.UntagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	if in.TagKeys == nil {
		v.Missing("tagKeys")
	}
	v.Texts("tagKeys", in.TagKeys, 0, math.MaxInt, tagKeyText) // the model gives the list no length
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		k.Tags = slices.DeleteFunc(slices.Clone(k.Tags), func(t model.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
		return alive(r, k, "UntagResource")
	})
}

// ListResourceTags lists a key's tags.
func (d *FrontDoor) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput) (*kms.ListResourceTagsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	pageBounds(&v, in.Limit, in.Marker, maxTags)
	if err := v.Err(); err != nil {
		return nil, err
	}
	k, err := d.findByID(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.Limit, in.Marker, maxTags, "ListResourceTags", k.ID)
	if err != nil {
		return nil, err
	}
	tags := slices.SortedFunc(slices.Values(k.Tags), func(a, b model.Tag) int { return strings.Compare(a.Key, b.Key) })
	list, marker := take(p, tags, func(t model.Tag) string { return t.Key })
	out := &kms.ListResourceTagsOutput{Tags: []types.Tag{}, NextMarker: marker, Truncated: marker != nil}
	for _, t := range list {
		out.Tags = append(out.Tags, types.Tag{TagKey: &t.Key, TagValue: &t.Value})
	}
	return out, nil
}
