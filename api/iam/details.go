package iam

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy/managed"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// GetAccountAuthorizationDetails describes all users, groups, roles and
// policies, and how they belong together. Of AWS's policies it has those in
// use.
func (c *call) GetAccountAuthorizationDetails(in *iam.GetAccountAuthorizationDetailsInput) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	v := c.db.View()
	wants := func(t types.EntityType) bool { return len(in.Filter) == 0 || slices.Contains(in.Filter, t) }
	var items []detail
	for _, h := range c.holders(v) {
		if h.isOf(wants) {
			items = append(items, detail{holder: h})
		}
	}
	u := c.usage(v)
	if wants(types.EntityTypeLocalManagedPolicy) {
		for p := range all[*model.Policy](c, v) {
			items = append(items, detail{policy: c.showPolicy(p)})
		}
	}
	if wants(types.EntityTypeAWSManagedPolicy) {
		for _, p := range managed.All() {
			if u.attached[p.ARN()]+u.boundaries[p.ARN()] > 0 {
				items = append(items, detail{policy: showManaged(p)})
			}
		}
	}
	slices.SortFunc(items, func(a, b detail) int {
		if a.key() < b.key() {
			return -1
		}
		return 1
	})
	page, more, next, err := take(items, detail.key, in.MaxItems, in.Marker, "GetAccountAuthorizationDetails", fmt.Sprint(in.Filter))
	out := &iam.GetAccountAuthorizationDetailsOutput{IsTruncated: more, Marker: next, GroupDetailList: []types.GroupDetail{},
		Policies: []types.ManagedPolicyDetail{}, RoleDetailList: []types.RoleDetail{}, UserDetailList: []types.UserDetail{}}
	for _, d := range page {
		c.describe(out, v, u, d)
	}
	return out, err
}

// detail is a holder or a policy.
type detail struct {
	holder *holder
	policy *anyPolicy
}

func (d detail) key() string {
	if d.policy != nil {
		return "policy/" + d.policy.arn
	}
	return d.holder.kind + "/" + idOf(d.holder.noun)
}

func (h *holder) isOf(wants func(types.EntityType) bool) bool {
	return h.kind == "user" && wants(types.EntityTypeUser) || h.kind == "group" && wants(types.EntityTypeGroup) || h.kind == "role" && wants(types.EntityTypeRole)
}

func (c *call) describe(out *iam.GetAccountAuthorizationDetailsOutput, v store.View, u usage, d detail) {
	if d.policy != nil {
		out.Policies = append(out.Policies, d.policy.detail(u))
		return
	}
	inline := []types.PolicyDetail{}
	for _, p := range *d.holder.inline {
		inline = append(inline, types.PolicyDetail{PolicyName: &p.Name, PolicyDocument: encoded(p.Document)})
	}
	attached := attachedPolicies(*d.holder.attached)
	switch n := d.holder.noun.(type) {
	case *model.User:
		s := c.showUser(n)
		out.UserDetailList = append(out.UserDetailList, types.UserDetail{Arn: s.Arn, CreateDate: s.CreateDate, Path: s.Path, UserId: s.UserId, UserName: s.UserName,
			PermissionsBoundary: s.PermissionsBoundary, Tags: s.Tags, AttachedManagedPolicies: attached, UserPolicyList: inline, GroupList: append([]string{}, n.Groups...)})
	case *model.Group:
		s := c.showGroup(n)
		out.GroupDetailList = append(out.GroupDetailList, types.GroupDetail{Arn: s.Arn, CreateDate: s.CreateDate, Path: s.Path, GroupId: s.GroupId, GroupName: s.GroupName,
			AttachedManagedPolicies: attached, GroupPolicyList: inline})
	case *model.Role:
		s := c.showRole(n)
		out.RoleDetailList = append(out.RoleDetailList, types.RoleDetail{Arn: s.Arn, CreateDate: s.CreateDate, Path: s.Path, RoleId: s.RoleId, RoleName: s.RoleName,
			PermissionsBoundary: s.PermissionsBoundary, Tags: s.Tags, AttachedManagedPolicies: attached, RolePolicyList: inline,
			AssumeRolePolicyDocument: s.AssumeRolePolicyDocument, InstanceProfileList: c.listedProfiles(v, c.profilesOf(v, n.Name)), RoleLastUsed: &types.RoleLastUsed{}})
	}
}

func (p *anyPolicy) detail(u usage) types.ManagedPolicyDetail {
	s := p.counted(u)
	out := types.ManagedPolicyDetail{Arn: s.Arn, AttachmentCount: s.AttachmentCount, CreateDate: s.CreateDate, DefaultVersionId: s.DefaultVersionId,
		Description: s.Description, IsAttachable: s.IsAttachable, Path: s.Path, PermissionsBoundaryUsageCount: s.PermissionsBoundaryUsageCount,
		PolicyId: s.PolicyId, PolicyName: s.PolicyName, UpdateDate: s.UpdateDate, PolicyVersionList: []types.PolicyVersion{}}
	for _, version := range p.versions {
		version.Document = encoded(*version.Document)
		out.PolicyVersionList = append(out.PolicyVersionList, version)
	}
	return out
}
