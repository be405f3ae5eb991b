package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxKeys is how many access keys a user has. Source: IAM quotas.
const maxKeys = 2

// CreateAccessKey makes an access key. Its answer is the only one that holds
// the secret.
func (c *call) CreateAccessKey(in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	name, err := c.userName(in.UserName)
	if err != nil {
		return nil, err
	}
	id, err := c.id(prefixKey)
	if err != nil {
		return nil, err
	}
	secret, err := c.secret()
	if err != nil {
		return nil, err
	}
	key := model.AccessKey{ID: id, Account: c.Account, User: name, Status: model.AccessKeyActive, CreatedAt: c.now}
	if c.sealer == nil {
		return nil, &types.ServiceFailureException{Message: new("This server has no key to seal secrets with, and therefore makes no access keys.")}
	}
	if key.Secret, err = c.sealer.Seal([]byte(secret), key.SealContext()); err != nil {
		return nil, c.fault("seal an access key", err)
	}
	err = c.commit(func(v store.View, change *model.Change) error {
		if name != "" {
			u, err := c.user(v, name)
			if err != nil {
				return err
			}
			key.User = u.Name
			change.Put(u.Clone()) // so that it is not deleted meanwhile
		}
		if len(slices.Collect(store.KeysByUser(v, model.UserID(c.Account, name)))) >= maxKeys {
			return quota("AccessKeysPerUser", maxKeys)
		}
		change.Put(key.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &types.AccessKey{AccessKeyId: &id, SecretAccessKey: &secret, Status: types.StatusTypeActive, CreateDate: &c.now, UserName: orNone(key.User)}
	return &iam.CreateAccessKeyOutput{AccessKey: out}, nil
}

// orNone is nil for the empty string.
func orNone(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ListAccessKeys lists the keys of a user, or of the caller.
func (c *call) ListAccessKeys(in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	name, err := c.userName(in.UserName)
	if err != nil {
		return nil, err
	}
	v := c.db.View()
	if name != "" {
		if _, err := c.user(v, name); err != nil {
			return nil, err
		}
	}
	keys := slices.Collect(store.KeysByUser(v, model.UserID(c.Account, name)))
	page, more, next, err := take(keys, idOf[*model.AccessKey], in.MaxItems, in.Marker, "ListAccessKeys", name)
	out := &iam.ListAccessKeysOutput{AccessKeyMetadata: []types.AccessKeyMetadata{}, IsTruncated: more, Marker: next}
	for _, k := range page {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, types.AccessKeyMetadata{
			AccessKeyId: &k.ID, Status: types.StatusType(k.Status), CreateDate: &k.CreatedAt, UserName: orNone(k.User)})
	}
	return out, err
}

// key returns an access key of the user, or of the caller.
func (c *call) key(v store.View, user *string, id string) (*model.AccessKey, error) {
	name, err := c.userName(user)
	if err != nil {
		return nil, err
	}
	if name != "" {
		if _, err := c.user(v, name); err != nil {
			return nil, err
		}
	}
	k, ok := store.Get[*model.AccessKey](v, id)
	if !ok || model.UserID(k.Account, k.User) != model.UserID(c.Account, name) {
		return nil, noKey(id)
	}
	return k, nil
}

// UpdateAccessKey turns a key on or off.
func (c *call) UpdateAccessKey(in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	if in.Status == types.StatusTypeExpired {
		return nil, invalid("The status Expired cannot be set on an access key.")
	}
	return nil, c.commit(func(v store.View, change *model.Change) error {
		k, err := c.key(v, in.UserName, *in.AccessKeyId)
		if err != nil {
			return err
		}
		k = k.Clone()
		k.Status = string(in.Status)
		change.Put(k)
		return nil
	})
}

// DeleteAccessKey removes a key for good.
func (c *call) DeleteAccessKey(in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		k, err := c.key(v, in.UserName, *in.AccessKeyId)
		if err != nil {
			return err
		}
		change.Delete(k)
		if use, ok := store.Get[*model.AccessKeyUse](v, k.ID); ok {
			change.Delete(use)
		}
		return nil
	})
}

// GetAccessKeyLastUsed says who a key belongs to and when it was last used, if
// that is known. AWS writes N/A where there was no use.
func (c *call) GetAccessKeyLastUsed(in *iam.GetAccessKeyLastUsedInput) (*iam.GetAccessKeyLastUsedOutput, error) {
	k, ok := store.Get[*model.AccessKey](c.db.View(), *in.AccessKeyId)
	if !ok || k.Account != c.Account {
		return nil, noKey(*in.AccessKeyId)
	}
	last := &types.AccessKeyLastUsed{Region: aws.String("N/A"), ServiceName: aws.String("N/A")}
	if c.opts.Uses != nil {
		if use, ok := c.opts.Uses.LastUse(k.ID); ok {
			last = &types.AccessKeyLastUsed{Region: &use.Region, ServiceName: &use.Service, LastUsedDate: &use.At}
		}
	}
	return &iam.GetAccessKeyLastUsedOutput{UserName: orNone(k.User), AccessKeyLastUsed: last}, nil
}
