package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/wire/constraint"
)

// GenerateDataKey makes a key for the caller to encrypt with, in the clear and
// encrypted.
func (d *FrontDoor) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	if err := noRecipient(in.Recipient); err != nil {
		return nil, err
	}
	return d.dataKey(ctx, in, "GenerateDataKey")
}

// GenerateDataKeyWithoutPlaintext is GenerateDataKey for a key that is used
// later.
func (d *FrontDoor) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	out, err := d.dataKey(ctx, &kms.GenerateDataKeyInput{KeyId: in.KeyId, DryRun: in.DryRun, EncryptionContext: in.EncryptionContext,
		GrantTokens: in.GrantTokens, KeySpec: in.KeySpec, NumberOfBytes: in.NumberOfBytes}, "GenerateDataKeyWithoutPlaintext")
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: out.CiphertextBlob, KeyId: out.KeyId, KeyMaterialId: out.KeyMaterialId}, nil
}

func (d *FrontDoor) dataKey(ctx context.Context, in *kms.GenerateDataKeyInput, action string) (*kms.GenerateDataKeyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	grantTokens(&v, in.GrantTokens)
	constraint.OneOf(&v, "keySpec", in.KeySpec, in.KeySpec.Values())
	constraint.Range(&v, "numberOfBytes", in.NumberOfBytes, 1, maxRandom)
	if err := firstError(v.Err(), checkContext(in.EncryptionContext)); err != nil {
		return nil, err
	}
	if (in.KeySpec == "") == (in.NumberOfBytes == nil) {
		return nil, constraint.Invalid("Please specify either number of bytes or key spec.")
	}
	n := int(aws.ToInt32(in.NumberOfBytes))
	switch in.KeySpec {
	case types.DataKeySpecAes128:
		n = 16
	case types.DataKeySpecAes256:
		n = 32
	}
	k, err := d.toEncrypt(r, *in.KeyId, symmetric, action, in.DryRun)
	if err != nil {
		return nil, err
	}
	plain, err := d.bytes(n)
	if err != nil {
		return nil, err
	}
	blob, err := d.encrypt(k, plain, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyOutput{CiphertextBlob: blob, KeyId: new(r.arnOf(k)), Plaintext: plain,
		KeyMaterialId: newestMaterial(k)}, nil
}

// GenerateRandom returns 1 to 1,024 random bytes.
func (d *FrontDoor) GenerateRandom(ctx context.Context, in *kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	var v constraint.Violations
	constraint.Range(&v, "numberOfBytes", in.NumberOfBytes, 1, maxRandom)
	if err := firstError(v.Err(), noRecipient(in.Recipient)); err != nil {
		return nil, err
	}
	switch {
	case in.CustomKeyStoreId != nil:
		return nil, unsupported("Custom key stores are not supported by Roadstead.")
	case in.NumberOfBytes == nil:
		return nil, constraint.Invalid("NumberOfBytes is required.")
	}
	b, err := d.bytes(int(*in.NumberOfBytes))
	return &kms.GenerateRandomOutput{Plaintext: b}, err
}
