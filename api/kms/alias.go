package kms

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxAliases bounds the aliases of a key. Source: KMS developer guide,
// "Resource quotas".
const maxAliases = 50

// CreateAlias gives a key another name.
func (d *FrontDoor) CreateAlias(ctx context.Context, in *kms.CreateAliasInput) (*kms.CreateAliasOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkAlias(in.AliasName, in.TargetKeyId); err != nil {
		return nil, err
	}
	return nil, d.commit(r, func(v store.View, c *model.Change) error {
		k, err := d.target(v, r, *in.TargetKeyId, "CreateAlias")
		if err != nil {
			return err
		}
		a := &model.KMSAlias{Account: r.scope.Account, Name: *in.AliasName, KeyID: k.ID, CreatedAt: r.now, UpdatedAt: r.now}
		if _, ok := v.Lookup(a.Key()); ok {
			return &types.AlreadyExistsException{Message: new("An alias with the name " + r.scope.KMSAliasARN(a.Name) + " already exists")}
		}
		if len(aliasesOf(v, r, k.ID)) >= maxAliases {
			return limitExceeded("The key has %d aliases already.", maxAliases)
		}
		c.Expect(k)
		c.Put(a)
		return nil
	})
}

// UpdateAlias has an alias name another key.
func (d *FrontDoor) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput) (*kms.UpdateAliasOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkAlias(in.AliasName, in.TargetKeyId); err != nil {
		return nil, err
	}
	return nil, d.commit(r, func(v store.View, c *model.Change) error {
		a, err := alias(v, r, *in.AliasName)
		if err != nil {
			return err
		}
		k, err := d.target(v, r, *in.TargetKeyId, "UpdateAlias")
		if err != nil {
			return err
		}
		if a.KeyID != k.ID && len(aliasesOf(v, r, k.ID)) >= maxAliases {
			return limitExceeded("The key has %d aliases already.", maxAliases)
		}
		a = a.Clone()
		a.KeyID, a.UpdatedAt = k.ID, r.now
		c.Expect(k)
		c.Put(a)
		return nil
	})
}

// DeleteAlias takes the name away; the key stays.
func (d *FrontDoor) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput) (*kms.DeleteAliasOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkAlias(in.AliasName, new("-")); err != nil {
		return nil, err
	}
	return nil, d.commit(r, func(v store.View, c *model.Change) error {
		a, err := alias(v, r, *in.AliasName)
		if err == nil {
			c.Delete(a)
		}
		return err
	})
}

// ListAliases lists the account's aliases, or those of one key.
func (d *FrontDoor) ListAliases(ctx context.Context, in *kms.ListAliasesInput) (*kms.ListAliasesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var violations constraint.Violations
	violations.Optional("keyId", in.KeyId, keyText)
	pageBounds(&violations, in.Limit, in.Marker, 100)
	if err := violations.Err(); err != nil {
		return nil, err
	}
	v, id := d.db.View(), ""
	if in.KeyId != nil {
		k, err := d.findByID(v, r, *in.KeyId)
		if err != nil {
			return nil, err
		}
		id = k.ID
	}
	p, err := newPage(in.Limit, in.Marker, 50, "ListAliases", r.scope.Account, id)
	if err != nil {
		return nil, err
	}
	out := &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{}}
	list, marker := take(p, aliasesOf(v, r, id), func(a *model.KMSAlias) string { return a.Name })
	for _, a := range list {
		out.Aliases = append(out.Aliases, types.AliasListEntry{AliasArn: new(r.scope.KMSAliasARN(a.Name)), AliasName: &a.Name,
			TargetKeyId: &a.KeyID, CreationDate: &a.CreatedAt, LastUpdatedDate: &a.UpdatedAt})
	}
	out.NextMarker, out.Truncated = marker, marker != nil
	return out, nil
}

// aliasesOf returns the aliases of a key, of all keys for "".
func aliasesOf(v store.View, r request, keyID string) []*model.KMSAlias {
	all := slices.Collect(store.Prefix[*model.KMSAlias](v, r.scope.Account+"/"))
	return slices.DeleteFunc(all, func(a *model.KMSAlias) bool { return keyID != "" && a.KeyID != keyID })
}

func alias(v store.View, r request, name string) (*model.KMSAlias, error) {
	a, ok := store.Get[*model.KMSAlias](v, model.KMSAliasID(r.scope.Account, name))
	if !ok {
		return nil, aliasNotFound(r.scope.KMSAliasARN(name))
	}
	return a, nil
}

// target returns the key that an alias is to name.
func (d *FrontDoor) target(v store.View, r request, name, action string) (*model.KMSKey, error) {
	if strings.HasPrefix(name, "alias/") || strings.Contains(name, ":alias/") {
		return nil, constraint.Invalid("Aliases must refer to keys. Not aliases")
	}
	k, err := d.findByID(v, r, name)
	if err != nil {
		return nil, err
	}
	return k, alive(r, k, action)
}

func checkAlias(name, target *string) error {
	var v constraint.Violations
	v.Required("aliasName", name, aliasText)
	v.Required("targetKeyId", target, keyText)
	if err := v.Err(); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(*name, awsAliases):
		return &wire.Error{Code: "NotAuthorizedException"}
	case !strings.HasPrefix(*name, "alias/"):
		return constraint.Invalid(`Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html`)
	case *name == "alias/" || strings.Contains(*name, ":"):
		return &types.InvalidAliasNameException{Message: new(*name + " contains invalid characters for an alias")}
	}
	return nil
}
