package sts

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/wire"
)

// GetCallerIdentity returns the caller's account, ARN and user id. It needs no
// permission. Source: STS API reference.
func (frontDoor) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	id, ok := caller.From(ctx)
	if !ok {
		return nil, &wire.Error{
			Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden,
		}
	}
	return &sts.GetCallerIdentityOutput{Account: &id.Account, Arn: &id.ARN, UserId: &id.UserID}, nil
}
