package sts

import (
	"context"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

func nobody() error {
	return &wire.Error{
		Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden,
	}
}

// GetCallerIdentity returns the caller's account, ARN and user id. It needs no
// permission. Source: STS API reference.
func (d *frontDoor) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	id, ok := caller.From(ctx)
	if !ok {
		return nil, nobody()
	}
	return &sts.GetCallerIdentityOutput{Account: &id.Account, Arn: &id.ARN, UserId: &id.UserID}, nil
}

var accessKeyID = regexp.MustCompile(`^\w{16,128}$`)

// GetAccessKeyInfo returns the account that an access key belongs to.
func (d *frontDoor) GetAccessKeyInfo(_ context.Context, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	id := aws.ToString(in.AccessKeyId)
	switch {
	case in.AccessKeyId == nil:
		return nil, missing("accessKeyId")
	case !accessKeyID.MatchString(id):
		return nil, invalid(id, "accessKeyId", `Member must satisfy regular expression pattern: [\w]*`)
	case id == d.opts.BootstrapKey:
		return &sts.GetAccessKeyInfoOutput{Account: &d.opts.BootstrapAccount}, nil
	}
	key, ok := store.Get[*model.AccessKey](d.db.View(), id)
	if !ok {
		return nil, refused("Invalid Access Key: %s", id)
	}
	return &sts.GetAccessKeyInfoOutput{Account: &key.Account}, nil
}

// DecodeAuthorizationMessage returns why a request of the caller's account was
// denied.
func (d *frontDoor) DecodeAuthorizationMessage(ctx context.Context, in *sts.DecodeAuthorizationMessageInput) (*sts.DecodeAuthorizationMessageOutput, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return nil, nobody()
	}
	if in.EncodedMessage == nil {
		return nil, missing("encodedMessage")
	}
	text, ok := d.gate.Decode(who.Account, *in.EncodedMessage)
	if !ok {
		return nil, &types.InvalidAuthorizationMessageException{Message: new("Message is not valid")}
	}
	return &sts.DecodeAuthorizationMessageOutput{DecodedMessage: &text}, nil
}
