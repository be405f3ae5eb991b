package kms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/auth/caller"
)

func TestAKeysLife(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, arn := e.key(t)
	m := ok[*kms.DescribeKeyOutput](t)(e.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arn})).KeyMetadata
	if *m.KeyId != id || !m.Enabled || m.KeyState != types.KeyStateEnabled || m.KeyManager != types.KeyManagerTypeCustomer || *m.Description != "mine" || len(*m.CurrentKeyMaterialId) != 64 {
		t.Fatalf("%+v", m)
	}
	ok[*kms.UpdateKeyDescriptionOutput](t)(e.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: &id, Description: new("yours")}))
	ok[*kms.DisableKeyOutput](t)(e.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &id}))
	refused(t, "DisabledException", arn+" is disabled.")(e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("x")}))
	ok[*kms.EnableKeyOutput](t)(e.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &id}))
	ok[*kms.EncryptOutput](t)(e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("x")}))
	gone := ok[*kms.ScheduleKeyDeletionOutput](t)(e.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(7))}))
	if !gone.DeletionDate.Equal(begin.AddDate(0, 0, 7)) || *gone.KeyId != arn {
		t.Fatalf("%+v", gone)
	}
	refused(t, "KMSInvalidStateException", arn+" is pending deletion.")(e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("x")}))
	refused(t, "KMSInvalidStateException", arn+" is pending deletion.")(e.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &id}))
	ok[*kms.CancelKeyDeletionOutput](t)(e.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &id}))
	refused(t, "KMSInvalidStateException", arn+" is not pending deletion.")(e.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &id}))
	m = ok[*kms.DescribeKeyOutput](t)(e.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arn})).KeyMetadata
	if m.KeyState != types.KeyStateDisabled || m.DeletionDate != nil || *m.Description != "yours" {
		t.Fatalf("%+v", m)
	}
}

func TestKeysThatAreNotMade(t *testing.T) {
	e := serve(t)
	for _, in := range []*kms.CreateKeyInput{{KeySpec: types.KeySpecEccSecgP256k1, KeyUsage: types.KeyUsageTypeSignVerify},
		{KeySpec: types.KeySpecMlDsa44, KeyUsage: types.KeyUsageTypeSignVerify}, {MultiRegion: new(true)},
		{Origin: types.OriginTypeExternal}, {CustomKeyStoreId: new("cks-1")}} {
		_, err := e.CreateKey(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), "UnsupportedOperationException") {
			t.Errorf("%+v: %v", in, err)
		}
	}
	refused(t, "MalformedPolicyDocumentException", "This policy contains invalid Json")(e.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: new("{")}))
	lockout := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/x"},"Action":"kms:*","Resource":"*"}}`
	refused(t, "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")(
		e.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &lockout}))
	ok[*kms.CreateKeyOutput](t)(e.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &lockout, BypassPolicyLockoutSafetyCheck: true}))
}

func TestKeysAreFoundByTheirNames(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, arn := e.key(t)
	ok[*kms.CreateAliasOutput](t)(e.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: &id}))
	for _, name := range []string{id, arn, "alias/a", "arn:aws:kms:us-east-1:000000000000:alias/a"} {
		if out := ok[*kms.DescribeKeyOutput](t)(e.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name})); *out.KeyMetadata.KeyId != id {
			t.Errorf("%s is %s", name, *out.KeyMetadata.KeyId)
		}
	}
	other := "11111111-2222-4333-8444-555555555555"
	for name, message := range map[string]string{
		other: "Key 'arn:aws:kms:us-east-1:000000000000:key/" + other + "' does not exist",
		"arn:aws:kms:us-east-1:111111111111:key/" + id: "Key 'arn:aws:kms:us-east-1:111111111111:key/" + id + "' does not exist",
		"arn:aws:kms:eu-west-1:000000000000:key/" + id: "Invalid arn eu-west-1",
		"alias/b": "Alias arn:aws:kms:us-east-1:000000000000:alias/b is not found.",
		"nothing": "Invalid keyId 'nothing'",
	} {
		refused(t, "NotFoundException", message)(e.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name}))
	}
	refused(t, "NotFoundException", "Invalid keyId 'alias/a'")(e.DisableKey(ctx, &kms.DisableKeyInput{KeyId: new("alias/a")}))
}

func TestAliases(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	a, _ := e.key(t)
	b, _ := e.key(t)
	for _, name := range []string{"alias/1", "alias/2", "alias/3"} {
		ok[*kms.CreateAliasOutput](t)(e.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &a}))
	}
	refused(t, "AlreadyExistsException", "An alias with the name arn:aws:kms:us-east-1:000000000000:alias/1 already exists")(
		e.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: new("alias/1"), TargetKeyId: &b}))
	refused(t, "NotAuthorizedException", "UnknownError")(e.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: new("alias/aws/x"), TargetKeyId: &b}))
	refused(t, "ValidationException", "Aliases must refer to keys. Not aliases")(e.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: new("alias/x"), TargetKeyId: new("alias/1")}))
	ok[*kms.UpdateAliasOutput](t)(e.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: new("alias/2"), TargetKeyId: &b}))
	var names []string
	for p := kms.NewListAliasesPaginator(e.Client, &kms.ListAliasesInput{Limit: new(int32(2))}); p.HasMorePages(); {
		for _, each := range ok[*kms.ListAliasesOutput](t)(p.NextPage(ctx)).Aliases {
			names = append(names, *each.AliasName)
		}
	}
	if got := strings.Join(names, " "); got != "alias/1 alias/2 alias/3" {
		t.Fatal(got)
	}
	if out := ok[*kms.ListAliasesOutput](t)(e.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &b})); len(out.Aliases) != 1 || *out.Aliases[0].AliasName != "alias/2" {
		t.Fatalf("%+v", out)
	}
	ok[*kms.DeleteAliasOutput](t)(e.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: new("alias/2")}))
	refused(t, "NotFoundException", "Alias arn:aws:kms:us-east-1:000000000000:alias/2 is not found.")(e.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: new("alias/2")}))
	refused(t, "InvalidMarkerException", "Could not deserialize marker.")(e.ListKeys(ctx, &kms.ListKeysInput{Marker: new("x")}))
	if out := ok[*kms.ListKeysOutput](t)(e.ListKeys(ctx, &kms.ListKeysInput{Limit: new(int32(1))})); len(out.Keys) != 1 || !out.Truncated {
		t.Fatalf("%+v", out)
	}
}

