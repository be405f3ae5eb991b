package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
)

// ListEntitiesForPolicy lists who uses a managed policy: groups, users and
// roles.
func (c *call) ListEntitiesForPolicy(in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	v := c.db.View()
	p, err := c.policy(v, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	var users []*holder
	for _, h := range c.holders(v) {
		if h.passes(in.EntityFilter, aws.ToString(in.PathPrefix)) && h.uses(p.arn, in.PolicyUsageFilter) {
			users = append(users, h)
		}
	}
	key := func(h *holder) string { return h.kind + "/" + idOf(h.noun) }
	slices.SortFunc(users, func(a, b *holder) int { return strings.Compare(key(a), key(b)) })
	page, more, next, err := take(users, key, in.MaxItems, in.Marker, "ListEntitiesForPolicy", p.arn,
		string(in.EntityFilter), aws.ToString(in.PathPrefix), string(in.PolicyUsageFilter))
	out := &iam.ListEntitiesForPolicyOutput{IsTruncated: more, Marker: next,
		PolicyGroups: []types.PolicyGroup{}, PolicyRoles: []types.PolicyRole{}, PolicyUsers: []types.PolicyUser{}}
	for _, h := range page {
		switch n := h.noun.(type) {
		case *model.User:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserId: &n.ID, UserName: &n.Name})
		case *model.Group:
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupId: &n.ID, GroupName: &n.Name})
		case *model.Role:
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleId: &n.ID, RoleName: &n.Name})
		}
	}
	return out, err
}

// passes reports whether the holder is of the kind, and below the path.
func (h *holder) passes(filter types.EntityType, prefix string) bool {
	kind, path := types.EntityTypeUser, ""
	switch n := h.noun.(type) {
	case *model.User:
		path = n.Path
	case *model.Group:
		kind, path = types.EntityTypeGroup, n.Path
	case *model.Role:
		kind, path = types.EntityTypeRole, n.Path
	}
	return (filter == "" || filter == kind) && strings.HasPrefix(path, prefix)
}

// uses reports whether the holder has the policy, attached or as boundary.
func (h *holder) uses(arn string, filter types.PolicyUsageType) bool {
	attached := slices.Contains(*h.attached, arn)
	bound := h.boundary != nil && *h.boundary == arn
	switch filter {
	case types.PolicyUsageTypePermissionsPolicy:
		return attached
	case types.PolicyUsageTypePermissionsBoundary:
		return bound
	}
	return attached || bound
}
