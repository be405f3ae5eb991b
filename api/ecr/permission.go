package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// need is what a request is about: repositories of a registry, and the tags
// that it brings for them.
type need struct {
	registry     *string
	repositories []string // none: all
	tags         []types.Tag
}

// of makes a Permission of a function that says what a request is about.
// Source: Service Authorization Reference, Amazon Elastic Container Registry.
func of[I any](d *Door, f func(in *I) need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		n := f(in)
		who, _ := caller.From(ctx)
		s := model.Scope{Region: d.opts.Region, Account: who.Account}
		if n.registry != nil && accountPattern.MatchString(*n.registry) {
			s.Account = *n.registry
		}
		if len(n.repositories) == 0 {
			n.repositories = []string{"*"}
		}
		var arns []string
		for _, r := range n.repositories {
			arns = append(arns, s.RepositoryARN(r))
		}
		needs := []wire.Need{{Resources: arns, Keys: keysOf(n.tags)}}
		if len(n.tags) > 0 { // whoever makes a thing with tags must be allowed to tag it
			needs = append(needs, wire.Need{Action: "ecr:TagResource", Resources: arns, Keys: keysOf(n.tags)})
		}
		return needs
	})
}

// names is the one name that a member gives, "" if it is missing.
func names(name *string) []string { return []string{aws.ToString(name)} }

// keysOf are the condition keys of the tags that a request brings.
func keysOf(tags []types.Tag) map[string][]string {
	if len(tags) == 0 {
		return nil
	}
	keys := map[string][]string{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		keys["aws:RequestTag/"+key] = []string{aws.ToString(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], key)
	}
	return keys
}
