package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxMemberships is how many groups a user is in. Source: IAM quotas.
const maxMemberships = 10

// join returns a sorted list of groups with one more.
func join(groups []string, name string) []string {
	groups = append(slices.Clone(groups), name)
	slices.Sort(groups)
	return groups
}

// leave returns a list of groups without one.
func leave(groups []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return strings.EqualFold(g, name) })
}

// AddUserToGroup makes a user a member; one that is a member stays one.
func (c *call) AddUserToGroup(in *iam.AddUserToGroupInput) (*iam.AddUserToGroupOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		g, err := c.group(v, *in.GroupName)
		if err != nil {
			return err
		}
		u, err := c.user(v, *in.UserName)
		if err != nil {
			return err
		}
		others := leave(u.Groups, g.Name)
		if len(others) < len(u.Groups) {
			return nil
		}
		if len(others) >= maxMemberships {
			return quota("GroupsPerUser", maxMemberships)
		}
		u = u.Clone()
		u.Groups = join(others, g.Name)
		change.Put(u)
		change.Put(g.Clone()) // so that it is not deleted meanwhile
		return nil
	})
}

// RemoveUserFromGroup ends a membership.
func (c *call) RemoveUserFromGroup(in *iam.RemoveUserFromGroupInput) (*iam.RemoveUserFromGroupOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		g, err := c.group(v, *in.GroupName)
		if err != nil {
			return err
		}
		u, err := c.user(v, *in.UserName)
		if err != nil {
			return err
		}
		others := leave(u.Groups, g.Name)
		if len(others) == len(u.Groups) {
			return noSuch("User %s is not a member of group %s.", u.Name, g.Name)
		}
		u = u.Clone()
		u.Groups = others
		change.Put(u)
		return nil
	})
}

// ListGroupsForUser lists the groups that a user is in.
func (c *call) ListGroupsForUser(in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	v := c.db.View()
	u, err := c.user(v, *in.UserName)
	if err != nil {
		return nil, err
	}
	page, more, next, err := take(u.Groups, itself, in.MaxItems, in.Marker, "ListGroupsForUser", u.Name)
	out := &iam.ListGroupsForUserOutput{Groups: []types.Group{}, IsTruncated: more, Marker: next}
	for _, name := range page {
		if g, err := c.group(v, name); err == nil {
			out.Groups = append(out.Groups, *c.showGroup(g))
		}
	}
	return out, err
}
