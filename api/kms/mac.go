package kms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// GenerateMac authenticates a message of up to 4,096 bytes.
func (d *FrontDoor) GenerateMac(ctx context.Context, in *kms.GenerateMacInput) (*kms.GenerateMacOutput, error) {
	var v constraint.Violations
	checkMac(&v, in.KeyId, in.Message, in.MacAlgorithm, in.GrantTokens)
	r, k, sum, err := d.mac(ctx, v, in.KeyId, in.Message, in.MacAlgorithm, "GenerateMac")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	return &kms.GenerateMacOutput{KeyId: new(r.arnOf(k)), Mac: sum, MacAlgorithm: in.MacAlgorithm}, nil
}

// VerifyMac checks what GenerateMac has made. One that is wrong is an error,
// not an answer.
func (d *FrontDoor) VerifyMac(ctx context.Context, in *kms.VerifyMacInput) (*kms.VerifyMacOutput, error) {
	var v constraint.Violations
	checkMac(&v, in.KeyId, in.Message, in.MacAlgorithm, in.GrantTokens)
	if in.Mac == nil {
		v.Missing("mac")
	} else {
		v.Length("mac", len(in.Mac), 1, maxCiphertext)
	}
	r, k, sum, err := d.mac(ctx, v, in.KeyId, in.Message, in.MacAlgorithm, "VerifyMac")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	if !hmac.Equal(sum, in.Mac) {
		return nil, &types.KMSInvalidMacException{}
	}
	return &kms.VerifyMacOutput{KeyId: new(r.arnOf(k)), MacAlgorithm: in.MacAlgorithm, MacValid: true}, nil
}

func checkMac(v *constraint.Violations, key *string, message []byte, algorithm types.MacAlgorithmSpec, tokens []string) {
	v.Required("keyId", key, keyText)
	if message == nil {
		v.Missing("message")
	} else {
		v.Blob("message", len(message), 1, maxPlaintext)
	}
	if algorithm == "" {
		v.Missing("macAlgorithm")
	}
	constraint.OneOf(v, "macAlgorithm", algorithm, algorithm.Values())
	grantTokens(v, tokens)
}

// mac finds the key and computes with it.
func (d *FrontDoor) mac(ctx context.Context, v constraint.Violations, name *string, message []byte, algorithm types.MacAlgorithmSpec, action string) (request, *model.KMSKey, []byte, error) {
	r, err := d.begin(ctx)
	if err := firstError(err, v.Err()); err != nil {
		return r, nil, nil, err
	}
	k, err := d.find(d.db.View(), r, *name)
	if err != nil {
		return r, nil, nil, err
	}
	if err := firstError(usable(r, k, action), checkUsage(r, k, types.KeyUsageTypeGenerateVerifyMac, action), checkAlgorithm(k, algorithm, abilityOfKey(k).macs)); err != nil {
		return r, nil, nil, err
	}
	secret, err := d.material(k, k.Material[len(k.Material)-1].ID)
	if err != nil {
		return r, nil, nil, err
	}
	defer clear(secret)
	m := hmac.New(macHash(algorithm), secret)
	m.Write(message)
	return r, k, m.Sum(nil), nil
}

func macHash(algorithm types.MacAlgorithmSpec) func() hash.Hash {
	switch algorithm {
	case types.MacAlgorithmSpecHmacSha224:
		return sha256.New224
	case types.MacAlgorithmSpecHmacSha256:
		return sha256.New
	case types.MacAlgorithmSpecHmacSha384:
		return sha512.New384
	}
	return sha512.New
}
