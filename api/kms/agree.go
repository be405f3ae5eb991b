package kms

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/wire/constraint"
)

// agreements are the algorithms of DeriveSharedSecret.
func agreements() []types.KeyAgreementAlgorithmSpec {
	return []types.KeyAgreementAlgorithmSpec{types.KeyAgreementAlgorithmSpecEcdh}
}

// DeriveSharedSecret agrees with the holder of another private key on a
// secret: the x coordinate of the shared point.
func (d *FrontDoor) DeriveSharedSecret(ctx context.Context, in *kms.DeriveSharedSecretInput) (*kms.DeriveSharedSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	if in.KeyAgreementAlgorithm == "" {
		v.Missing("keyAgreementAlgorithm")
	}
	constraint.OneOf(&v, "keyAgreementAlgorithm", in.KeyAgreementAlgorithm, in.KeyAgreementAlgorithm.Values())
	if in.PublicKey == nil {
		v.Missing("publicKey")
	} else {
		v.Length("publicKey", len(in.PublicKey), 1, 8192)
	}
	grantTokens(&v, in.GrantTokens)
	if err := firstError(v.Err(), noRecipient(in.Recipient)); err != nil {
		return nil, err
	}
	k, err := d.find(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := firstError(usable(r, k, "DeriveSharedSecret"), checkUsage(r, k, types.KeyUsageTypeKeyAgreement, "DeriveSharedSecret")); err != nil {
		return nil, err
	}
	private, err := d.private(k)
	if err != nil {
		return nil, err
	}
	ours, err := private.(*ecdsa.PrivateKey).ECDH()
	if err != nil {
		return nil, fmt.Errorf("private key of %s: %w", k.Key(), err)
	}
	secret, ok := agree(ours, in.PublicKey)
	if !ok {
		return nil, constraint.Invalid("")
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &kms.DeriveSharedSecretOutput{KeyAgreementAlgorithm: in.KeyAgreementAlgorithm, KeyId: new(r.arnOf(k)),
		KeyOrigin: types.OriginTypeAwsKms, SharedSecret: secret}, nil
}

// agree is false for what is no public key of the same curve.
func agree(ours *ecdh.PrivateKey, der []byte) ([]byte, bool) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, false
	}
	point, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, false
	}
	theirs, err := point.ECDH()
	if err != nil {
		return nil, false
	}
	secret, err := ours.ECDH(theirs)
	return secret, err == nil
}
