package kms

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/uuid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

// CreateKey makes a key.
func (d *FrontDoor) CreateKey(ctx context.Context, in *kms.CreateKeyInput) (*kms.CreateKeyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkCreateKey(in); err != nil {
		return nil, err
	}
	policy := aws.ToString(in.Policy)
	if policy == "" {
		policy = defaultPolicy(r)
	} else if err := checkPolicy(r, r.scope.KMSKeyARN("*"), policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	spec := specOf(in)
	a, _ := abilityOf(spec) // checkCreateKey knows it
	material, err := d.draw(a)
	if err != nil {
		return nil, err
	}
	defer clear(material)
	var k *model.KMSKey
	err = d.commit(r, func(v store.View, c *model.Change) (err error) {
		if store.Count[*model.KMSKey](v, r.scope.Account+"/") >= maxKeys {
			return limitExceeded("The account has %d keys already.", maxKeys)
		}
		if k, err = d.newKey(r, managerUser, policy, aws.ToString(in.Description)); err != nil {
			return err
		}
		k.Spec, k.Usage = string(spec), string(usageOf(in, a))
		if err := d.keep(r, k, material, false); err != nil {
			return err
		}
		k.Tags = tags
		c.Put(k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kms.CreateKeyOutput{KeyMetadata: describe(r, k)}, nil
}

// maxKeys bounds an account's keys. Source: KMS developer guide, "Resource
// quotas".
const maxKeys = 100_000

// newKey is a symmetric key without material.
func (d *FrontDoor) newKey(r request, manager, policy, description string) (*model.KMSKey, error) {
	b, err := d.bytes(16)
	if err != nil {
		return nil, err
	}
	id := uuid.UUID(b)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return &model.KMSKey{Account: r.scope.Account, ID: id.String(), Description: description, Policy: policy,
		Spec: string(types.KeySpecSymmetricDefault), Usage: string(types.KeyUsageTypeEncryptDecrypt),
		State: stateEnabled, Manager: manager, CreatedAt: r.now}, nil
}

// specOf is the spec that a request asks for, by either of its names.
func specOf(in *kms.CreateKeyInput) types.KeySpec {
	switch {
	case in.KeySpec != "":
		return in.KeySpec
	case in.CustomerMasterKeySpec != "":
		return types.KeySpec(in.CustomerMasterKeySpec)
	}
	return types.KeySpecSymmetricDefault
}

func usageOf(in *kms.CreateKeyInput, a ability) types.KeyUsageType {
	if in.KeyUsage == "" && a.symmetric {
		return types.KeyUsageTypeEncryptDecrypt
	}
	return in.KeyUsage
}

func checkCreateKey(in *kms.CreateKeyInput) error {
	var v constraint.Violations
	v.Optional("description", in.Description, descriptionText)
	v.Optional("policy", in.Policy, policyText)
	constraint.OneOf(&v, "keySpec", in.KeySpec, in.KeySpec.Values())
	constraint.OneOf(&v, "customerMasterKeySpec", in.CustomerMasterKeySpec, in.CustomerMasterKeySpec.Values())
	constraint.OneOf(&v, "keyUsage", in.KeyUsage, in.KeyUsage.Values())
	constraint.OneOf(&v, "origin", in.Origin, in.Origin.Values())
	checkTags(&v, in.Tags)
	if err := firstError(v.Err(), unique(in.Tags)); err != nil {
		return err
	}
	if in.KeySpec != "" && in.CustomerMasterKeySpec != "" {
		return constraint.Invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.")
	}
	spec := specOf(in)
	a, known := abilityOf(spec)
	usage := usageOf(in, a)
	switch {
	case usage == "":
		return constraint.Invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
	case !known:
		return unsupported("KeySpec %s is not supported by Roadstead.", spec)
	case !slices.Contains(a.usages, usage):
		return constraint.Invalid("KeyUsage %s is not compatible with KeySpec %s", usage, spec)
	case aws.ToBool(in.MultiRegion):
		return unsupported("MultiRegion is not supported by Roadstead.")
	case in.Origin != "" && in.Origin != types.OriginTypeAwsKms:
		return unsupported("Origin %s is not supported by Roadstead.", in.Origin)
	case in.CustomKeyStoreId != nil || in.XksKeyId != nil:
		return unsupported("Custom key stores are not supported by Roadstead.")
	}
	return nil
}

// describe is a key as the API shows it.
func describe(r request, k *model.KMSKey) *types.KeyMetadata {
	m := &types.KeyMetadata{AWSAccountId: &k.Account, Arn: new(r.arnOf(k)), KeyId: &k.ID, CreationDate: &k.CreatedAt,
		Description: &k.Description, Enabled: k.State == stateEnabled, KeyManager: types.KeyManagerType(k.Manager),
		KeySpec: types.KeySpec(k.Spec), CustomerMasterKeySpec: types.CustomerMasterKeySpec(k.Spec),
		KeyUsage: types.KeyUsageType(k.Usage), KeyState: types.KeyState(k.State), Origin: types.OriginTypeAwsKms,
		MultiRegion: new(false), CurrentKeyMaterialId: newestMaterial(k)}
	switch a := abilityOfKey(k); m.KeyUsage {
	case types.KeyUsageTypeEncryptDecrypt:
		m.EncryptionAlgorithms = a.encrypts
	case types.KeyUsageTypeSignVerify:
		m.SigningAlgorithms = a.signs
	case types.KeyUsageTypeGenerateVerifyMac:
		m.MacAlgorithms = a.macs
	case types.KeyUsageTypeKeyAgreement:
		m.KeyAgreementAlgorithms = agreements()
	}
	if k.State == statePending {
		m.DeletionDate = &k.DeleteAt
	}
	return m
}

// DescribeKey tells about a key, which an alias may name.
func (d *FrontDoor) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	grantTokens(&v, in.GrantTokens)
	if err := v.Err(); err != nil {
		return nil, err
	}
	k, err := d.keyFor(r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if k, err = d.current(r, k); err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: describe(r, k)}, nil
}

// ListKeys lists the account's keys.
func (d *FrontDoor) ListKeys(ctx context.Context, in *kms.ListKeysInput) (*kms.ListKeysOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	pageBounds(&v, in.Limit, in.Marker, maxPage)
	if err := v.Err(); err != nil {
		return nil, err
	}
	p, err := newPage(in.Limit, in.Marker, 100, "ListKeys", r.scope.Account)
	if err != nil {
		return nil, err
	}
	out := &kms.ListKeysOutput{Keys: []types.KeyListEntry{}}
	keys := slices.Collect(store.Prefix[*model.KMSKey](d.db.View(), r.scope.Account+"/"))
	page, marker := take(p, keys, func(k *model.KMSKey) string { return k.ID })
	for _, k := range page {
		out.Keys = append(out.Keys, types.KeyListEntry{KeyArn: new(r.arnOf(k)), KeyId: &k.ID})
	}
	out.NextMarker, out.Truncated = marker, marker != nil
	return out, nil
}

// UpdateKeyDescription replaces a key's description.
func (d *FrontDoor) UpdateKeyDescription(ctx context.Context, in *kms.UpdateKeyDescriptionInput) (*kms.UpdateKeyDescriptionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Required("description", in.Description, descriptionText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		k.Description = *in.Description
		return alive(r, k, "UpdateKeyDescription")
	})
}

// alive refuses to change keys that belong to a service or are to be deleted.
func alive(r request, k *model.KMSKey, action string) error {
	if err := administered(r, k, action); err != nil {
		return err
	}
	if k.State == statePending {
		return pendingDeletion(r.arnOf(k))
	}
	return nil
}
