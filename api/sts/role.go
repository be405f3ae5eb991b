package sts

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// AssumeRole returns a session of a role whose trust policy lets the caller in.
func (d *frontDoor) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return nil, nobody()
	}
	if err := checkRole(in.RoleArn, in.RoleSessionName, in.MinimumSessionTokenSize); err != nil {
		return nil, err
	}
	switch {
	case in.ExternalId != nil && (!externalID.MatchString(*in.ExternalId) || len(*in.ExternalId) < 2 || len(*in.ExternalId) > 1224):
		return nil, invalid(*in.ExternalId, "externalId", `Member must satisfy regular expression pattern: [\w+=,.@:\/-]*`)
	case in.SerialNumber != nil || in.TokenCode != nil:
		return nil, denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	case len(in.ProvidedContexts) > 0:
		return nil, notSupported("ProvidedContexts")
	case who.Kind == caller.Root:
		return nil, denied("Roles may not be assumed by root accounts.")
	}
	role, ok := d.role(*in.RoleArn)
	if !ok {
		return nil, denied("User: " + who.ARN + " is not authorized to perform: sts:AssumeRole on resource: " + *in.RoleArn)
	}
	lasts, err := lastsOfRole(in.DurationSeconds, role, who.Kind == caller.AssumedRole)
	if err != nil {
		return nil, err
	}
	p := &caller.Passed{}
	if err := limits(p, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	if err := tags(p, who.Passed, given(in.Tags), in.TransitiveTagKeys); err != nil {
		return nil, err
	}
	if err := source(p, who.Passed, in.SourceIdentity); err != nil {
		return nil, err
	}
	id := caller.NewSession(caller.Assumed, *in.RoleArn, role.ID, *in.RoleSessionName)
	made, err := d.issue(ctx, id, p, lasts)
	if err != nil {
		return nil, err
	}
	out := &sts.AssumeRoleOutput{Credentials: made.credentials, PackedPolicySize: made.packed,
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &id.ARN, AssumedRoleId: &id.UserID}}
	if p.SourceIdentity != "" {
		out.SourceIdentity = &p.SourceIdentity
	}
	return out, nil
}

// AssumeRoleWithSAML always refuses: there are no SAML providers.
func (d *frontDoor) AssumeRoleWithSAML(_ context.Context, in *sts.AssumeRoleWithSAMLInput) (*sts.AssumeRoleWithSAMLOutput, error) {
	for member, value := range map[string]*string{"roleArn": in.RoleArn, "principalArn": in.PrincipalArn, "sAMLAssertion": in.SAMLAssertion} {
		if value == nil {
			return nil, missing(member)
		}
	}
	return nil, &types.InvalidIdentityTokenException{Message: new("Specified provider doesn't exist")}
}

// role returns the role with exactly this ARN.
func (d *frontDoor) role(arn string) (*model.Role, bool) {
	a, _ := model.ParseARN(arn)
	r, ok := store.Get[*model.Role](d.db.View(), model.RoleID(a.Account, arn[strings.LastIndexByte(arn, '/')+1:]))
	return r, ok && model.Scope{Account: r.Account}.RoleARN(r.Path, r.Name) == arn
}

// checkRole checks what every session of a role is asked for with.
func checkRole(arn, name *string, tokenSize *int32) error {
	switch {
	case arn == nil:
		return missing("roleArn")
	case name == nil:
		return missing("roleSessionName")
	}
	if err := checkSessionName("roleSessionName", *name); err != nil { // the model's rules go first
		return err
	}
	switch {
	case !roleARN.MatchString(*arn) || len(*arn) > 2048:
		return refused("%s is invalid", *arn)
	case aws.ToInt32(tokenSize) != 0:
		return notSupported("MinimumSessionTokenSize")
	}
	return nil
}
