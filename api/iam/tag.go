package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxTags is how many tags a resource carries. Source: IAM quotas.
const maxTags = 50

// merged returns tags with more laid over them. Keys differ by more than case.
func merged(tags []model.Tag, more []types.Tag) ([]model.Tag, error) {
	out := slices.Clone(tags)
	for i, t := range more {
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return nil, invalid("'aws:' prefixed tag key names are not allowed for external use.")
		}
		if slices.ContainsFunc(more[:i], func(o types.Tag) bool { return strings.EqualFold(*o.Key, *t.Key) }) {
			return nil, invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		new := model.Tag{Key: *t.Key, Value: *t.Value}
		if at := slices.IndexFunc(out, func(o model.Tag) bool { return strings.EqualFold(o.Key, new.Key) }); at >= 0 {
			out[at] = new
		} else {
			out = append(out, new)
		}
	}
	if len(out) > maxTags {
		return nil, exceeded("The number of tags has reached the maximum limit.")
	}
	return out, nil
}

// without returns tags without those that have one of the keys.
func without(tags []model.Tag, keys []string) []model.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t model.Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) })
	})
}

// shown are tags as answers have them; nil for none.
func shown(tags []model.Tag) []types.Tag {
	var out []types.Tag
	for _, t := range tags {
		out = append(out, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}

// tagged is a clone of a noun and where its tags are.
type tagged struct {
	noun model.Noun
	tags *[]model.Tag
}

// find reads a noun that carries tags.
type find func(v store.View) (tagged, error)

func (c *call) taggedUser(name *string) find {
	return func(v store.View) (tagged, error) {
		u, err := c.user(v, *name)
		if err != nil {
			return tagged{}, err
		}
		u = u.Clone()
		return tagged{u, &u.Tags}, nil
	}
}

// taggedRole reads a role, which may be a service's: those can be tagged too.
func (c *call) taggedRole(name *string) find {
	return func(v store.View) (tagged, error) {
		r, err := c.role(v, *name)
		if err != nil {
			return tagged{}, err
		}
		r = r.Clone()
		return tagged{r, &r.Tags}, nil
	}
}

func (c *call) taggedProfile(name *string) find {
	return func(v store.View) (tagged, error) {
		p, err := c.profile(v, *name)
		if err != nil {
			return tagged{}, err
		}
		p = p.Clone()
		return tagged{p, &p.Tags}, nil
	}
}

func (c *call) taggedPolicy(arn *string) find {
	return func(v store.View) (tagged, error) {
		p, err := c.ownPolicy(v, *arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{p, &p.Tags}, nil
	}
}

func (c *call) taggedProvider(arn *string) find {
	return func(v store.View) (tagged, error) {
		p, err := c.provider(v, *arn)
		if err != nil {
			return tagged{}, err
		}
		p = p.Clone()
		return tagged{p, &p.Tags}, nil
	}
}

func (c *call) retag(which find, edit func([]model.Tag) ([]model.Tag, error)) error {
	return c.commit(func(v store.View, change *model.Change) error {
		t, err := which(v)
		if err != nil {
			return err
		}
		if *t.tags, err = edit(*t.tags); err != nil {
			return err
		}
		change.Put(t.noun)
		return nil
	})
}

func (c *call) tag(which find, tags []types.Tag) error {
	return c.retag(which, func(have []model.Tag) ([]model.Tag, error) { return merged(have, tags) })
}

func (c *call) untag(which find, keys []string) error {
	return c.retag(which, func(have []model.Tag) ([]model.Tag, error) { return without(have, keys), nil })
}

// listTags returns a page of a noun's tags, by key.
func (c *call) listTags(which find, maxItems *int32, marker *string, query ...string) ([]types.Tag, bool, *string, error) {
	t, err := which(c.db.View())
	if err != nil {
		return nil, false, nil, err
	}
	tags := shown(*t.tags)
	slices.SortFunc(tags, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return take(tags, func(t types.Tag) string { return *t.Key }, maxItems, marker, query...)
}

// TagUser adds or replaces tags.
func (c *call) TagUser(in *iam.TagUserInput) (*iam.TagUserOutput, error) {
	return nil, c.tag(c.taggedUser(in.UserName), in.Tags)
}

// UntagUser removes tags.
func (c *call) UntagUser(in *iam.UntagUserInput) (*iam.UntagUserOutput, error) {
	return nil, c.untag(c.taggedUser(in.UserName), in.TagKeys)
}

// ListUserTags lists tags by key.
func (c *call) ListUserTags(in *iam.ListUserTagsInput) (*iam.ListUserTagsOutput, error) {
	tags, more, next, err := c.listTags(c.taggedUser(in.UserName), in.MaxItems, in.Marker, "ListUserTags", *in.UserName)
	return &iam.ListUserTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagRole adds or replaces tags.
func (c *call) TagRole(in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	return nil, c.tag(c.taggedRole(in.RoleName), in.Tags)
}

// UntagRole removes tags.
func (c *call) UntagRole(in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	return nil, c.untag(c.taggedRole(in.RoleName), in.TagKeys)
}

// ListRoleTags lists tags by key.
func (c *call) ListRoleTags(in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	tags, more, next, err := c.listTags(c.taggedRole(in.RoleName), in.MaxItems, in.Marker, "ListRoleTags", *in.RoleName)
	return &iam.ListRoleTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagInstanceProfile adds or replaces tags.
func (c *call) TagInstanceProfile(in *iam.TagInstanceProfileInput) (*iam.TagInstanceProfileOutput, error) {
	return nil, c.tag(c.taggedProfile(in.InstanceProfileName), in.Tags)
}

// UntagInstanceProfile removes tags.
func (c *call) UntagInstanceProfile(in *iam.UntagInstanceProfileInput) (*iam.UntagInstanceProfileOutput, error) {
	return nil, c.untag(c.taggedProfile(in.InstanceProfileName), in.TagKeys)
}

// ListInstanceProfileTags lists tags by key.
func (c *call) ListInstanceProfileTags(in *iam.ListInstanceProfileTagsInput) (*iam.ListInstanceProfileTagsOutput, error) {
	tags, more, next, err := c.listTags(c.taggedProfile(in.InstanceProfileName), in.MaxItems, in.Marker, "ListInstanceProfileTags", *in.InstanceProfileName)
	return &iam.ListInstanceProfileTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagPolicy adds or replaces tags.
func (c *call) TagPolicy(in *iam.TagPolicyInput) (*iam.TagPolicyOutput, error) {
	return nil, c.tag(c.taggedPolicy(in.PolicyArn), in.Tags)
}

// UntagPolicy removes tags.
func (c *call) UntagPolicy(in *iam.UntagPolicyInput) (*iam.UntagPolicyOutput, error) {
	return nil, c.untag(c.taggedPolicy(in.PolicyArn), in.TagKeys)
}

// ListPolicyTags lists tags by key.
func (c *call) ListPolicyTags(in *iam.ListPolicyTagsInput) (*iam.ListPolicyTagsOutput, error) {
	tags, more, next, err := c.listTags(c.taggedPolicy(in.PolicyArn), in.MaxItems, in.Marker, "ListPolicyTags", *in.PolicyArn)
	return &iam.ListPolicyTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagOpenIDConnectProvider adds or replaces tags.
func (c *call) TagOpenIDConnectProvider(in *iam.TagOpenIDConnectProviderInput) (*iam.TagOpenIDConnectProviderOutput, error) {
	return nil, c.tag(c.taggedProvider(in.OpenIDConnectProviderArn), in.Tags)
}

// UntagOpenIDConnectProvider removes tags.
func (c *call) UntagOpenIDConnectProvider(in *iam.UntagOpenIDConnectProviderInput) (*iam.UntagOpenIDConnectProviderOutput, error) {
	return nil, c.untag(c.taggedProvider(in.OpenIDConnectProviderArn), in.TagKeys)
}

// ListOpenIDConnectProviderTags lists tags by key.
func (c *call) ListOpenIDConnectProviderTags(in *iam.ListOpenIDConnectProviderTagsInput) (*iam.ListOpenIDConnectProviderTagsOutput, error) {
	tags, more, next, err := c.listTags(c.taggedProvider(in.OpenIDConnectProviderArn), in.MaxItems, in.Marker, "ListOpenIDConnectProviderTags", *in.OpenIDConnectProviderArn)
	return &iam.ListOpenIDConnectProviderTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}
