package kms_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func TestEncryption(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, arn := e.key(t)
	other, otherARN := e.key(t)
	plain, bound := []byte("hunter2hunter2"), map[string]string{"a": "b", "c": "d"}
	out := ok[*kms.EncryptOutput](t)(e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: plain, EncryptionContext: bound}))
	if bytes.Contains(out.CiphertextBlob, plain) || *out.KeyId != arn {
		t.Fatalf("%+v", out)
	}
	got := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: bound}))
	if !bytes.Equal(got.Plaintext, plain) || *got.KeyId != arn {
		t.Fatalf("%+v", got)
	}
	for i := range out.CiphertextBlob {
		blob := bytes.Clone(out.CiphertextBlob)
		blob[i] ^= 1
		refused(t, "InvalidCiphertextException", "")(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: bound}))
	}
	refused(t, "ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte{}}))
	for _, wrong := range []map[string]string{nil, {"a": "b"}, {"a": "b", "c": "x"}, {"ab": "", "c": "d"}} {
		refused(t, "InvalidCiphertextException", "")(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: wrong}))
	}
	refused(t, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")(
		e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, KeyId: &other, EncryptionContext: bound}))
	re := ok[*kms.ReEncryptOutput](t)(e.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: out.CiphertextBlob, SourceEncryptionContext: bound, DestinationKeyId: &other}))
	if *re.KeyId != otherARN || *re.SourceKeyId != arn {
		t.Fatalf("%+v", re)
	}
	if got := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: re.CiphertextBlob, KeyId: &other})); !bytes.Equal(got.Plaintext, plain) {
		t.Fatalf("%+v", got)
	}
	refused(t, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: plain, DryRun: new(true)}))
	_, err := e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: bytes.Repeat(plain, 1000)})
	if err == nil || strings.Contains(err.Error(), string(plain)) || !strings.Contains(err.Error(), "less than or equal to 4096") {
		t.Fatal(err)
	}
	refused(t, "InvalidKeyUsageException", "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.")(
		e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: plain, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256}))
}

func TestDataKeysAndRandom(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, _ := e.key(t)
	out := ok[*kms.GenerateDataKeyOutput](t)(e.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &id, KeySpec: types.DataKeySpecAes256}))
	if got := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob})); len(out.Plaintext) != 32 || !bytes.Equal(got.Plaintext, out.Plaintext) {
		t.Fatalf("%+v", got)
	}
	hidden := ok[*kms.GenerateDataKeyWithoutPlaintextOutput](t)(e.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: &id, NumberOfBytes: new(int32(7))}))
	if got := ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: hidden.CiphertextBlob})); len(got.Plaintext) != 7 {
		t.Fatalf("%+v", got)
	}
	refused(t, "ValidationException", "Please specify either number of bytes or key spec.")(e.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &id}))
	if out := ok[*kms.GenerateRandomOutput](t)(e.GenerateRandom(ctx, &kms.GenerateRandomInput{NumberOfBytes: new(int32(33))})); len(out.Plaintext) != 33 {
		t.Fatalf("%+v", out)
	}
	refused(t, "UnsupportedOperationException", "Recipient is not supported by Roadstead.")(
		e.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &id, KeySpec: types.DataKeySpecAes256, Recipient: &types.RecipientInfo{}}))
}

func TestPoliciesAndTags(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, _ := e.key(t)
	def := *ok[*kms.GetKeyPolicyOutput](t)(e.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &id})).Policy
	if !strings.Contains(def, "Enable IAM User Permissions") {
		t.Fatal(def)
	}
	mine := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"}}`
	ok[*kms.PutKeyPolicyOutput](t)(e.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &id, Policy: &mine}))
	if got := *ok[*kms.GetKeyPolicyOutput](t)(e.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &id, PolicyName: new("default")})).Policy; got != mine {
		t.Fatal(got)
	}
	refused(t, "NotFoundException", "No such policy exists")(e.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &id, PolicyName: new("other")}))
	if out := ok[*kms.ListKeyPoliciesOutput](t)(e.ListKeyPolicies(ctx, &kms.ListKeyPoliciesInput{KeyId: &id})); len(out.PolicyNames) != 1 {
		t.Fatalf("%+v", out)
	}
	ok[*kms.TagResourceOutput](t)(e.TagResource(ctx, &kms.TagResourceInput{KeyId: &id, Tags: []types.Tag{{TagKey: new("b"), TagValue: new("1")}, {TagKey: new("a"), TagValue: new("2")}}}))
	ok[*kms.UntagResourceOutput](t)(e.UntagResource(ctx, &kms.UntagResourceInput{KeyId: &id, TagKeys: []string{"b"}}))
	if out := ok[*kms.ListResourceTagsOutput](t)(e.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: &id})); len(out.Tags) != 1 || *out.Tags[0].TagKey != "a" {
		t.Fatalf("%+v", out)
	}
	refused(t, "TagException", "Tags beginning with aws: are reserved")(e.TagResource(ctx, &kms.TagResourceInput{KeyId: &id, Tags: []types.Tag{{TagKey: new("aws:x"), TagValue: new("")}}}))
}

func TestGrants(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, _ := e.key(t)
	in := &kms.CreateGrantInput{KeyId: &id, Name: new("g"), GranteePrincipal: new("arn:aws:iam::000000000000:role/app"),
		RetiringPrincipal: new("arn:aws:iam::000000000000:role/ops"), Operations: []types.GrantOperation{types.GrantOperationDecrypt},
		Constraints: &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "b"}}}
	a := ok[*kms.CreateGrantOutput](t)(e.CreateGrant(ctx, in))
	if b := ok[*kms.CreateGrantOutput](t)(e.CreateGrant(ctx, in)); *a.GrantId != *b.GrantId {
		t.Fatal("the same grant was made twice")
	}
	in.Name = nil
	b := ok[*kms.CreateGrantOutput](t)(e.CreateGrant(ctx, in))
	list := ok[*kms.ListGrantsOutput](t)(e.ListGrants(ctx, &kms.ListGrantsInput{KeyId: &id, GrantId: a.GrantId})).Grants
	if len(list) != 1 || list[0].Constraints.EncryptionContextSubset["a"] != "b" || *list[0].Name != "g" {
		t.Fatalf("%+v", list)
	}
	if out := ok[*kms.ListRetirableGrantsOutput](t)(e.ListRetirableGrants(ctx, &kms.ListRetirableGrantsInput{RetiringPrincipal: in.RetiringPrincipal})); len(out.Grants) != 2 {
		t.Fatalf("%+v", out)
	}
	ok[*kms.RevokeGrantOutput](t)(e.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &id, GrantId: a.GrantId}))
	refused(t, "NotFoundException", "Grant ID "+*a.GrantId+" not found")(e.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &id, GrantId: a.GrantId}))
	ok[*kms.RetireGrantOutput](t)(e.RetireGrant(ctx, &kms.RetireGrantInput{GrantToken: b.GrantToken}))
	if out := ok[*kms.ListGrantsOutput](t)(e.ListGrants(ctx, &kms.ListGrantsInput{KeyId: &id})); len(out.Grants) != 0 {
		t.Fatalf("%+v", out)
	}
	in.Operations = []types.GrantOperation{types.GrantOperationSign}
	if _, err := e.CreateGrant(ctx, in); err == nil || !strings.Contains(err.Error(), "The operation Sign is not valid") {
		t.Fatal(err)
	}
}
