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

// maxAttached is how many managed policies a user, group or role has. Source:
// IAM quotas.
const maxAttached = 10

// quotaOf are the names of that quota.
func quotaOf(kind string) string { return "PoliciesPer" + strings.ToUpper(kind[:1]) + kind[1:] }

// use checks that a policy exists and has it unchanged until the commit.
func (c *call) use(v store.View, change *model.Change, arn string, missing error) error {
	p, err := c.policy(v, arn)
	if _, gone := err.(*types.NoSuchEntityException); gone {
		return missing
	}
	if err != nil {
		return err
	}
	if p.own != nil {
		change.Put(p.own) // so that it is not deleted meanwhile
	}
	return nil
}

// attach gives a holder a managed policy; one that it has it keeps.
func (c *call) attach(to hold, arn string) error {
	return c.commit(func(v store.View, change *model.Change) error {
		h, err := to(v)
		if err != nil {
			return err
		}
		if slices.Contains(*h.attached, arn) {
			return nil
		}
		if err := c.use(v, change, arn, notAttachable(arn)); err != nil {
			return err
		}
		if len(*h.attached) >= maxAttached {
			return quota(quotaOf(h.kind), maxAttached)
		}
		*h.attached = append(slices.Clone(*h.attached), arn)
		change.Put(h.noun)
		return nil
	})
}

func (c *call) detach(from hold, arn string) error {
	return c.commit(func(v store.View, change *model.Change) error {
		h, err := from(v)
		if err != nil {
			return err
		}
		if _, err := c.policy(v, arn); err != nil {
			return err
		}
		at := slices.Index(*h.attached, arn)
		if at < 0 {
			return noPolicy(arn)
		}
		*h.attached = slices.Delete(slices.Clone(*h.attached), at, at+1)
		change.Put(h.noun)
		return nil
	})
}

// attached lists a holder's managed policies by name.
func (c *call) attached(of hold, prefix *string, maxItems *int32, marker *string, query ...string) ([]types.AttachedPolicy, bool, *string, error) {
	v := c.db.View()
	h, err := of(v)
	if err != nil {
		return nil, false, nil, err
	}
	list := slices.DeleteFunc(attachedPolicies(*h.attached), func(p types.AttachedPolicy) bool {
		_, path, _ := strings.Cut(*p.PolicyArn, ":policy")
		return !strings.HasPrefix(path[:strings.LastIndexByte(path, '/')+1], aws.ToString(prefix))
	})
	slices.SortFunc(list, func(a, b types.AttachedPolicy) int { return strings.Compare(byNameThenARN(a), byNameThenARN(b)) })
	return take(list, byNameThenARN, maxItems, marker, append(query, aws.ToString(prefix))...)
}

func byNameThenARN(p types.AttachedPolicy) string { return *p.PolicyName + " " + *p.PolicyArn }

// attachedPolicies words ARNs as answers have them. It is never nil.
func attachedPolicies(arns []string) []types.AttachedPolicy {
	out := []types.AttachedPolicy{}
	for _, arn := range arns {
		out = append(out, types.AttachedPolicy{PolicyArn: &arn, PolicyName: new(arn[strings.LastIndexByte(arn, '/')+1:])})
	}
	return out
}

// AttachUserPolicy gives a user a managed policy.
func (c *call) AttachUserPolicy(in *iam.AttachUserPolicyInput) (*iam.AttachUserPolicyOutput, error) {
	return nil, c.attach(c.ofUser(in.UserName), *in.PolicyArn)
}

// DetachUserPolicy takes a managed policy from a user.
func (c *call) DetachUserPolicy(in *iam.DetachUserPolicyInput) (*iam.DetachUserPolicyOutput, error) {
	return nil, c.detach(c.ofUser(in.UserName), *in.PolicyArn)
}

// ListAttachedUserPolicies lists the managed policies of a user.
func (c *call) ListAttachedUserPolicies(in *iam.ListAttachedUserPoliciesInput) (*iam.ListAttachedUserPoliciesOutput, error) {
	list, more, next, err := c.attached(c.ofUser(in.UserName), in.PathPrefix, in.MaxItems, in.Marker, "ListAttachedUserPolicies", *in.UserName)
	return &iam.ListAttachedUserPoliciesOutput{AttachedPolicies: list, IsTruncated: more, Marker: next}, err
}

// AttachGroupPolicy gives a group a managed policy.
func (c *call) AttachGroupPolicy(in *iam.AttachGroupPolicyInput) (*iam.AttachGroupPolicyOutput, error) {
	return nil, c.attach(c.ofGroup(in.GroupName), *in.PolicyArn)
}

// DetachGroupPolicy takes a managed policy from a group.
func (c *call) DetachGroupPolicy(in *iam.DetachGroupPolicyInput) (*iam.DetachGroupPolicyOutput, error) {
	return nil, c.detach(c.ofGroup(in.GroupName), *in.PolicyArn)
}

// ListAttachedGroupPolicies lists the managed policies of a group.
func (c *call) ListAttachedGroupPolicies(in *iam.ListAttachedGroupPoliciesInput) (*iam.ListAttachedGroupPoliciesOutput, error) {
	list, more, next, err := c.attached(c.ofGroup(in.GroupName), in.PathPrefix, in.MaxItems, in.Marker, "ListAttachedGroupPolicies", *in.GroupName)
	return &iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: list, IsTruncated: more, Marker: next}, err
}

// AttachRolePolicy gives a role a managed policy.
func (c *call) AttachRolePolicy(in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	return nil, c.attach(c.ofRole(in.RoleName, true), *in.PolicyArn)
}

// DetachRolePolicy takes a managed policy from a role.
func (c *call) DetachRolePolicy(in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	return nil, c.detach(c.ofRole(in.RoleName, true), *in.PolicyArn)
}

// ListAttachedRolePolicies lists the managed policies of a role.
func (c *call) ListAttachedRolePolicies(in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	list, more, next, err := c.attached(c.ofRole(in.RoleName, false), in.PathPrefix, in.MaxItems, in.Marker, "ListAttachedRolePolicies", *in.RoleName)
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: list, IsTruncated: more, Marker: next}, err
}
