package sts

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/auth/caller"
)

var federatedName = regexp.MustCompile(`^[\w+=,.@-]{2,32}$`)

// GetSessionToken returns a session with the rights of the user itself.
func (d *frontDoor) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	who, ok := caller.From(ctx)
	switch {
	case !ok:
		return nil, nobody()
	case who.Purpose != caller.None:
		return nil, denied("Cannot call GetSessionToken with session credentials")
	case in.SerialNumber != nil || in.TokenCode != nil:
		return nil, denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	case aws.ToInt32(in.MinimumSessionTokenSize) != 0:
		return nil, notSupported("MinimumSessionTokenSize")
	}
	lasts, err := lastsOfToken(in.DurationSeconds, who)
	if err != nil {
		return nil, err
	}
	who.Purpose = caller.Token
	made, err := d.issue(ctx, who, nil, lasts)
	if err != nil {
		return nil, err
	}
	return &sts.GetSessionTokenOutput{Credentials: made.credentials}, nil
}

// lastsOfToken is lasts for sessions of users. Root's are an hour at most,
// whatever was asked for.
func lastsOfToken(seconds *int32, who caller.Identity) (time.Duration, error) {
	d, err := lasts(seconds, defaultToken, maxToken)
	if who.Kind == caller.Root {
		d = min(d, rootSession)
	}
	return d, err
}

// GetFederationToken returns a session with those rights of the user that the
// session's policies leave.
func (d *frontDoor) GetFederationToken(ctx context.Context, in *sts.GetFederationTokenInput) (*sts.GetFederationTokenOutput, error) {
	who, ok := caller.From(ctx)
	switch {
	case !ok:
		return nil, nobody()
	case who.Purpose != caller.None:
		return nil, denied("Cannot call GetFederationToken with session credentials")
	case in.Name == nil:
		return nil, missing("name")
	case !federatedName.MatchString(*in.Name):
		return nil, invalid(*in.Name, "name", `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	case aws.ToInt32(in.MinimumSessionTokenSize) != 0:
		return nil, notSupported("MinimumSessionTokenSize")
	}
	lasts, err := lastsOfToken(in.DurationSeconds, who)
	if err != nil {
		return nil, err
	}
	p := &caller.Passed{}
	if err := limits(p, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	if err := tags(p, nil, given(in.Tags), nil); err != nil {
		return nil, err
	}
	id := caller.NewFederated(who, *in.Name)
	made, err := d.issue(ctx, id, p, lasts)
	if err != nil {
		return nil, err
	}
	if made.packed == nil { // which AWS tells here, and not of roles
		made.packed = aws.Int32(0)
	}
	return &sts.GetFederationTokenOutput{Credentials: made.credentials, PackedPolicySize: made.packed,
		FederatedUser: &types.FederatedUser{Arn: &id.ARN, FederatedUserId: &id.UserID}}, nil
}
