package ecs

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of attributes. Source: ECS API reference, Attribute, PutAttributes.
const (
	maxAttributeText    = 128
	maxCustomAttributes = 10 // of one instance, and of one request
)

// reservedAttribute reports whether the name is the agent's or platform's own.
func reservedAttribute(name string) bool {
	for _, prefix := range []string{"ecs.", "com.amazonaws.", "roadstead."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func checkAttribute(a model.Attribute) error {
	if a.Name == "" || len(a.Name) > maxAttributeText || strings.Trim(a.Name, attributeCharacters) != "" {
		return invalid("Attribute names must be between 1 and %d characters long and can contain letters, numbers, hyphens, underscores, forward slashes, back slashes, and periods.", maxAttributeText)
	}
	if len(a.Value) > maxAttributeText || a.Value != strings.TrimSpace(a.Value) {
		return invalid("Attribute values can be at most %d characters long and cannot start or end with whitespace.", maxAttributeText)
	}
	if !reservedAttribute(a.Name) && strings.Trim(a.Value, attributeCharacters+"@: ") != "" {
		return invalid("Attribute values can contain letters, numbers, hyphens, underscores, periods, at signs, forward slashes, back slashes, colons, and spaces.")
	}
	return nil
}

const attributeCharacters = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./\`

// putAttribute puts a into attributes, which are sorted by name.
func putAttribute(attributes []model.Attribute, a model.Attribute) []model.Attribute {
	at, found := slices.BinarySearchFunc(attributes, a, compareAttributes)
	if found {
		attributes[at] = a
		return attributes
	}
	return slices.Insert(attributes, at, a)
}

func compareAttributes(a, b model.Attribute) int { return cmp.Compare(a.Name, b.Name) }

// changeAttributes applies change to the instance of each given attribute.
func (d *frontDoor) changeAttributes(ctx context.Context, clusterRef *string, given []types.Attribute,
	change func(i *model.ContainerInstance, a model.Attribute) error) ([]types.Attribute, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(given) == 0:
		return nil, invalid("Attributes cannot be empty.")
	case len(given) > maxCustomAttributes:
		return nil, invalid("There can be at most %d attributes in one request.", maxCustomAttributes)
	}
	var shown []types.Attribute
	err = d.commit(r, func(v store.View, c *model.Change) error {
		shown = nil
		cluster, err := r.activeCluster(v, clusterRef)
		if err != nil {
			return err
		}
		changed := map[string]*model.ContainerInstance{}
		for _, g := range given {
			i, err := r.target(v, cluster, g)
			if err != nil {
				return err
			}
			if changed[i.ID] == nil {
				changed[i.ID] = i.Clone()
				changed[i.ID].Attributes = slices.Clone(i.Attributes)
				changed[i.ID].Version++
				c.Put(changed[i.ID])
			}
			a := model.Attribute{Name: aws.ToString(g.Name), Value: aws.ToString(g.Value), Custom: true}
			if err := checkAttribute(a); err != nil {
				return err
			}
			if reservedAttribute(a.Name) {
				return invalid("The attribute %s is reserved and cannot be changed.", a.Name)
			}
			if err := change(changed[i.ID], a); err != nil {
				return err
			}
			shown = append(shown, showAttribute(r, i, a))
		}
		return nil
	})
	return shown, err
}

// target returns the instance that an attribute is of.
func (r request) target(v store.View, cluster *model.Cluster, a types.Attribute) (*model.ContainerInstance, error) {
	if a.TargetType != "" && a.TargetType != types.TargetTypeContainerInstance {
		return nil, invalid("Invalid targetType: %s", a.TargetType)
	}
	if aws.ToString(a.TargetId) == "" {
		return nil, invalid("targetId can not be blank.")
	}
	if a.TargetType == "" && !strings.HasPrefix(*a.TargetId, "arn:") {
		return nil, invalid("targetType must be specified when targetId is not an ARN.")
	}
	i, ok := r.instance(v, cluster.Name, *a.TargetId)
	if !ok || i.Status == model.InstanceInactive {
		return nil, &types.TargetNotFoundException{Message: new("The specified target wasn't found: " + *a.TargetId)}
	}
	return i, nil
}

// PutAttributes gives instances attributes of the caller's own.
func (d *frontDoor) PutAttributes(ctx context.Context, in *ecs.PutAttributesInput) (*ecs.PutAttributesOutput, error) {
	shown, err := d.changeAttributes(ctx, in.Cluster, in.Attributes, func(i *model.ContainerInstance, a model.Attribute) error {
		i.Attributes = putAttribute(i.Attributes, a)
		custom := 0
		for _, have := range i.Attributes {
			if have.Custom {
				custom++
			}
		}
		if custom > maxCustomAttributes {
			return &types.AttributeLimitExceededException{Message: new("The number of attributes for the target cannot exceed 10.")}
		}
		return nil
	})
	return &ecs.PutAttributesOutput{Attributes: shown}, err
}

// DeleteAttributes takes attributes away that a caller has put.
func (d *frontDoor) DeleteAttributes(ctx context.Context, in *ecs.DeleteAttributesInput) (*ecs.DeleteAttributesOutput, error) {
	shown, err := d.changeAttributes(ctx, in.Cluster, in.Attributes, func(i *model.ContainerInstance, a model.Attribute) error {
		i.Attributes = slices.DeleteFunc(i.Attributes, func(have model.Attribute) bool {
			return have.Name == a.Name && (a.Value == "" || a.Value == have.Value)
		})
		return nil
	})
	return &ecs.DeleteAttributesOutput{Attributes: shown}, err
}

// ListAttributes lists the attributes of a cluster's instances by instance
// and name.
func (d *frontDoor) ListAttributes(ctx context.Context, in *ecs.ListAttributesInput) (*ecs.ListAttributesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case in.TargetType != types.TargetTypeContainerInstance:
		return nil, invalid("targetType must be container-instance.")
	case in.AttributeValue != nil && aws.ToString(in.AttributeName) == "":
		return nil, invalid("attributeName must be specified with attributeValue.")
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, "ListAttributes", cluster.Key().ID,
		aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue))
	if err != nil {
		return nil, err
	}
	shown, next := take(p, behind(p, heldAttributes(v, cluster), held.position), func(h held) string {
		if in.AttributeName != nil && *in.AttributeName != h.attribute.Name || in.AttributeValue != nil && *in.AttributeValue != h.attribute.Value {
			return ""
		}
		return h.position()
	}, func(h held) types.Attribute { return showAttribute(r, h.instance, h.attribute) })
	return &ecs.ListAttributesOutput{Attributes: shown, NextToken: next}, nil
}

// held is an attribute and the instance that has it.
type held struct {
	instance  *model.ContainerInstance
	attribute model.Attribute
}

func (h held) position() string { return h.instance.Key().ID + "\x00" + h.attribute.Name }

func heldAttributes(v store.View, cluster *model.Cluster) iter.Seq[held] {
	return func(yield func(held) bool) {
		for i := range store.Prefix[*model.ContainerInstance](v, cluster.Key().ID+"/") {
			if i.Status == model.InstanceInactive {
				continue
			}
			for _, a := range i.Attributes {
				if !yield(held{i, a}) {
					return
				}
			}
		}
	}
}

func showAttribute(r request, i *model.ContainerInstance, a model.Attribute) types.Attribute {
	return types.Attribute{Name: new(a.Name), Value: text(a.Value),
		TargetType: types.TargetTypeContainerInstance, TargetId: new(i.ARN(r.scope.Region))}
}
