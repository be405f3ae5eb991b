package kms

import (
	"crypto/elliptic"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
)

// ability is what a key of one spec is made of, and what it can be used for.
type ability struct {
	usages    []types.KeyUsageType
	encrypts  []types.EncryptionAlgorithmSpec
	signs     []types.SigningAlgorithmSpec
	macs      []types.MacAlgorithmSpec
	bits      int            // RSA: of the modulus
	curve     elliptic.Curve // elliptic curves but Edwards'
	edwards   bool           // Ed25519
	bytes     int            // of a secret that is not derived from anything
	symmetric bool
}

// abilityOf knows the specs that keys can have here; false for the others.
// Source: KMS developer guide, "Key spec reference".
func abilityOf(spec types.KeySpec) (ability, bool) {
	switch spec {
	case types.KeySpecSymmetricDefault:
		return ability{usages: []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt}, encrypts: []types.EncryptionAlgorithmSpec{symmetric},
			bytes: materialSize, symmetric: true}, true
	case types.KeySpecRsa2048:
		return rsaKeys(2048), true
	case types.KeySpecRsa3072:
		return rsaKeys(3072), true
	case types.KeySpecRsa4096:
		return rsaKeys(4096), true
	case types.KeySpecEccNistP256:
		return curveKeys(elliptic.P256(), types.SigningAlgorithmSpecEcdsaSha256), true
	case types.KeySpecEccNistP384:
		return curveKeys(elliptic.P384(), types.SigningAlgorithmSpecEcdsaSha384), true
	case types.KeySpecEccNistP521:
		return curveKeys(elliptic.P521(), types.SigningAlgorithmSpecEcdsaSha512), true
	case types.KeySpecEccNistEdwards25519:
		return ability{usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify}, edwards: true,
			signs: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEd25519Sha512, types.SigningAlgorithmSpecEd25519PhSha512}}, true
	case types.KeySpecHmac224:
		return macKeys(28, types.MacAlgorithmSpecHmacSha224), true
	case types.KeySpecHmac256:
		return macKeys(32, types.MacAlgorithmSpecHmacSha256), true
	case types.KeySpecHmac384:
		return macKeys(48, types.MacAlgorithmSpecHmacSha384), true
	case types.KeySpecHmac512:
		return macKeys(64, types.MacAlgorithmSpecHmacSha512), true
	}
	return ability{}, false
}

func rsaKeys(bits int) ability {
	return ability{usages: []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify}, bits: bits,
		encrypts: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256},
		signs: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
			types.SigningAlgorithmSpecRsassaPkcs1V15Sha512, types.SigningAlgorithmSpecRsassaPssSha256,
			types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecRsassaPssSha512}}
}

func curveKeys(c elliptic.Curve, signs types.SigningAlgorithmSpec) ability {
	return ability{usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement}, curve: c,
		signs: []types.SigningAlgorithmSpec{signs}}
}

func macKeys(n int, algorithm types.MacAlgorithmSpec) ability {
	return ability{usages: []types.KeyUsageType{types.KeyUsageTypeGenerateVerifyMac}, bytes: n, macs: []types.MacAlgorithmSpec{algorithm}}
}

// pair is true for keys with a public half.
func (a ability) pair() bool { return a.bits > 0 || a.curve != nil || a.edwards }

// checkUsage refuses what keys of this use are not for.
func checkUsage(r request, k *model.KMSKey, usage types.KeyUsageType, action string) error {
	if k.Usage == string(usage) {
		return nil
	}
	return wrongUsage("%s key usage is %s which is not valid for %s.", r.arnOf(k), k.Usage, action)
}

// checkAlgorithm refuses an algorithm that the key has not.
func checkAlgorithm[A ~string](k *model.KMSKey, algorithm A, all []A) error {
	if slices.Contains(all, algorithm) {
		return nil
	}
	return wrongUsage("Algorithm %s is incompatible with key spec %s.", algorithm, k.Spec)
}

// abilityOfKey is what the key can do; every stored spec is known.
func abilityOfKey(k *model.KMSKey) ability {
	a, ok := abilityOf(types.KeySpec(k.Spec))
	if !ok {
		panic("kms: a key of the unknown spec " + k.Spec + " was stored")
	}
	return a
}
