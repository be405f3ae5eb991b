package kms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// made makes a key of a spec and returns what is told about it.
func (e *endpoint) made(t *testing.T, spec types.KeySpec, usage types.KeyUsageType) *types.KeyMetadata {
	t.Helper()
	return ok[*kms.CreateKeyOutput](t)(e.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})).KeyMetadata
}

// public is the public half of a key.
func (e *endpoint) public(t *testing.T, id *string) any {
	t.Helper()
	der := ok[*kms.GetPublicKeyOutput](t)(e.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: id})).PublicKey
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestSignatures wants signatures of every spec to be good outside, too: who
// checks them has the public key alone.
func TestSignatures(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	message := []byte("the release")
	for _, spec := range []types.KeySpec{types.KeySpecRsa2048, types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecEccNistP521, types.KeySpecEccNistEdwards25519} {
		m := e.made(t, spec, types.KeyUsageTypeSignVerify)
		if len(m.SigningAlgorithms) == 0 || m.EncryptionAlgorithms != nil || m.CurrentKeyMaterialId != nil || m.KeySpec != spec {
			t.Errorf("%+v", m)
		}
		for _, algorithm := range m.SigningAlgorithms {
			text, kind := message, types.MessageTypeRaw
			if algorithm == types.SigningAlgorithmSpecEd25519PhSha512 {
				h := crypto.SHA512.New()
				h.Write(message)
				text, kind = h.Sum(nil), types.MessageTypeDigest
			}
			out := ok[*kms.SignOutput](t)(e.Sign(ctx, &kms.SignInput{KeyId: m.KeyId, Message: text, MessageType: kind, SigningAlgorithm: algorithm}))
			if *out.KeyId != *m.Arn || !good(e.public(t, m.KeyId), algorithm, message, out.Signature) {
				t.Errorf("%s: the signature is not good", algorithm)
			}
			check := &kms.VerifyInput{KeyId: m.Arn, Message: text, MessageType: kind, SigningAlgorithm: algorithm, Signature: out.Signature}
			if v := ok[*kms.VerifyOutput](t)(e.Verify(ctx, check)); !v.SignatureValid {
				t.Errorf("%s: %+v", algorithm, v)
			}
			check.Message = bytes.Repeat([]byte("x"), len(text))
			refused(t, "KMSInvalidSignatureException", "")(e.Verify(ctx, check))
		}
	}
}

// good checks a signature with Go's own packages.
func good(public any, algorithm types.SigningAlgorithmSpec, message, signature []byte) bool {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[string(algorithm[len(algorithm)-3:])]
	h := hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	switch p := public.(type) {
	case *rsa.PublicKey:
		if slices.Contains([]types.SigningAlgorithmSpec{types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecRsassaPssSha512}, algorithm) {
			return rsa.VerifyPSS(p, hash, digest, signature, &rsa.PSSOptions{SaltLength: hash.Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(p, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, digest, signature)
	case ed25519.PublicKey:
		if algorithm == types.SigningAlgorithmSpecEd25519PhSha512 {
			return ed25519.VerifyWithOptions(p, digest, signature, &ed25519.Options{Hash: crypto.SHA512}) == nil
		}
		return ed25519.Verify(p, message, signature)
	}
	return false
}

// TestEncryptionByPairs wants what is encrypted outside to be decrypted here,
// and nothing to be decrypted by a key that only the ciphertext might name.
func TestEncryptionByPairs(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	m := e.made(t, types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	algorithm := types.EncryptionAlgorithmSpecRsaesOaepSha256
	outside, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, e.public(t, m.KeyId).(*rsa.PublicKey), []byte("hunter2"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, blob := range [][]byte{outside, ok[*kms.EncryptOutput](t)(e.Encrypt(ctx, &kms.EncryptInput{KeyId: m.KeyId, Plaintext: []byte("hunter2"), EncryptionAlgorithm: algorithm})).CiphertextBlob} {
		out := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{KeyId: m.KeyId, CiphertextBlob: blob, EncryptionAlgorithm: algorithm}))
		if string(out.Plaintext) != "hunter2" || *out.KeyId != *m.Arn || out.EncryptionAlgorithm != algorithm || out.KeyMaterialId != nil {
			t.Errorf("%+v", out)
		}
	}
	id, _ := e.key(t)
	moved := ok[*kms.ReEncryptOutput](t)(e.ReEncrypt(ctx, &kms.ReEncryptInput{SourceKeyId: m.KeyId, SourceEncryptionAlgorithm: algorithm, CiphertextBlob: outside, DestinationKeyId: &id}))
	if out := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: moved.CiphertextBlob})); string(out.Plaintext) != "hunter2" {
		t.Errorf("%+v", out)
	}
	refused(t, "ValidationException", "KeyId is required to decrypt by algorithm RSAES_OAEP_SHA_256.")(
		e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: outside, EncryptionAlgorithm: algorithm}))
	refused(t, "InvalidKeyUsageException", "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: m.KeyId, Plaintext: []byte("x")}))
	refused(t, "ValidationException", "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: m.KeyId, Plaintext: make([]byte, 191), EncryptionAlgorithm: algorithm}))
	refused(t, "InvalidCiphertextException", "")(
		e.Decrypt(ctx, &kms.DecryptInput{KeyId: m.KeyId, CiphertextBlob: outside, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha1}))
	refused(t, "ValidationException", "EncryptionContext is not valid for algorithm RSAES_OAEP_SHA_256.")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: m.KeyId, Plaintext: []byte("x"), EncryptionAlgorithm: algorithm, EncryptionContext: map[string]string{"a": "b"}}))
	refused(t, "UnsupportedOperationException", "")(e.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: m.KeyId}))
	if out := ok[*kms.GetKeyRotationStatusOutput](t)(e.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: m.KeyId})); out.KeyRotationEnabled {
		t.Errorf("%+v", out)
	}
}

