package kms

import (
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/roadstead/roadstead/wire"
)

// Service returns the service as the router offers it.
func (d *FrontDoor) Service() *wire.Service {
	return &wire.Service{
		Name:         "kms",
		SigningName:  "kms",
		TargetPrefix: "TrentService",
		Version:      "2014-11-01",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("CancelKeyDeletion", d.CancelKeyDeletion).Needing(on(d, func(n names, in *kms.CancelKeyDeletionInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("CreateAlias", d.CreateAlias).Needing(on(d, func(n names, in *kms.CreateAliasInput) []wire.Need { return n.aliasing(in.AliasName, in.TargetKeyId) })),
			wire.Op("CreateGrant", d.CreateGrant).Needing(on(d, func(n names, in *kms.CreateGrantInput) []wire.Need { return n.granting(in) })),
			wire.Op("CreateKey", d.CreateKey).Needing(on(d, func(n names, in *kms.CreateKeyInput) []wire.Need { return n.making(in) })),
			wire.Op("Decrypt", d.Decrypt).Needing(on(d, func(n names, in *kms.DecryptInput) []wire.Need { return n.opening(in) })),
			wire.Op("DeleteAlias", d.DeleteAlias).Needing(on(d, func(n names, in *kms.DeleteAliasInput) []wire.Need { return n.unaliasing(in.AliasName) })),
			wire.Op("DeriveSharedSecret", d.DeriveSharedSecret).Needing(on(d, func(n names, in *kms.DeriveSharedSecretInput) []wire.Need {
				return n.key(in.KeyId, keys{"kms:KeyAgreementAlgorithm": {string(in.KeyAgreementAlgorithm)}})
			})),
			wire.Op("DescribeKey", d.DescribeKey).Needing(on(d, func(n names, in *kms.DescribeKeyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("DisableKey", d.DisableKey).Needing(on(d, func(n names, in *kms.DisableKeyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("DisableKeyRotation", d.DisableKeyRotation).Needing(on(d, func(n names, in *kms.DisableKeyRotationInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("EnableKey", d.EnableKey).Needing(on(d, func(n names, in *kms.EnableKeyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("EnableKeyRotation", d.EnableKeyRotation).Needing(on(d, func(n names, in *kms.EnableKeyRotationInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("Encrypt", d.Encrypt).Needing(on(d, func(n names, in *kms.EncryptInput) []wire.Need {
				return n.key(in.KeyId, inContext(in.EncryptionContext))
			})),
			wire.Op("GenerateDataKey", d.GenerateDataKey).Needing(on(d, func(n names, in *kms.GenerateDataKeyInput) []wire.Need {
				return n.key(in.KeyId, inContext(in.EncryptionContext))
			})),
			wire.Op("GenerateDataKeyPair", d.GenerateDataKeyPair).Needing(on(d, func(n names, in *kms.GenerateDataKeyPairInput) []wire.Need {
				return n.key(in.KeyId, inContext(in.EncryptionContext).with("kms:DataKeyPairSpec", string(in.KeyPairSpec)))
			})),
			wire.Op("GenerateDataKeyPairWithoutPlaintext", d.GenerateDataKeyPairWithoutPlaintext).Needing(on(d, func(n names, in *kms.GenerateDataKeyPairWithoutPlaintextInput) []wire.Need {
				return n.key(in.KeyId, inContext(in.EncryptionContext).with("kms:DataKeyPairSpec", string(in.KeyPairSpec)))
			})),
			wire.Op("GenerateDataKeyWithoutPlaintext", d.GenerateDataKeyWithoutPlaintext).Needing(on(d, func(n names, in *kms.GenerateDataKeyWithoutPlaintextInput) []wire.Need {
				return n.key(in.KeyId, inContext(in.EncryptionContext))
			})),
			wire.Op("GenerateMac", d.GenerateMac).Needing(on(d, func(n names, in *kms.GenerateMacInput) []wire.Need {
				return n.key(in.KeyId, keys{"kms:MacAlgorithm": {string(in.MacAlgorithm)}})
			})),
			wire.Op("GenerateRandom", d.GenerateRandom).Needing(wire.OnAnything()),
			wire.Op("GetKeyPolicy", d.GetKeyPolicy).Needing(on(d, func(n names, in *kms.GetKeyPolicyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("GetKeyRotationStatus", d.GetKeyRotationStatus).Needing(on(d, func(n names, in *kms.GetKeyRotationStatusInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("GetPublicKey", d.GetPublicKey).Needing(on(d, func(n names, in *kms.GetPublicKeyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ListAliases", d.ListAliases).Needing(wire.OnAnything()),
			wire.Op("ListGrants", d.ListGrants).Needing(on(d, func(n names, in *kms.ListGrantsInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ListKeyPolicies", d.ListKeyPolicies).Needing(on(d, func(n names, in *kms.ListKeyPoliciesInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ListKeyRotations", d.ListKeyRotations).Needing(on(d, func(n names, in *kms.ListKeyRotationsInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ListKeys", d.ListKeys).Needing(wire.OnAnything()),
			wire.Op("ListResourceTags", d.ListResourceTags).Needing(on(d, func(n names, in *kms.ListResourceTagsInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ListRetirableGrants", d.ListRetirableGrants).Needing(wire.OnAnything()),
			wire.Op("PutKeyPolicy", d.PutKeyPolicy).Needing(on(d, func(n names, in *kms.PutKeyPolicyInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ReEncrypt", d.ReEncrypt).Needing(on(d, func(n names, in *kms.ReEncryptInput) []wire.Need { return n.reencrypting(in) })),
			wire.Op("RetireGrant", d.RetireGrant).Needing(on(d, func(n names, in *kms.RetireGrantInput) []wire.Need { return n.retiring(in) })),
			wire.Op("RevokeGrant", d.RevokeGrant).Needing(on(d, func(n names, in *kms.RevokeGrantInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("RotateKeyOnDemand", d.RotateKeyOnDemand).Needing(on(d, func(n names, in *kms.RotateKeyOnDemandInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("ScheduleKeyDeletion", d.ScheduleKeyDeletion).Needing(on(d, func(n names, in *kms.ScheduleKeyDeletionInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("Sign", d.Sign).Needing(on(d, func(n names, in *kms.SignInput) []wire.Need {
				return n.key(in.KeyId, signedWith(in.SigningAlgorithm, in.MessageType))
			})),
			wire.Op("TagResource", d.TagResource).Needing(on(d, func(n names, in *kms.TagResourceInput) []wire.Need { return n.key(in.KeyId, tagged(in.Tags)) })),
			wire.Op("UntagResource", d.UntagResource).Needing(on(d, func(n names, in *kms.UntagResourceInput) []wire.Need {
				return n.key(in.KeyId, keys{"aws:TagKeys": in.TagKeys})
			})),
			wire.Op("UpdateAlias", d.UpdateAlias).Needing(on(d, func(n names, in *kms.UpdateAliasInput) []wire.Need { return n.aliasing(in.AliasName, in.TargetKeyId) })),
			wire.Op("UpdateKeyDescription", d.UpdateKeyDescription).Needing(on(d, func(n names, in *kms.UpdateKeyDescriptionInput) []wire.Need { return n.key(in.KeyId, keys{}) })),
			wire.Op("Verify", d.Verify).Needing(on(d, func(n names, in *kms.VerifyInput) []wire.Need {
				return n.key(in.KeyId, signedWith(in.SigningAlgorithm, in.MessageType))
			})),
			wire.Op("VerifyMac", d.VerifyMac).Needing(on(d, func(n names, in *kms.VerifyMacInput) []wire.Need {
				return n.key(in.KeyId, keys{"kms:MacAlgorithm": {string(in.MacAlgorithm)}})
			})),
		},
		Known: []string{
			"CancelKeyDeletion",
			"ConnectCustomKeyStore",
			"CreateAlias",
			"CreateCustomKeyStore",
			"CreateGrant",
			"CreateKey",
			"Decapsulate",
			"Decrypt",
			"DeleteAlias",
			"DeleteCustomKeyStore",
			"DeleteImportedKeyMaterial",
			"DeriveSharedSecret",
			"DescribeCustomKeyStores",
			"DescribeKey",
			"DisableKey",
			"DisableKeyRotation",
			"DisconnectCustomKeyStore",
			"EnableKey",
			"EnableKeyRotation",
			"Encapsulate",
			"Encrypt",
			"GenerateDataKey",
			"GenerateDataKeyPair",
			"GenerateDataKeyPairWithoutPlaintext",
			"GenerateDataKeyWithoutPlaintext",
			"GenerateMac",
			"GenerateRandom",
			"GetKeyLastUsage",
			"GetKeyPolicy",
			"GetKeyRotationStatus",
			"GetParametersForImport",
			"GetPublicKey",
			"ImportKeyMaterial",
			"ListAliases",
			"ListGrants",
			"ListKeyPolicies",
			"ListKeyRotations",
			"ListKeys",
			"ListResourceTags",
			"ListRetirableGrants",
			"PutKeyPolicy",
			"ReEncrypt",
			"ReplicateKey",
			"RetireGrant",
			"RevokeGrant",
			"RotateKeyOnDemand",
			"ScheduleKeyDeletion",
			"Sign",
			"TagResource",
			"UntagResource",
			"UpdateAlias",
			"UpdateCustomKeyStore",
			"UpdateKeyDescription",
			"UpdatePrimaryRegion",
			"Verify",
			"VerifyMac",
		},
	}
}
