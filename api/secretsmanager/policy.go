package secretsmanager

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// PutResourcePolicy replaces the policy that a secret has of its own.
func (d *frontDoor) PutResourcePolicy(ctx context.Context, in *secretsmanager.PutResourcePolicyInput) (*secretsmanager.PutResourcePolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Required("resourcePolicy", in.ResourcePolicy, policyText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	doc, err := policy.Parse(*in.ResourcePolicy, policy.Resource)
	if err != nil {
		return nil, &types.MalformedPolicyDocumentException{Message: new("This resource policy contains a syntax error. " + err.Error())}
	}
	if aws.ToBool(in.BlockPublicPolicy) && public(doc) {
		return nil, &types.PublicPolicyException{Message: new("You can't attach this resource policy because it allows broad access to the secret.")}
	}
	out := &secretsmanager.PutResourcePolicyOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		s.Policy = *in.ResourcePolicy
		return true, nil
	})
}

// public reports whether a policy lets everybody in.
func public(doc *policy.Document) bool {
	for _, s := range doc.Statements {
		if !s.Deny && len(s.Conditions) == 0 && (s.NotPrincipal || s.Principals != nil && s.Principals.Everybody) {
			return true
		}
	}
	return false
}

// GetResourcePolicy returns the policy as it was written, if there is one.
func (d *frontDoor) GetResourcePolicy(ctx context.Context, in *secretsmanager.GetResourcePolicyInput) (*secretsmanager.GetResourcePolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	s, err := usable(d.db.View(), r, *in.SecretId)
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.GetResourcePolicyOutput{ARN: r.arnOf(s), Name: &s.Name}
	if s.Policy != "" {
		out.ResourcePolicy = &s.Policy
	}
	return out, nil
}

// DeleteResourcePolicy takes the policy away.
func (d *frontDoor) DeleteResourcePolicy(ctx context.Context, in *secretsmanager.DeleteResourcePolicyInput) (*secretsmanager.DeleteResourcePolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	out := &secretsmanager.DeleteResourcePolicyOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		changed := s.Policy != ""
		s.Policy = ""
		return changed, nil
	})
}

// ValidateResourcePolicy says what is wrong with a policy.
func (d *frontDoor) ValidateResourcePolicy(ctx context.Context, in *secretsmanager.ValidateResourcePolicyInput) (*secretsmanager.ValidateResourcePolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Optional("secretId", in.SecretId, idText)
	v.Required("resourcePolicy", in.ResourcePolicy, policyText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if in.SecretId != nil {
		if _, err := usable(d.db.View(), r, *in.SecretId); err != nil {
			return nil, err
		}
	}
	out := &secretsmanager.ValidateResourcePolicyOutput{ValidationErrors: []types.ValidationErrorsEntry{}}
	fail := func(check, message string) {
		out.ValidationErrors = append(out.ValidationErrors, types.ValidationErrorsEntry{CheckName: &check, ErrorMessage: &message})
	}
	doc, err := policy.Parse(*in.ResourcePolicy, policy.Resource)
	switch {
	case err != nil:
		fail("SYNTAX_CHECK", err.Error())
	case public(doc):
		fail("PUBLIC_POLICY_CHECK", "The resource policy allows broad access to the secret.")
	}
	out.PolicyValidationPassed = len(out.ValidationErrors) == 0
	return out, nil
}
