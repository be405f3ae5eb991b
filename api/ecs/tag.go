package ecs

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// Limits of tags. Source: ECS API reference, Tag.
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256 // characters
	awsPrefix   = "aws:"
)

func reservedTag(key string) bool {
	return len(key) >= len(awsPrefix) && strings.EqualFold(key[:len(awsPrefix)], awsPrefix)
}

// badTagKey reports whether a key has a length that no key can have.
func badTagKey(key string) bool { return key == "" || utf8.RuneCountInString(key) > maxTagKey }

func errTagKey() error {
	return invalid("Tag keys must be between 1 and %d characters long.", maxTagKey)
}

// newTags reads the tags of a request. Keys that begin with aws: are AWS's own.
func newTags(given []types.Tag) ([]model.Tag, error) {
	var tags []model.Tag
	seen := map[string]bool{}
	for _, t := range given {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case badTagKey(key):
			return nil, errTagKey()
		case utf8.RuneCountInString(value) > maxTagValue:
			return nil, invalid("Tag values cannot be longer than %d characters.", maxTagValue)
		case reservedTag(key):
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
		case !taggable(key) || !taggable(value):
			return nil, invalid("Tag keys and values can only contain letters, numbers, spaces and the characters + - = . _ : / @.")
		case seen[key]:
			return nil, invalid("Duplicate tag keys found.")
		}
		seen[key] = true
		tags = append(tags, model.Tag{Key: key, Value: value})
	}
	if len(tags) > maxTags {
		return nil, invalid("The number of tags cannot exceed %d.", maxTags)
	}
	return tags, nil
}

// mergeTags returns tags with the new ones put in: in the place of the old
// with the same key, or behind them. Tags of AWS's own do not count against
// the limit.
func mergeTags(tags, more []model.Tag) ([]model.Tag, error) {
	merged := append([]model.Tag(nil), tags...)
	own := 0
	for _, t := range more {
		merged = putTag(merged, t)
	}
	for _, t := range merged {
		if !reservedTag(t.Key) {
			own++
		}
	}
	if own > maxTags {
		return nil, invalid("The number of tags cannot exceed %d.", maxTags)
	}
	return merged, nil
}

func putTag(tags []model.Tag, t model.Tag) []model.Tag {
	for i := range tags {
		if tags[i].Key == t.Key {
			tags[i].Value = t.Value
			return tags
		}
	}
	return append(tags, t)
}

// checkRuntime checks the runtime that the tags of a cluster name.
func checkRuntime(tags []model.Tag) error {
	for _, t := range tags {
		if t.Key == model.TagRuntime && !model.ValidRuntime(t.Value) {
			return invalid("Invalid value for the tag %s: a runtime's name has up to 32 lower-case letters, numbers and hyphens, beginning with a letter.", model.TagRuntime)
		}
	}
	return nil
}

func showTags(tags []model.Tag) []types.Tag {
	shown := make([]types.Tag, 0, len(tags))
	for _, t := range tags {
		shown = append(shown, types.Tag{Key: new(t.Key), Value: new(t.Value)})
	}
	return shown
}

func taggable(s string) bool {
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !unicode.IsSpace(c) && !strings.ContainsRune("+-=._:/@", c) {
			return false
		}
	}
	return true
}