func TestMacs(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for _, spec := range []types.KeySpec{types.KeySpecHmac224, types.KeySpecHmac256, types.KeySpecHmac384, types.KeySpecHmac512} {
		m := e.made(t, spec, types.KeyUsageTypeGenerateVerifyMac)
		algorithm := m.MacAlgorithms[0]
		mac := ok[*kms.GenerateMacOutput](t)(e.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: m.KeyId, Message: []byte("m"), MacAlgorithm: algorithm})).Mac
		if v := ok[*kms.VerifyMacOutput](t)(e.VerifyMac(ctx, &kms.VerifyMacInput{KeyId: m.KeyId, Message: []byte("m"), MacAlgorithm: algorithm, Mac: mac})); !v.MacValid {
			t.Errorf("%+v", v)
		}
		refused(t, "KMSInvalidMacException", "")(e.VerifyMac(ctx, &kms.VerifyMacInput{KeyId: m.KeyId, Message: []byte("n"), MacAlgorithm: algorithm, Mac: mac}))
		refused(t, "UnsupportedOperationException", *m.Arn+" key spec is "+string(spec)+" which is not valid for GetPublicKey.")(e.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: m.KeyId}))
	}
	m := e.made(t, types.KeySpecHmac224, types.KeyUsageTypeGenerateVerifyMac)
	refused(t, "InvalidKeyUsageException", "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.")(
		e.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: m.KeyId, Message: []byte("m"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}))
	refused(t, "InvalidKeyUsageException", *m.Arn+" key usage is GENERATE_VERIFY_MAC which is not valid for Sign.")(
		e.Sign(ctx, &kms.SignInput{KeyId: m.KeyId, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecRsassaPssSha256}))
}

func TestSharedSecrets(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	a, b := e.made(t, types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement), e.made(t, types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement)
	derive := func(with, of *string) []byte {
		public := ok[*kms.GetPublicKeyOutput](t)(e.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: of})).PublicKey
		return ok[*kms.DeriveSharedSecretOutput](t)(e.DeriveSharedSecret(ctx, &kms.DeriveSharedSecretInput{KeyId: with, PublicKey: public,
			KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh})).SharedSecret
	}
	if one, other := derive(a.KeyId, b.KeyId), derive(b.KeyId, a.KeyId); len(one) != 32 || !bytes.Equal(one, other) {
		t.Errorf("%x %x", one, other)
	}
	refused(t, "ValidationException", "UnknownError")(e.DeriveSharedSecret(ctx, &kms.DeriveSharedSecretInput{KeyId: a.KeyId, PublicKey: []byte("x"),
		KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh}))
	refused(t, "ValidationException", "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048")(
		e.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeKeyAgreement}))
	refused(t, "ValidationException", "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")(
		e.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048}))
}

func TestDataKeyPairs(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, _ := e.key(t)
	bound := map[string]string{"for": "tests"}
	out := ok[*kms.GenerateDataKeyPairOutput](t)(e.GenerateDataKeyPair(ctx, &kms.GenerateDataKeyPairInput{KeyId: &id, KeyPairSpec: types.DataKeyPairSpecEccNistP256, EncryptionContext: bound}))
	private, err := x509.ParsePKCS8PrivateKey(out.PrivateKeyPlaintext)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.(crypto.Signer).Public())
	if err != nil || !bytes.Equal(public, out.PublicKey) {
		t.Fatal(err)
	}
	opened := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob, EncryptionContext: bound}))
	if !bytes.Equal(opened.Plaintext, out.PrivateKeyPlaintext) {
		t.Error("the ciphertext is of another key")
	}
	sealed := ok[*kms.GenerateDataKeyPairWithoutPlaintextOutput](t)(e.GenerateDataKeyPairWithoutPlaintext(ctx,
		&kms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: &id, KeyPairSpec: types.DataKeyPairSpecEccNistP384}))
	ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.PrivateKeyCiphertextBlob}))
	refused(t, "UnsupportedOperationException", "KeyPairSpec SM2 is not supported by Roadstead.")(
		e.GenerateDataKeyPair(ctx, &kms.GenerateDataKeyPairInput{KeyId: &id, KeyPairSpec: types.DataKeyPairSpecSm2}))
}

func TestTagsOfOneRequest(t *testing.T) {
	e := serve(t)
	tag := func(key string) types.Tag { return types.Tag{TagKey: &key, TagValue: new("v")} }
	refused(t, "TagException", "Duplicate tag keys")(e.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []types.Tag{tag("a"), tag("a")}}))
	many := make([]types.Tag, 51)
	for i := range many {
		many[i] = tag(string(rune('A' + i)))
	}
	refused(t, "TagException", "Too many tags")(e.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: many}))
	long := string(bytes.Repeat([]byte("a"), 129))
	refused(t, "ValidationException", "1 validation error detected: Value '"+long+"' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128")(
		e.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []types.Tag{tag(long)}}))
}
