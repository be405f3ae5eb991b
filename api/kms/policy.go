package kms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// policyName is the name of the only policy that a key has.
const policyName = "default"

// defaultPolicy gives the account the key, so that IAM's policies decide.
// Source: KMS developer guide, "Default key policy".
func defaultPolicy(r request) string {
	return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::` + r.scope.Account + `:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
}

// servicePolicy lets the account use a service's own key through the service
// alone. Source: KMS developer guide, "AWS managed keys".
func servicePolicy(r request, service string) string {
	return fmt.Sprintf(`{
  "Version" : "2012-10-17",
  "Id" : "auto-%[1]s-1",
  "Statement" : [ {
    "Sid" : "Allow access through %[1]s for all principals in the account that are authorized to use it",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : "%[2]s",
        "kms:ViaService" : "%[1]s.%[3]s.amazonaws.com"
      }
    }
  }, {
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::%[2]s:root"
    },
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
    "Resource" : "*"
  } ]
}`, service, r.scope.Account, r.scope.Region)
}

// checkPolicy refuses what is no policy of a resource, and one that keeps its
// author from changing it again.
func checkPolicy(r request, arn, text string, bypass bool) error {
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return &types.MalformedPolicyDocumentException{Message: new(err.Error())}
	}
	if bypass {
		return nil
	}
	d := policy.Evaluate(&policy.Request{Action: "kms:PutKeyPolicy", Resource: arn, Account: r.scope.Account,
		Caller: policy.Caller{Account: r.who.Account, ARN: r.who.ARN, Role: r.who.RoleARN, Root: r.who.Kind == caller.Root}},
		&policy.Policies{Resource: &policy.Named{Name: policyName, Document: doc}, Required: true})
	if d.Cause == policy.NoResourcePolicy || d.Cause == policy.ExplicitDeny {
		return &types.MalformedPolicyDocumentException{Message: new("The new key policy will not allow you to update the key policy in the future.")}
	}
	return nil
}

// GetKeyPolicy returns the key's policy as it was written.
func (d *FrontDoor) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput) (*kms.GetKeyPolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Optional("policyName", in.PolicyName, policyNameText)
	if err := firstError(v.Err(), checkPolicyName(in.PolicyName)); err != nil {
		return nil, err
	}
	k, err := d.findByID(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.GetKeyPolicyOutput{Policy: &k.Policy, PolicyName: aws.String(policyName)}, nil
}

func checkPolicyName(name *string) error {
	if name == nil || *name == policyName {
		return nil
	}
	return notFound("No such policy exists")
}

// PutKeyPolicy replaces the key's policy.
func (d *FrontDoor) PutKeyPolicy(ctx context.Context, in *kms.PutKeyPolicyInput) (*kms.PutKeyPolicyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Required("policy", in.Policy, policyText)
	v.Optional("policyName", in.PolicyName, policyNameText)
	if err := firstError(v.Err(), checkPolicyName(in.PolicyName)); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		k.Policy = *in.Policy
		return firstError(alive(r, k, "PutKeyPolicy"), checkPolicy(r, r.arnOf(k), *in.Policy, in.BypassPolicyLockoutSafetyCheck))
	})
}

// ListKeyPolicies answers that there is one, called default.
func (d *FrontDoor) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput) (*kms.ListKeyPoliciesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	pageBounds(&v, in.Limit, in.Marker, maxPage)
	if err := v.Err(); err != nil {
		return nil, err
	}
	k, err := d.findByID(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if _, err := newPage(in.Limit, in.Marker, 100, "ListKeyPolicies", k.ID); err != nil {
		return nil, err
	}
	return &kms.ListKeyPoliciesOutput{PolicyNames: []string{policyName}}, nil
}
