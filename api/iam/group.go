package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxGroups is how many groups an account has. Source: IAM quotas.
const maxGroups = 300

func (c *call) group(v store.View, name string) (*model.Group, error) {
	g, ok := store.Get[*model.Group](v, model.GroupID(c.Account, name))
	if !ok {
		return nil, noGroup(name)
	}
	return g, nil
}

func (c *call) showGroup(g *model.Group) *types.Group {
	return &types.Group{Arn: new(c.GroupARN(g.Path, g.Name)), CreateDate: &g.CreatedAt, GroupId: &g.ID, GroupName: &g.Name, Path: &g.Path}
}

// CreateGroup adds a group without members.
func (c *call) CreateGroup(in *iam.CreateGroupInput) (*iam.CreateGroupOutput, error) {
	id, err := c.id(prefixGroup)
	if err != nil {
		return nil, err
	}
	g := model.Group{Account: c.Account, Name: *in.GroupName, Path: orRoot(in.Path), ID: id, CreatedAt: c.now}
	err = c.commit(func(v store.View, change *model.Change) error {
		if _, taken := store.Get[*model.Group](v, g.Key().ID); taken {
			return exists("Group with name %s already exists.", g.Name)
		}
		if store.Count[*model.Group](v, c.Account+"/") >= maxGroups {
			return quota("GroupsPerAccount", maxGroups)
		}
		change.Put(g.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateGroupOutput{Group: c.showGroup(&g)}, nil
}

// members returns the users of a group, by name.
func (c *call) members(v store.View, group string) (users []*model.User) {
	for u := range all[*model.User](c, v) {
		if slices.ContainsFunc(u.Groups, func(g string) bool { return strings.EqualFold(g, group) }) {
			users = append(users, u)
		}
	}
	return users
}

// GetGroup describes a group and a page of its members.
func (c *call) GetGroup(in *iam.GetGroupInput) (*iam.GetGroupOutput, error) {
	v := c.db.View()
	g, err := c.group(v, *in.GroupName)
	if err != nil {
		return nil, err
	}
	page, more, next, err := take(c.members(v, g.Name), idOf[*model.User], in.MaxItems, in.Marker, "GetGroup", g.Name)
	out := &iam.GetGroupOutput{Group: c.showGroup(g), Users: []types.User{}, IsTruncated: more, Marker: next}
	for _, u := range page {
		out.Users = append(out.Users, c.listedUser(u))
	}
	return out, err
}

// ListGroups lists groups by name.
func (c *call) ListGroups(in *iam.ListGroupsInput) (*iam.ListGroupsOutput, error) {
	var groups []*model.Group
	for g := range all[*model.Group](c, c.db.View()) {
		if strings.HasPrefix(g.Path, aws.ToString(in.PathPrefix)) {
			groups = append(groups, g)
		}
	}
	page, more, next, err := take(groups, idOf[*model.Group], in.MaxItems, in.Marker, "ListGroups", aws.ToString(in.PathPrefix))
	out := &iam.ListGroupsOutput{Groups: []types.Group{}, IsTruncated: more, Marker: next}
	for _, g := range page {
		out.Groups = append(out.Groups, *c.showGroup(g))
	}
	return out, err
}

// UpdateGroup renames a group or moves it to another path.
func (c *call) UpdateGroup(in *iam.UpdateGroupInput) (*iam.UpdateGroupOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		old, err := c.group(v, *in.GroupName)
		if err != nil {
			return err
		}
		g := old.Clone()
		if in.NewPath != nil {
			g.Path = *in.NewPath
		}
		if in.NewGroupName == nil || *in.NewGroupName == old.Name {
			change.Put(g)
			return nil
		}
		g.Name = *in.NewGroupName
		if g.Key() == old.Key() { // another case
			change.Put(g)
		} else {
			if _, taken := store.Get[*model.Group](v, g.Key().ID); taken {
				return exists("Group with name %s already exists.", g.Name)
			}
			g.Meta = model.Meta{}
			change.Delete(old)
			change.Put(g)
		}
		for _, u := range c.members(v, old.Name) {
			u = u.Clone()
			u.Groups = leave(u.Groups, old.Name)
			u.Groups = join(u.Groups, g.Name)
			change.Put(u)
		}
		return nil
	})
}

// DeleteGroup removes a group that nothing belongs to any more.
func (c *call) DeleteGroup(in *iam.DeleteGroupInput) (*iam.DeleteGroupOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		g, err := c.group(v, *in.GroupName)
		if err != nil {
			return err
		}
		switch {
		case len(g.Attached) > 0:
			return conflict("detach all policies")
		case len(g.Inline) > 0:
			return conflict("delete policies")
		case len(c.members(v, g.Name)) > 0:
			return conflict("remove users from group")
		}
		change.Delete(g)
		return nil
	})
}
