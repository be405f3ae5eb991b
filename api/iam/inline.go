package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func (h *holder) find(name string) int {
	return slices.IndexFunc(*h.inline, func(p model.InlinePolicy) bool { return strings.EqualFold(p.Name, name) })
}

func (h *holder) noInline(name string) error {
	return noSuch("The %s policy with name %s cannot be found.", h.kind, name)
}

// putInline adds or replaces an inline policy. Inline policies are sorted by
// name.
func (c *call) putInline(to hold, name, document string) error {
	d, err := parse(document, policy.Identity)
	if err != nil {
		return err
	}
	if err := checkIdentity(d); err != nil {
		return err
	}
	return c.commit(func(v store.View, change *model.Change) error {
		h, err := to(v)
		if err != nil {
			return err
		}
		policies, total := slices.Clone(*h.inline), size(document)
		if at := h.find(name); at >= 0 {
			policies = slices.Delete(policies, at, at+1)
		}
		for _, p := range policies {
			total += size(p.Document)
		}
		if total > h.most {
			return exceeded("Maximum policy size of %d bytes exceeded for %s %s", h.most, h.kind, h.name)
		}
		policies = append(policies, model.InlinePolicy{Name: name, Document: document})
		slices.SortFunc(policies, func(a, b model.InlinePolicy) int { return strings.Compare(a.Name, b.Name) })
		*h.inline = policies
		change.Put(h.noun)
		return nil
	})
}

// getInline returns an inline policy, and its holder's name.
func (c *call) getInline(of hold, name string) (holderName, policyName, document *string, err error) {
	h, err := of(c.db.View())
	if err != nil {
		return nil, nil, nil, err
	}
	at := h.find(name)
	if at < 0 {
		return nil, nil, nil, h.noInline(name)
	}
	p := (*h.inline)[at]
	return &h.name, &p.Name, encoded(p.Document), nil
}

func (c *call) deleteInline(of hold, name string) error {
	return c.commit(func(v store.View, change *model.Change) error {
		h, err := of(v)
		if err != nil {
			return err
		}
		at := h.find(name)
		if at < 0 {
			return h.noInline(name)
		}
		*h.inline = slices.Delete(slices.Clone(*h.inline), at, at+1)
		change.Put(h.noun)
		return nil
	})
}

// listInline lists the names of inline policies.
func (c *call) listInline(of hold, maxItems *int32, marker *string, query ...string) ([]string, bool, *string, error) {
	h, err := of(c.db.View())
	if err != nil {
		return nil, false, nil, err
	}
	var names []string
	for _, p := range *h.inline {
		names = append(names, p.Name)
	}
	return take(names, itself, maxItems, marker, query...)
}

// PutUserPolicy adds or replaces an inline policy of a user.
func (c *call) PutUserPolicy(in *iam.PutUserPolicyInput) (*iam.PutUserPolicyOutput, error) {
	return nil, c.putInline(c.ofUser(in.UserName), *in.PolicyName, *in.PolicyDocument)
}

// GetUserPolicy returns an inline policy of a user.
func (c *call) GetUserPolicy(in *iam.GetUserPolicyInput) (*iam.GetUserPolicyOutput, error) {
	holder, name, document, err := c.getInline(c.ofUser(in.UserName), *in.PolicyName)
	return &iam.GetUserPolicyOutput{UserName: holder, PolicyName: name, PolicyDocument: document}, err
}

// DeleteUserPolicy removes an inline policy of a user.
func (c *call) DeleteUserPolicy(in *iam.DeleteUserPolicyInput) (*iam.DeleteUserPolicyOutput, error) {
	return nil, c.deleteInline(c.ofUser(in.UserName), *in.PolicyName)
}

// ListUserPolicies lists the names of a user's inline policies.
func (c *call) ListUserPolicies(in *iam.ListUserPoliciesInput) (*iam.ListUserPoliciesOutput, error) {
	names, more, next, err := c.listInline(c.ofUser(in.UserName), in.MaxItems, in.Marker, "ListUserPolicies", *in.UserName)
	return &iam.ListUserPoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}

// PutGroupPolicy adds or replaces an inline policy of a group.
func (c *call) PutGroupPolicy(in *iam.PutGroupPolicyInput) (*iam.PutGroupPolicyOutput, error) {
	return nil, c.putInline(c.ofGroup(in.GroupName), *in.PolicyName, *in.PolicyDocument)
}

// GetGroupPolicy returns an inline policy of a group.
func (c *call) GetGroupPolicy(in *iam.GetGroupPolicyInput) (*iam.GetGroupPolicyOutput, error) {
	holder, name, document, err := c.getInline(c.ofGroup(in.GroupName), *in.PolicyName)
	return &iam.GetGroupPolicyOutput{GroupName: holder, PolicyName: name, PolicyDocument: document}, err
}

// DeleteGroupPolicy removes an inline policy of a group.
func (c *call) DeleteGroupPolicy(in *iam.DeleteGroupPolicyInput) (*iam.DeleteGroupPolicyOutput, error) {
	return nil, c.deleteInline(c.ofGroup(in.GroupName), *in.PolicyName)
}

// ListGroupPolicies lists the names of a group's inline policies.
func (c *call) ListGroupPolicies(in *iam.ListGroupPoliciesInput) (*iam.ListGroupPoliciesOutput, error) {
	names, more, next, err := c.listInline(c.ofGroup(in.GroupName), in.MaxItems, in.Marker, "ListGroupPolicies", *in.GroupName)
	return &iam.ListGroupPoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}

// PutRolePolicy adds or replaces an inline policy of a role.
func (c *call) PutRolePolicy(in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	return nil, c.putInline(c.ofRole(in.RoleName, true), *in.PolicyName, *in.PolicyDocument)
}

// GetRolePolicy returns an inline policy of a role.
func (c *call) GetRolePolicy(in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	holder, name, document, err := c.getInline(c.ofRole(in.RoleName, false), *in.PolicyName)
	return &iam.GetRolePolicyOutput{RoleName: holder, PolicyName: name, PolicyDocument: document}, err
}

// DeleteRolePolicy removes an inline policy of a role.
func (c *call) DeleteRolePolicy(in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	return nil, c.deleteInline(c.ofRole(in.RoleName, true), *in.PolicyName)
}

// ListRolePolicies lists the names of a role's inline policies.
func (c *call) ListRolePolicies(in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	names, more, next, err := c.listInline(c.ofRole(in.RoleName, false), in.MaxItems, in.Marker, "ListRolePolicies", *in.RoleName)
	return &iam.ListRolePoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}
