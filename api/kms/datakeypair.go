package kms

import (
	"context"
	"crypto/x509"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/wire/constraint"
)

// GenerateDataKeyPair makes a pair of keys for the caller to use elsewhere, the
// private half in the clear and encrypted.
func (d *FrontDoor) GenerateDataKeyPair(ctx context.Context, in *kms.GenerateDataKeyPairInput) (*kms.GenerateDataKeyPairOutput, error) {
	if err := noRecipient(in.Recipient); err != nil {
		return nil, err
	}
	return d.dataKeyPair(ctx, in, "GenerateDataKeyPair")
}

// GenerateDataKeyPairWithoutPlaintext is GenerateDataKeyPair for a private key
// that is used later.
func (d *FrontDoor) GenerateDataKeyPairWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyPairWithoutPlaintextInput) (*kms.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	out, err := d.dataKeyPair(ctx, &kms.GenerateDataKeyPairInput{KeyId: in.KeyId, KeyPairSpec: in.KeyPairSpec, DryRun: in.DryRun,
		EncryptionContext: in.EncryptionContext, GrantTokens: in.GrantTokens}, "GenerateDataKeyPairWithoutPlaintext")
	if err != nil {
		return nil, err
	}
	clear(out.PrivateKeyPlaintext)
	return &kms.GenerateDataKeyPairWithoutPlaintextOutput{KeyId: out.KeyId, KeyMaterialId: out.KeyMaterialId, KeyPairSpec: out.KeyPairSpec,
		PrivateKeyCiphertextBlob: out.PrivateKeyCiphertextBlob, PublicKey: out.PublicKey}, nil
}

func (d *FrontDoor) dataKeyPair(ctx context.Context, in *kms.GenerateDataKeyPairInput, action string) (*kms.GenerateDataKeyPairOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	if in.KeyPairSpec == "" {
		v.Missing("keyPairSpec")
	}
	constraint.OneOf(&v, "keyPairSpec", in.KeyPairSpec, in.KeyPairSpec.Values())
	grantTokens(&v, in.GrantTokens)
	if err := firstError(v.Err(), checkContext(in.EncryptionContext)); err != nil {
		return nil, err
	}
	a, ok := abilityOf(types.KeySpec(in.KeyPairSpec))
	if !ok {
		return nil, unsupported("KeyPairSpec %s is not supported by Roadstead.", in.KeyPairSpec)
	}
	k, err := d.toEncrypt(r, *in.KeyId, symmetric, action, in.DryRun)
	if err != nil {
		return nil, err
	}
	private, err := d.newPrivate(a)
	if err != nil {
		return nil, fmt.Errorf("make a pair of keys: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("write a private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("write a public key: %w", err)
	}
	blob, err := d.encrypt(k, plain, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyPairOutput{KeyId: new(r.arnOf(k)), KeyMaterialId: newestMaterial(k), KeyPairSpec: in.KeyPairSpec,
		PrivateKeyCiphertextBlob: blob, PrivateKeyPlaintext: plain, PublicKey: public}, nil
}