func TestAServicesOwnKeyIsMadeAtFirstUse(t *testing.T) {
	e := serve(t)
	ctx := caller.With(t.Context(), caller.NewRoot(account, "AKIATEST"))
	bound := map[string]string{"SecretARN": "a"}
	sealed, arn, err := e.door.Seal(ctx, account, "secretsmanager", "", []byte("hunter2"), bound)
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := e.door.Seal(ctx, account, "secretsmanager", "alias/aws/secretsmanager", []byte("hunter2"), bound)
	if err != nil || same != arn || string(again) == string(sealed) {
		t.Fatal(same, arn, err)
	}
	if plain, err := e.door.Open(ctx, account, "secretsmanager", sealed, bound); err != nil || string(plain) != "hunter2" {
		t.Fatalf("%q %v", plain, err)
	}
	if _, err := e.door.Open(ctx, account, "secretsmanager", sealed, map[string]string{"SecretARN": "b"}); err == nil {
		t.Fatal("it was moved")
	}
	out := ok[*kms.DescribeKeyOutput](t)(e.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: new("alias/aws/secretsmanager")})).KeyMetadata
	if *out.Arn != arn || out.KeyManager != types.KeyManagerTypeAws {
		t.Fatalf("%+v", out)
	}
	for _, call := range []func() (any, error){
		func() (any, error) { return e.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &arn}) },
		func() (any, error) {
			return e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed, EncryptionContext: bound})
		},
		func() (any, error) { return e.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &arn}) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), "AccessDeniedException: User: arn:aws:iam::000000000000:root is not authorized to perform: kms:") {
			t.Errorf("%v", err)
		}
	}
	if err := e.door.Check(ctx, account, "ssm", "alias/none"); err == nil {
		t.Error("a key that is not there was found")
	}
}

func TestRotation(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id, arn := e.key(t)
	encrypt := func() []byte {
		return ok[*kms.EncryptOutput](t)(e.Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("hunter2")})).CiphertextBlob
	}
	material := func(blob []byte) string {
		return *ok[*kms.DecryptOutput](t)(e.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: blob})).KeyMaterialId
	}
	first := encrypt()
	was := material(first)
	refused(t, "ValidationException", "1 validation error detected: Value '89' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 90")(
		e.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(89))}))
	ok[*kms.EnableKeyRotationOutput](t)(e.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(90))}))
	status := ok[*kms.GetKeyRotationStatusOutput](t)(e.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &id}))
	if !status.KeyRotationEnabled || *status.RotationPeriodInDays != 90 || !status.NextRotationDate.Equal(begin.AddDate(0, 0, 90)) {
		t.Fatalf("%+v", status)
	}
	e.advance(91 * 24 * time.Hour)
	second := encrypt()
	if material(second) == was || material(first) != was {
		t.Fatal("a rotation that was due has not happened")
	}
	ok[*kms.RotateKeyOnDemandOutput](t)(e.RotateKeyOnDemand(ctx, &kms.RotateKeyOnDemandInput{KeyId: &id}))
	list := ok[*kms.ListKeyRotationsOutput](t)(e.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{KeyId: &id})).Rotations
	if len(list) != 2 || list[0].RotationType != types.RotationTypeAutomatic || list[1].RotationType != types.RotationTypeOnDemand || list[1].KeyMaterialState != types.KeyMaterialStateCurrent {
		t.Fatalf("%+v", list)
	}
	all := ok[*kms.ListKeyRotationsOutput](t)(e.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial})).Rotations
	if len(all) != 3 || *all[0].KeyMaterialId != was {
		t.Fatalf("%+v", all)
	}
	for range 24 {
		ok[*kms.RotateKeyOnDemandOutput](t)(e.RotateKeyOnDemand(ctx, &kms.RotateKeyOnDemandInput{KeyId: &id}))
	}
	refused(t, "LimitExceededException", "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: "+arn)(
		e.RotateKeyOnDemand(ctx, &kms.RotateKeyOnDemandInput{KeyId: &id}))
	material(first)
	ok[*kms.DisableKeyRotationOutput](t)(e.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: &id}))
	if status := ok[*kms.GetKeyRotationStatusOutput](t)(e.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &id})); status.KeyRotationEnabled || status.NextRotationDate != nil {
		t.Fatalf("%+v", status)
	}
}
