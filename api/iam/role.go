package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxRoles is how many roles an account has. Source: IAM quotas.
const maxRoles = 1000

// defaultSession is the longest session of a role that does not say.
const defaultSession = time.Hour

func (c *call) role(v store.View, name string) (*model.Role, error) {
	r, ok := store.Get[*model.Role](v, model.RoleID(c.Account, name))
	if !ok {
		return nil, noRole(name)
	}
	return r, nil
}

// ownRole returns a clone of a role that the account may change: those of
// services are theirs.
func (c *call) ownRole(v store.View, name string) (*model.Role, error) {
	r, err := c.role(v, name)
	if err != nil {
		return nil, err
	}
	if r.LinkedService != "" {
		return nil, &types.UnmodifiableEntityException{Message: say(
			"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)}
	}
	return r.Clone(), nil
}

func (c *call) showRole(r *model.Role) *types.Role {
	return &types.Role{
		Arn: new(c.RoleARN(r.Path, r.Name)), CreateDate: &r.CreatedAt, Path: &r.Path, RoleId: &r.ID, RoleName: &r.Name,
		AssumeRolePolicyDocument: encoded(r.Trust), Description: orNone(r.Description), MaxSessionDuration: new(int32(r.MaxSession / time.Second)),
		PermissionsBoundary: showBoundary(r.Boundary), Tags: shown(r.Tags),
	}
}

// listedRole is a role as lists have it: without boundary and tags.
func (c *call) listedRole(r *model.Role) types.Role {
	s := c.showRole(r)
	s.PermissionsBoundary, s.Tags = nil, nil
	return *s
}

// CreateRole adds a role that may do nothing yet.
func (c *call) CreateRole(in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := parseTrust(*in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	r := model.Role{Account: c.Account, Name: *in.RoleName, Path: orRoot(in.Path), CreatedAt: c.now, Tags: tags,
		Boundary: aws.ToString(in.PermissionsBoundary), Trust: *in.AssumeRolePolicyDocument, Description: aws.ToString(in.Description), MaxSession: defaultSession}
	if in.MaxSessionDuration != nil {
		r.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	if strings.HasPrefix(r.Path, linkedPath) {
		return nil, invalid("The path %s is reserved for roles of services: use CreateServiceLinkedRole.", linkedPath)
	}
	if err := c.addRole(&r, exists("Role with name %s already exists.", r.Name)); err != nil {
		return nil, err
	}
	out := c.showRole(&r)
	out.MaxSessionDuration = nil // told by GetRole
	if in.MaxSessionDuration != nil {
		out.MaxSessionDuration = in.MaxSessionDuration
	}
	return &iam.CreateRoleOutput{Role: out}, nil
}

// addRole stores a new role and gives it its id.
func (c *call) addRole(r *model.Role, taken error) (err error) {
	if r.ID, err = c.id(prefixRole); err != nil {
		return err
	}
	return c.commit(func(v store.View, change *model.Change) error {
		if _, found := store.Get[*model.Role](v, r.Key().ID); found {
			return taken
		}
		if err := c.bound(v, change, r.Boundary); err != nil {
			return err
		}
		if store.Count[*model.Role](v, c.Account+"/") >= maxRoles {
			return quota("RolesPerAccount", maxRoles)
		}
		change.Put(r.Clone())
		return nil
	})
}

// GetRole describes a role. When it was last used is not recorded.
func (c *call) GetRole(in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	r, err := c.role(c.db.View(), *in.RoleName)
	if err != nil {
		return nil, err
	}
	out := c.showRole(r)
	out.RoleLastUsed = &types.RoleLastUsed{}
	return &iam.GetRoleOutput{Role: out}, nil
}

// ListRoles lists roles by name.
func (c *call) ListRoles(in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	var roles []*model.Role
	for r := range all[*model.Role](c, c.db.View()) {
		if strings.HasPrefix(r.Path, aws.ToString(in.PathPrefix)) {
			roles = append(roles, r)
		}
	}
	page, more, next, err := take(roles, idOf[*model.Role], in.MaxItems, in.Marker, "ListRoles", aws.ToString(in.PathPrefix))
	out := &iam.ListRolesOutput{Roles: []types.Role{}, IsTruncated: more, Marker: next}
	for _, r := range page {
		out.Roles = append(out.Roles, c.listedRole(r))
	}
	return out, err
}

// editRole changes a role of the account's own.
func (c *call) editRole(name string, edit func(*model.Role) error) (*model.Role, error) {
	return c.changeRole(c.ownRole, name, edit)
}

// describeRole changes a role's description, which services' roles let one edit
// too, as they do their tags.
func (c *call) describeRole(name string, description *string) (*model.Role, error) {
	return c.changeRole(c.role, name, func(r *model.Role) error {
		if description != nil {
			r.Description = *description
		}
		return nil
	})
}

func (c *call) changeRole(find func(store.View, string) (*model.Role, error), name string, edit func(*model.Role) error) (role *model.Role, err error) {
	err = c.commit(func(v store.View, change *model.Change) error {
		if role, err = find(v, name); err != nil {
			return err
		}
		role = role.Clone()
		if err := edit(role); err != nil {
			return err
		}
		change.Put(role)
		return nil
	})
	return role, err
}

// UpdateRole changes description and longest session.
func (c *call) UpdateRole(in *iam.UpdateRoleInput) (*iam.UpdateRoleOutput, error) {
	if in.MaxSessionDuration == nil {
		_, err := c.describeRole(*in.RoleName, in.Description)
		return nil, err
	}
	_, err := c.editRole(*in.RoleName, func(r *model.Role) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		r.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
		return nil
	})
	return nil, err
}

// UpdateRoleDescription changes the description.
func (c *call) UpdateRoleDescription(in *iam.UpdateRoleDescriptionInput) (*iam.UpdateRoleDescriptionOutput, error) {
	r, err := c.describeRole(*in.RoleName, in.Description)
	if err != nil {
		return nil, err
	}
	return &iam.UpdateRoleDescriptionOutput{Role: c.showRole(r)}, nil
}

// UpdateAssumeRolePolicy changes who may assume a role.
func (c *call) UpdateAssumeRolePolicy(in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	if err := parseTrust(*in.PolicyDocument); err != nil {
		return nil, err
	}
	_, err := c.editRole(*in.RoleName, func(r *model.Role) error { r.Trust = *in.PolicyDocument; return nil })
	return nil, err
}

// DeleteRole removes a role that nothing belongs to any more.
func (c *call) DeleteRole(in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		r, err := c.ownRole(v, *in.RoleName)
		if err != nil {
			return err
		}
		switch {
		case len(c.profilesOf(v, r.Name)) > 0:
			return conflict("remove roles from instance profile")
		case len(r.Attached) > 0:
			return conflict("detach all policies")
		case len(r.Inline) > 0:
			return conflict("delete policies")
		}
		change.Delete(r)
		return nil
	})
}
