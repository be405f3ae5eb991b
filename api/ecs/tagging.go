package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// tagged is a noun that has tags.
type tagged struct {
	noun model.Noun
	tags []model.Tag
	// with returns a copy of the noun with other tags.
	with func([]model.Tag) model.Noun
	// instance is the instance that it is or runs on, by ARN.
	instance string
}

// resource returns what an ARN names, if it can have tags.
func (r request) resource(v store.View, arn *string) (tagged, error) {
	ref := aws.ToString(arn)
	a, ok := model.ParseARN(ref)
	if !ok || a.Service != "ecs" {
		return tagged{}, invalid("The specified ARN is invalid: %s", ref)
	}
	kind, rest := r.own(ref)
	switch kind {
	case "cluster":
		return r.taggedCluster(v, rest)
	case "task-definition":
		family, revision, err := r.revision(rest)
		if err != nil {
			return tagged{}, err
		}
		if t, ok := store.Get[*model.TaskDefinition](v, model.TaskDefinitionID(r.scope.Account, family, revision)); ok {
			return tagged{noun: t, tags: t.Tags, with: func(tags []model.Tag) model.Noun {
				c := t.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	case "capacity-provider":
		return r.taggedProvider(v, rest)
	case "task-set":
		return r.taggedTaskSet(v, rest)
	case "daemon":
		if d, ok := store.Get[*model.Daemon](v, r.id(rest)); ok {
			return tagged{noun: d, tags: d.Tags, with: func(tags []model.Tag) model.Noun {
				c := d.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	case "daemon-task-definition":
		family, revision, err := r.revision(rest)
		if err != nil {
			return tagged{}, err
		}
		if t, ok := store.Get[*model.DaemonTaskDefinition](v, model.DaemonTaskDefinitionID(r.scope.Account, family, revision)); ok {
			return tagged{noun: t, tags: t.Tags, with: func(tags []model.Tag) model.Noun {
				c := t.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	case "service", "task", "container-instance":
		return r.taggedMember(v, kind, rest)
	}
	return tagged{}, resourceNotFound(kind)
}

func resourceNotFound(kind string) error {
	return &types.ResourceNotFoundException{Message: new("The specified " + orWord(kind, "resource") + " was not found.")}
}

func (r request) taggedCluster(v store.View, name string) (tagged, error) {
	c, err := r.cluster(v, &name)
	if err != nil {
		return tagged{}, err
	}
	if c.Status != model.ClusterActive {
		return tagged{}, invalid("The specified cluster is inactive. Specify an active cluster and try again.")
	}
	return tagged{noun: c, tags: c.Tags, with: func(tags []model.Tag) model.Noun {
		n := c.Clone()
		n.Tags = tags
		return n
	}}, nil
}

func (r request) taggedProvider(v store.View, name string) (tagged, error) {
	p, ok := r.provider(v, name)
	if !ok || p.Status != model.CapacityProviderActive {
		return tagged{}, resourceNotFound("capacity-provider")
	}
	return tagged{noun: p, tags: p.Tags, with: func(tags []model.Tag) model.Noun {
		c := p.Clone()
		c.Tags = tags
		return c
	}}, nil
}

func (r request) taggedTaskSet(v store.View, rest string) (tagged, error) {
	t, ok := store.Get[*model.TaskSet](v, r.id(rest))
	if !ok {
		return tagged{}, resourceNotFound("task-set")
	}
	return tagged{noun: t, tags: t.Tags, with: func(tags []model.Tag) model.Noun {
		c := t.Clone()
		c.Tags = tags
		return c
	}}, nil
}

func (r request) taggedMember(v store.View, kind, rest string) (tagged, error) {
	cluster, id, long := strings.Cut(rest, "/")
	if !long {
		cluster, id = defaultCluster, rest
	}
	switch kind {
	case "service":
		if s, ok := store.Get[*model.Service](v, model.ServiceID(r.scope.Account, cluster, id)); ok && s.Status != model.ServiceInactive {
			return tagged{noun: s, tags: s.Tags, with: func(tags []model.Tag) model.Noun {
				c := s.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	case "task":
		if t, ok := store.Get[*model.Task](v, model.TaskID(r.scope.Account, cluster, id)); ok {
			return tagged{noun: t, tags: t.Tags, instance: r.instanceARN(t.Spec.Instance), with: func(tags []model.Tag) model.Noun {
				c := t.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	case "container-instance":
		if i, ok := store.Get[*model.ContainerInstance](v, model.InstanceID(r.scope.Account, cluster, id)); ok && i.Status != model.InstanceInactive {
			return tagged{noun: i, tags: i.Tags, instance: i.ARN(r.scope.Region), with: func(tags []model.Tag) model.Noun {
				c := i.Clone()
				c.Tags = tags
				return c
			}}, nil
		}
	}
	return tagged{}, resourceNotFound(kind)
}

// retag commits new tags of what the ARN names.
func (d *frontDoor) retag(r request, arn *string, change func(tags []model.Tag) ([]model.Tag, error)) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		t, err := r.resource(v, arn)
		if err != nil {
			return err
		}
		tags, err := change(t.tags)
		if err != nil {
			return err
		}
		if _, ok := t.noun.(*model.Cluster); ok {
			if err := checkRuntime(tags); err != nil {
				return err
			}
		}
		if !slices.Equal(tags, t.tags) {
			c.Put(t.with(tags))
		}
		return nil
	})
}

// TagResource adds tags, or changes the values of those that are there.
func (d *frontDoor) TagResource(ctx context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if len(tags) == 0 {
		return nil, invalid("Tags cannot be empty.")
	}
	err = d.retag(r, in.ResourceArn, func(old []model.Tag) ([]model.Tag, error) { return mergeTags(old, tags) })
	return &ecs.TagResourceOutput{}, err
}

// UntagResource takes tags away. Keys that are not there are no error.
func (d *frontDoor) UntagResource(ctx context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, invalid("TagKeys cannot be empty.")
	}
	if slices.ContainsFunc(in.TagKeys, badTagKey) {
		return nil, errTagKey()
	}
	if slices.ContainsFunc(in.TagKeys, reservedTag) {
		return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
	}
	err = d.retag(r, in.ResourceArn, func(old []model.Tag) ([]model.Tag, error) {
		return slices.DeleteFunc(slices.Clone(old), func(t model.Tag) bool { return slices.Contains(in.TagKeys, t.Key) }), nil
	})
	return &ecs.UntagResourceOutput{}, err
}

// ListTagsForResource lists tags in the order in which they were put. An
// instance's session sees its own and its tasks'.
func (d *frontDoor) ListTagsForResource(ctx context.Context, in *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	t, err := r.resource(d.db.View(), in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if r.who.Purpose == caller.Instance {
		if err := r.actsFor(t.instance); err != nil {
			return nil, err
		}
	}
	return &ecs.ListTagsForResourceOutput{Tags: showTags(t.tags)}, nil
}
