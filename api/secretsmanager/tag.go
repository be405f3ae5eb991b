package secretsmanager

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxTags bounds the tags of a secret. Source: Secrets Manager user guide,
// "Quotas".
const maxTags = 50

// newTags returns the tags that there are with others added.
func newTags(have []model.Tag, more []types.Tag) ([]model.Tag, error) {
	tags := slices.Clone(have)
	for _, t := range more {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "" || len(key) > 128 || len(value) > 256:
			return nil, invalidParameter("Tag keys have 1 to 128 characters and values up to 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalidParameter("Tag keys that begin with aws: are reserved for AWS use.")
		}
		if i := slices.IndexFunc(tags, func(t model.Tag) bool { return t.Key == key }); i >= 0 {
			tags[i].Value = value
		} else {
			tags = append(tags, model.Tag{Key: key, Value: value})
		}
	}
	if len(tags) > maxTags {
		return nil, invalidParameter("A secret has at most %d tags.", maxTags)
	}
	return tags, nil
}

// showTags is nil for a secret that never had tags, as on AWS.
func showTags(s *model.Secret) []types.Tag {
	if !s.Tagged && len(s.Tags) == 0 {
		return nil
	}
	out := []types.Tag{}
	for _, t := range s.Tags {
		out = append(out, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}

// TagResource adds tags to a secret.
func (d *frontDoor) TagResource(ctx context.Context, in *secretsmanager.TagResourceInput) (*secretsmanager.TagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	if in.Tags == nil {
		v.Missing("tags")
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.SecretId, func(s *model.Secret) (_ bool, err error) {
		s.Tags, err = newTags(s.Tags, in.Tags)
		s.Tagged = true
		return true, err
	})
}

// UntagResource takes tags from a secret.
func (d *frontDoor) UntagResource(ctx context.Context, in *secretsmanager.UntagResourceInput) (*secretsmanager.UntagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	if in.TagKeys == nil {
		v.Missing("tagKeys")
	}
	v.Texts("tagKeys", in.TagKeys, 0, math.MaxInt, tagKeyText) // the model gives the list no length
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		n := len(s.Tags)
		s.Tags = slices.DeleteFunc(slices.Clone(s.Tags), func(t model.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
		changed := len(s.Tags) != n || !s.Tagged
		s.Tagged = true
		return changed, nil
	})
}
