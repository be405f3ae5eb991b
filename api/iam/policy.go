package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy/managed"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of customer managed policies. Source: IAM quotas.
const (
	maxPolicies = 1500
	maxVersions = 5
)

// anyPolicy is a managed policy: the account's own or one of AWS's.
type anyPolicy struct {
	arn       string
	own       *model.Policy
	described types.Policy
	versions  []types.PolicyVersion // the newest first
}

// ownPolicy returns a clone of a policy of the account, by ARN. Those of AWS
// cannot be changed.
func (c *call) ownPolicy(v store.View, arn string) (*model.Policy, error) {
	a, ok := model.ParseARN(arn)
	if !ok {
		return nil, validation("Invalid ARN:  Could not be parsed!")
	}
	if a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") {
		return nil, invalid("ARN %s is not valid.", arn)
	}
	if a.Account == "aws" {
		return nil, &types.InvalidInputException{Message: say("Policy arn:aws:iam::aws:policy/%s is outside your own account.", strings.TrimPrefix(a.Resource, "policy/"))}
	}
	p, ok := store.Get[*model.Policy](v, model.PolicyID(c.Account, a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]))
	if !ok || c.PolicyARN(p.Path, p.Name) != arn {
		return nil, noPolicy(arn)
	}
	return p.Clone(), nil
}

// policy returns a managed policy by ARN.
func (c *call) policy(v store.View, arn string) (*anyPolicy, error) {
	if p, ok := managed.ByARN(arn); ok {
		return showManaged(p), nil
	}
	if strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") {
		return nil, noPolicy(arn)
	}
	p, err := c.ownPolicy(v, arn)
	if err != nil {
		return nil, err
	}
	return c.showPolicy(p), nil
}

func (c *call) showPolicy(p *model.Policy) *anyPolicy {
	out := &anyPolicy{arn: c.PolicyARN(p.Path, p.Name), own: p}
	out.described = types.Policy{
		Arn: &out.arn, CreateDate: &p.CreatedAt, UpdateDate: &p.UpdatedAt, DefaultVersionId: versionID(p.Default), Description: orNone(p.Description),
		IsAttachable: true, Path: &p.Path, PolicyId: &p.ID, PolicyName: &p.Name, Tags: shown(p.Tags),
	}
	for _, each := range slices.Backward(p.Versions) {
		out.versions = append(out.versions, types.PolicyVersion{
			CreateDate: &each.CreatedAt, Document: &each.Document, IsDefaultVersion: each.Number == p.Default, VersionId: versionID(each.Number)})
	}
	return out
}

func showManaged(p managed.Policy) *anyPolicy {
	out := &anyPolicy{arn: p.ARN()}
	out.described = types.Policy{
		Arn: &out.arn, CreateDate: &p.Created, UpdateDate: &p.Updated, DefaultVersionId: versionID(p.Version), Description: &p.Description,
		IsAttachable: true, Path: &p.Path, PolicyId: new(p.ID()), PolicyName: &p.Name,
	}
	out.versions = []types.PolicyVersion{{CreateDate: &p.Updated, Document: &p.Document, IsDefaultVersion: true, VersionId: versionID(p.Version)}}
	return out
}

// document is the text in force.
func (p *anyPolicy) document() string {
	for _, v := range p.versions {
		if v.IsDefaultVersion {
			return *v.Document
		}
	}
	return ""
}

// counted fills in how often the policy is used.
func (p *anyPolicy) counted(u usage) types.Policy {
	out := p.described
	out.AttachmentCount = new(int32(u.attached[p.arn]))
	out.PermissionsBoundaryUsageCount = new(int32(u.boundaries[p.arn]))
	return out
}

// CreatePolicy adds a managed policy, its document being version v1.
func (c *call) CreatePolicy(in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := parseManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	id, err := c.id(prefixPolicy)
	if err != nil {
		return nil, err
	}
	p := model.Policy{Account: c.Account, Name: *in.PolicyName, Path: orRoot(in.Path), ID: id, Description: aws.ToString(in.Description),
		CreatedAt: c.now, UpdatedAt: c.now, Tags: tags, Default: 1, Latest: 1,
		Versions: []model.PolicyVersion{{Number: 1, Document: *in.PolicyDocument, CreatedAt: c.now}}}
	err = c.commit(func(v store.View, change *model.Change) error {
		if _, taken := store.Get[*model.Policy](v, p.Key().ID); taken {
			return exists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
		}
		if store.Count[*model.Policy](v, c.Account+"/") >= maxPolicies {
			return quota("PoliciesPerAccount", maxPolicies)
		}
		change.Put(p.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := c.showPolicy(&p).counted(usage{})
	out.Description = nil // told by GetPolicy
	return &iam.CreatePolicyOutput{Policy: &out}, nil
}

// GetPolicy describes a managed policy.
func (c *call) GetPolicy(in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	v := c.db.View()
	p, err := c.policy(v, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := p.counted(c.usage(v))
	if out.Tags == nil {
		out.Tags = []types.Tag{} // AWS lists none here, and leaves the list out elsewhere
	}
	return &iam.GetPolicyOutput{Policy: &out}, nil
}

// ListPolicies lists the account's and AWS's managed policies.
func (c *call) ListPolicies(in *iam.ListPoliciesInput) (*iam.ListPoliciesOutput, error) {
	v := c.db.View()
	var policies []*anyPolicy
	if in.Scope != types.PolicyScopeTypeAws {
		for p := range all[*model.Policy](c, v) {
			policies = append(policies, c.showPolicy(p))
		}
	}
	if in.Scope != types.PolicyScopeTypeLocal {
		for _, p := range managed.All() {
			policies = append(policies, showManaged(p))
		}
	}
	u := c.usage(v)
	policies = slices.DeleteFunc(policies, func(p *anyPolicy) bool {
		attached, bounds := u.attached[p.arn] > 0, u.boundaries[p.arn] > 0
		switch {
		case !strings.HasPrefix(*p.described.Path, aws.ToString(in.PathPrefix)):
			return true
		case in.PolicyUsageFilter == types.PolicyUsageTypePermissionsPolicy:
			return !attached
		case in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary:
			return !bounds
		}
		return in.OnlyAttached && !attached && !bounds
	})
	slices.SortFunc(policies, func(a, b *anyPolicy) int { return strings.Compare(a.arn, b.arn) })
	page, more, next, err := take(policies, func(p *anyPolicy) string { return p.arn }, in.MaxItems, in.Marker,
		"ListPolicies", string(in.Scope), aws.ToString(in.PathPrefix), string(in.PolicyUsageFilter))
	out := &iam.ListPoliciesOutput{Policies: []types.Policy{}, IsTruncated: more, Marker: next}
	for _, p := range page {
		one := p.counted(u)
		one.Description, one.Tags = nil, nil
		out.Policies = append(out.Policies, one)
	}
	return out, err
}

// DeletePolicy removes a policy that nobody uses, with its default version.
func (c *call) DeletePolicy(in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		p, err := c.ownPolicy(v, *in.PolicyArn)
		if err != nil {
			return err
		}
		if u := c.usage(v); u.attached[*in.PolicyArn]+u.boundaries[*in.PolicyArn] > 0 {
			return &types.DeleteConflictException{Message: new("Cannot delete a policy attached to entities.")}
		}
		if len(p.Versions) > 1 {
			return &types.DeleteConflictException{Message: new("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")}
		}
		change.Delete(p)
		return nil
	})
}
