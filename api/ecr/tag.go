package ecr

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
)

// Limits of resource tags. Source: ECR user guide, "Tagging a private repository".
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256 // characters
)

// mergeTags returns tags with the new ones put in: in the place of the old
// with the same key, or behind them.
func mergeTags(tags []model.Tag, more []types.Tag) ([]model.Tag, error) {
	merged := slices.Clone(tags)
	seen := make(map[string]bool)
	for _, t := range more {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case t.Key == nil || key == "":
			return nil, violates("tags.key", "must have length greater than or equal to 1")
		case utf8.RuneCountInString(key) > maxTagKey:
			return nil, violates("tags.key", "must have length less than or equal to %d", maxTagKey)
		case utf8.RuneCountInString(value) > maxTagValue:
			return nil, violates("tags.value", "must have length less than or equal to %d", maxTagValue)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalidTag("Tag keys that begin with aws: are reserved")
		case !taggable(key) || !taggable(value):
			return nil, invalidTag("Tag keys and values can only contain letters, numbers, spaces and the characters + - = . _ : / @")
		case seen[key]:
			return nil, invalidTag("Duplicate tag key '%s'", key)
		}
		seen[key] = true
		at := slices.IndexFunc(merged, func(t model.Tag) bool { return t.Key == key })
		if at < 0 {
			merged = append(merged, model.Tag{Key: key, Value: value})
		} else {
			merged[at].Value = value
		}
	}
	if len(merged) > maxTags {
		return nil, &types.TooManyTagsException{Message: new(fmt.Sprintf("A repository can have at most %d tags", maxTags))}
	}
	return merged, nil
}

func invalidTag(format string, args ...any) error {
	return &types.InvalidTagParameterException{Message: new(fmt.Sprintf(format, args...))}
}

func taggable(s string) bool {
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !unicode.IsSpace(c) && !strings.ContainsRune("+-=._:/@", c) {
			return false
		}
	}
	return true
}

// tagged begins a request about the repository with an ARN.
func (d *Door) tagged(ctx context.Context, arn *string) (r request, name *string, err error) {
	if r, err = d.begin(ctx, nil); err != nil {
		return r, nil, err
	}
	text, ok := r.repositoryOfARN(aws.ToString(arn))
	if !ok {
		return r, nil, violates("resourceArn", "must be the ARN of a repository of this registry")
	}
	return r, &text, nil
}

// TagResource adds tags to a repository.
func (d *Door) TagResource(ctx context.Context, in *ecr.TagResourceInput) (*ecr.TagResourceOutput, error) {
	r, name, err := d.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if in.Tags == nil {
		return nil, violates("tags", "must not be null")
	}
	err = d.change(r, name, func(repository *model.Repository) (err error) {
		repository.Tags, err = mergeTags(repository.Tags, in.Tags)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ecr.TagResourceOutput{}, nil
}

// UntagResource removes tags of a repository; keys that it does not have are
// passed over.
func (d *Door) UntagResource(ctx context.Context, in *ecr.UntagResourceInput) (*ecr.UntagResourceOutput, error) {
	r, name, err := d.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if in.TagKeys == nil {
		return nil, violates("tagKeys", "must not be null")
	}
	err = d.change(r, name, func(repository *model.Repository) error {
		repository.Tags = slices.DeleteFunc(slices.Clone(repository.Tags), func(t model.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.UntagResourceOutput{}, nil
}

// ListTagsForResource shows the tags of a repository.
func (d *Door) ListTagsForResource(ctx context.Context, in *ecr.ListTagsForResourceInput) (*ecr.ListTagsForResourceOutput, error) {
	r, name, err := d.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	repository, err := r.repository(d.db.View(), name)
	if err != nil {
		return nil, err
	}
	out := &ecr.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, t := range repository.Tags {
		out.Tags = append(out.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out, nil
}
