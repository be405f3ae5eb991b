package iam

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func showBoundary(arn string) *types.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: &arn, PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy}
}

// bound checks that a permissions boundary, if there is one, exists.
func (c *call) bound(v store.View, change *model.Change, arn string) error {
	if arn == "" {
		return nil
	}
	return c.use(v, change, arn, noSuch("Scope ARN: %s does not exist or is not attachable.", arn))
}

// setBoundary replaces the permissions boundary of a user or role; "" removes
// it.
func (c *call) setBoundary(of hold, arn string) error {
	return c.commit(func(v store.View, change *model.Change) error {
		h, err := of(v)
		if err != nil {
			return err
		}
		if err := c.bound(v, change, arn); err != nil {
			return err
		}
		if arn == "" && *h.boundary == "" {
			return noSuch("The %s with name %s has no permissions boundary.", h.kind, h.name)
		}
		*h.boundary = arn
		change.Put(h.noun)
		return nil
	})
}

// PutUserPermissionsBoundary sets the most that a user may do.
func (c *call) PutUserPermissionsBoundary(in *iam.PutUserPermissionsBoundaryInput) (*iam.PutUserPermissionsBoundaryOutput, error) {
	return nil, c.setBoundary(c.ofUser(in.UserName), *in.PermissionsBoundary)
}

// DeleteUserPermissionsBoundary removes a user's boundary.
func (c *call) DeleteUserPermissionsBoundary(in *iam.DeleteUserPermissionsBoundaryInput) (*iam.DeleteUserPermissionsBoundaryOutput, error) {
	return nil, c.setBoundary(c.ofUser(in.UserName), "")
}

// PutRolePermissionsBoundary sets the most that a role may do.
func (c *call) PutRolePermissionsBoundary(in *iam.PutRolePermissionsBoundaryInput) (*iam.PutRolePermissionsBoundaryOutput, error) {
	return nil, c.setBoundary(c.ofRole(in.RoleName, true), *in.PermissionsBoundary)
}

// DeleteRolePermissionsBoundary removes a role's boundary.
func (c *call) DeleteRolePermissionsBoundary(in *iam.DeleteRolePermissionsBoundaryInput) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	return nil, c.setBoundary(c.ofRole(in.RoleName, true), "")
}
