package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func versionID(number int) *string { return new("v" + strconv.Itoa(number)) }

// CreatePolicyVersion adds a document to a policy, and puts it in force if told
// to.
func (c *call) CreatePolicyVersion(in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	if err := parseManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	var made model.PolicyVersion
	err := c.commit(func(v store.View, change *model.Change) error {
		p, err := c.ownPolicy(v, *in.PolicyArn)
		if err != nil {
			return err
		}
		if len(p.Versions) >= maxVersions {
			return exceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		p.Latest++
		made = model.PolicyVersion{Number: p.Latest, Document: *in.PolicyDocument, CreatedAt: c.now}
		p.Versions = append(p.Versions, made)
		p.UpdatedAt = c.now
		if in.SetAsDefault {
			p.Default = made.Number
		}
		change.Put(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &types.PolicyVersion{
		CreateDate: &made.CreatedAt, VersionId: versionID(made.Number), IsDefaultVersion: in.SetAsDefault}}, nil
}

// GetPolicyVersion returns one document of a managed policy.
func (c *call) GetPolicyVersion(in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	p, err := c.policy(c.db.View(), *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	for _, v := range p.versions {
		if *v.VersionId == *in.VersionId {
			v.Document = encoded(*v.Document)
			return &iam.GetPolicyVersionOutput{PolicyVersion: &v}, nil
		}
	}
	return nil, noVersion(p.arn, *in.VersionId)
}

func noVersion(arn, version string) error {
	return noSuch("Policy %s version %s does not exist or is not attachable.", arn, version)
}

// ListPolicyVersions lists the versions of a managed policy, the newest first
// and without their documents.
func (c *call) ListPolicyVersions(in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	p, err := c.policy(c.db.View(), *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	newest := func(v types.PolicyVersion) string {
		n, _ := strconv.Atoi(strings.TrimPrefix(*v.VersionId, "v"))
		return fmt.Sprintf("%09d", 999_999_999-n)
	}
	page, more, next, err := take(p.versions, newest, in.MaxItems, in.Marker, "ListPolicyVersions", p.arn)
	for i := range page {
		page[i].Document = nil
	}
	return &iam.ListPolicyVersionsOutput{Versions: page, IsTruncated: more, Marker: next}, err
}

// editVersion changes a policy that has the version.
func (c *call) editVersion(arn, version string, edit func(p *model.Policy, at int) error) error {
	return c.commit(func(v store.View, change *model.Change) error {
		p, err := c.ownPolicy(v, arn)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(p.Versions, func(v model.PolicyVersion) bool { return *versionID(v.Number) == version })
		if at < 0 {
			return noVersion(arn, version)
		}
		if err := edit(p, at); err != nil {
			return err
		}
		p.UpdatedAt = c.now
		change.Put(p)
		return nil
	})
}

// SetDefaultPolicyVersion puts a version in force.
func (c *call) SetDefaultPolicyVersion(in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	return nil, c.editVersion(*in.PolicyArn, *in.VersionId, func(p *model.Policy, at int) error {
		p.Default = p.Versions[at].Number
		return nil
	})
}

// DeletePolicyVersion removes a version that is not in force.
func (c *call) DeletePolicyVersion(in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	return nil, c.editVersion(*in.PolicyArn, *in.VersionId, func(p *model.Policy, at int) error {
		if p.Versions[at].Number == p.Default {
			return &types.DeleteConflictException{Message: new("Cannot delete the default version of a policy.")}
		}
		p.Versions = slices.Delete(p.Versions, at, at+1)
		return nil
	})
}
