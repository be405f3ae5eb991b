package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxUsers is how many users an account has. Source: IAM quotas.
const maxUsers = 5000

// user returns a user of the account.
func (c *call) user(v store.View, name string) (*model.User, error) {
	u, ok := store.Get[*model.User](v, model.UserID(c.Account, name))
	if !ok {
		return nil, noUser(name)
	}
	return u, nil
}

// userName is the name of the user that a call is about: the one named, else
// the caller. "" is the account's root.
func (c *call) userName(named *string) (string, error) {
	switch {
	case named != nil:
		return *named, nil
	case c.who.Kind == caller.Root:
		return "", nil
	case c.who.Kind == caller.User:
		return c.who.ARN[strings.LastIndexByte(c.who.ARN, '/')+1:], nil
	}
	return "", validation("Must specify userName when calling with non-User credentials")
}

func (c *call) showUser(u *model.User) *types.User {
	return &types.User{
		Arn: new(c.UserARN(u.Path, u.Name)), CreateDate: &u.CreatedAt, Path: &u.Path, UserId: &u.ID, UserName: &u.Name,
		PermissionsBoundary: showBoundary(u.Boundary), Tags: shown(u.Tags),
	}
}

// listedUser is a user as lists have it: without boundary and tags.
func (c *call) listedUser(u *model.User) types.User {
	s := c.showUser(u)
	s.PermissionsBoundary, s.Tags = nil, nil
	return *s
}

// orRoot is the path that a new noun gets.
func orRoot(path *string) string {
	if path == nil {
		return "/"
	}
	return *path
}

// CreateUser adds a user, who can do nothing yet.
func (c *call) CreateUser(in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	id, err := c.id(prefixUser)
	if err != nil {
		return nil, err
	}
	u := model.User{Account: c.Account, Name: *in.UserName, Path: orRoot(in.Path), ID: id, CreatedAt: c.now, Tags: tags,
		Boundary: aws.ToString(in.PermissionsBoundary)}
	err = c.commit(func(v store.View, change *model.Change) error {
		if _, taken := store.Get[*model.User](v, u.Key().ID); taken {
			return exists("User with name %s already exists.", u.Name)
		}
		if err := c.bound(v, change, u.Boundary); err != nil {
			return err
		}
		if store.Count[*model.User](v, c.Account+"/") >= maxUsers {
			return quota("UsersPerAccount", maxUsers)
		}
		change.Put(u.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateUserOutput{User: c.showUser(&u)}, nil
}

// GetUser describes a user, or the caller.
func (c *call) GetUser(in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	name, err := c.userName(in.UserName)
	if err != nil {
		return nil, err
	}
	if name == "" { // the root has no name, and no path
		return &iam.GetUserOutput{User: &types.User{Arn: &c.who.ARN, UserId: &c.Account, Path: new("/")}}, nil
	}
	u, err := c.user(c.db.View(), name)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserOutput{User: c.showUser(u)}, nil
}

// ListUsers lists users by name.
func (c *call) ListUsers(in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	var users []*model.User
	for u := range all[*model.User](c, c.db.View()) {
		if strings.HasPrefix(u.Path, aws.ToString(in.PathPrefix)) {
			users = append(users, u)
		}
	}
	page, more, next, err := take(users, idOf[*model.User], in.MaxItems, in.Marker, "ListUsers", aws.ToString(in.PathPrefix))
	out := &iam.ListUsersOutput{Users: []types.User{}, IsTruncated: more, Marker: next}
	for _, u := range page {
		out.Users = append(out.Users, c.listedUser(u))
	}
	return out, err
}

// idOf is the order of lists.
func idOf[T model.Noun](n T) string { return n.Key().ID }

// UpdateUser renames a user or moves it to another path. Its access keys go
// with it.
func (c *call) UpdateUser(in *iam.UpdateUserInput) (*iam.UpdateUserOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		old, err := c.user(v, *in.UserName)
		if err != nil {
			return err
		}
		u := old.Clone()
		if in.NewPath != nil {
			u.Path = *in.NewPath
		}
		if in.NewUserName == nil || *in.NewUserName == old.Name {
			change.Put(u)
			return nil
		}
		u.Name = *in.NewUserName
		if u.Key() == old.Key() { // another case
			change.Put(u)
		} else {
			if _, taken := store.Get[*model.User](v, u.Key().ID); taken {
				return exists("User with name %s already exists.", u.Name)
			}
			u.Meta = model.Meta{}
			change.Delete(old)
			change.Put(u)
		}
		for k := range store.KeysByUser(v, old.Key().ID) {
			k = k.Clone()
			k.User = u.Name
			change.Put(k)
		}
		return nil
	})
}

// DeleteUser removes a user that nothing belongs to any more.
func (c *call) DeleteUser(in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		u, err := c.user(v, *in.UserName)
		if err != nil {
			return err
		}
		switch {
		case len(u.Attached) > 0:
			return conflict("detach all policies")
		case len(u.Inline) > 0:
			return conflict("delete policies")
		case len(u.Groups) > 0:
			return conflict("remove users from group")
		case len(slices.Collect(store.KeysByUser(v, u.Key().ID))) > 0:
			return conflict("delete access keys")
		}
		change.Delete(u)
		return nil
	})
}
