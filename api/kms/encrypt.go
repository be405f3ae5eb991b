package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// symmetric is the algorithm of what symmetric keys encrypt, and the default.
const symmetric = types.EncryptionAlgorithmSpecSymmetricDefault

// Encrypt encrypts up to 4,096 bytes.
func (d *FrontDoor) Encrypt(ctx context.Context, in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	if in.Plaintext == nil {
		v.Missing("plaintext")
	} else {
		v.Blob("plaintext", len(in.Plaintext), 1, maxPlaintext)
	}
	grantTokens(&v, in.GrantTokens)
	algorithm(&v, "encryptionAlgorithm", in.EncryptionAlgorithm)
	if err := firstError(v.Err(), checkContext(in.EncryptionContext), noContext(in.EncryptionAlgorithm, in.EncryptionContext)); err != nil {
		return nil, err
	}
	k, err := d.toEncrypt(r, *in.KeyId, in.EncryptionAlgorithm, "Encrypt", in.DryRun)
	if err != nil {
		return nil, err
	}
	blob, err := d.encryptWith(k, orSymmetric(in.EncryptionAlgorithm), in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{CiphertextBlob: blob, EncryptionAlgorithm: orSymmetric(in.EncryptionAlgorithm), KeyId: new(r.arnOf(k))}, nil
}

// toEncrypt returns the key with its newest material, if it has the algorithm.
func (d *FrontDoor) toEncrypt(r request, name string, algorithm types.EncryptionAlgorithmSpec, action string, dry *bool) (*model.KMSKey, error) {
	k, err := d.find(d.db.View(), r, name)
	if err != nil {
		return nil, err
	}
	if err := firstError(encrypting(r, k, algorithm, action), dryRun(dry)); err != nil {
		return nil, err
	}
	return d.current(r, k)
}

// encrypting refuses keys that cannot encrypt or decrypt by the algorithm now.
func encrypting(r request, k *model.KMSKey, algorithm types.EncryptionAlgorithmSpec, action string) error {
	return firstError(usable(r, k, action), checkUsage(r, k, types.KeyUsageTypeEncryptDecrypt, action),
		checkAlgorithm(k, orSymmetric(algorithm), abilityOfKey(k).encrypts))
}

func orSymmetric(a types.EncryptionAlgorithmSpec) types.EncryptionAlgorithmSpec {
	if a == "" {
		return symmetric
	}
	return a
}

// Decrypt decrypts what any version of a key's material has encrypted.
func (d *FrontDoor) Decrypt(ctx context.Context, in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Optional("keyId", in.KeyId, keyText)
	grantTokens(&v, in.GrantTokens)
	algorithm(&v, "encryptionAlgorithm", in.EncryptionAlgorithm)
	ciphertext(&v, in.CiphertextBlob)
	err = firstError(v.Err(), checkContext(in.EncryptionContext), noContext(in.EncryptionAlgorithm, in.EncryptionContext),
		noRecipient(in.Recipient), noModifiers(in.DryRunModifiers))
	if err != nil {
		return nil, err
	}
	plain, k, material, err := d.openWith(r, in.CiphertextBlob, in.KeyId, in.EncryptionAlgorithm, in.EncryptionContext, "Decrypt")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	return &kms.DecryptOutput{EncryptionAlgorithm: orSymmetric(in.EncryptionAlgorithm), KeyId: new(r.arnOf(k)), KeyMaterialId: material, Plaintext: plain}, nil
}

// openWith decrypts by an algorithm. Only a symmetric ciphertext says its key,
// and only of symmetric keys the material is told.
func (d *FrontDoor) openWith(r request, blob []byte, name *string, algorithm types.EncryptionAlgorithmSpec, context map[string]string, action string) ([]byte, *model.KMSKey, *string, error) {
	if orSymmetric(algorithm) != symmetric {
		plain, k, err := d.openPair(r, blob, name, algorithm, action)
		return plain, k, nil, err
	}
	plain, k, h, err := d.open(r, blob, name, context, action)
	if err != nil {
		return nil, nil, nil, err
	}
	return plain, k, materialID(k, h.material), nil
}

// open decrypts a blob with the key that it names, which must be the one that
// the caller named if any.
func (d *FrontDoor) open(r request, blob []byte, name *string, context map[string]string, action string) ([]byte, *model.KMSKey, header, error) {
	h, ok := readHeader(blob)
	if !ok {
		return nil, nil, h, invalidCiphertext()
	}
	view := d.db.View()
	if name != nil {
		asked, err := d.find(view, r, *name)
		if err != nil {
			return nil, nil, h, err
		}
		if err := usable(r, asked, action); err != nil {
			return nil, nil, h, err
		}
		if asked.ID != h.key {
			return nil, nil, h, incorrectKey()
		}
	}
	k, err := d.byID(view, r, h.key, h.key)
	if err != nil || !abilityOfKey(k).symmetric { // the id is only what the ciphertext says
		return nil, nil, h, invalidCiphertext()
	}
	if err := usable(r, k, action); err != nil {
		return nil, nil, h, err
	}
	plain, err := d.decrypt(k, h, blob, context)
	return plain, k, h, err
}

// ReEncrypt decrypts and encrypts again, under another key or context.
func (d *FrontDoor) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput) (*kms.ReEncryptOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("destinationKeyId", in.DestinationKeyId, keyText)
	v.Optional("sourceKeyId", in.SourceKeyId, keyText)
	grantTokens(&v, in.GrantTokens)
	algorithm(&v, "sourceEncryptionAlgorithm", in.SourceEncryptionAlgorithm)
	algorithm(&v, "destinationEncryptionAlgorithm", in.DestinationEncryptionAlgorithm)
	ciphertext(&v, in.CiphertextBlob)
	err = firstError(v.Err(), checkContext(in.SourceEncryptionContext), checkContext(in.DestinationEncryptionContext),
		noContext(in.SourceEncryptionAlgorithm, in.SourceEncryptionContext), noContext(in.DestinationEncryptionAlgorithm, in.DestinationEncryptionContext),
		noModifiers(in.DryRunModifiers))
	if err != nil {
		return nil, err
	}
	plain, from, material, err := d.openWith(r, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionAlgorithm, in.SourceEncryptionContext, "ReEncryptFrom")
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	to, err := d.toEncrypt(r, *in.DestinationKeyId, in.DestinationEncryptionAlgorithm, "ReEncryptTo", in.DryRun)
	if err != nil {
		return nil, err
	}
	blob, err := d.encryptWith(to, orSymmetric(in.DestinationEncryptionAlgorithm), plain, in.DestinationEncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.ReEncryptOutput{CiphertextBlob: blob, KeyId: new(r.arnOf(to)), SourceKeyId: new(r.arnOf(from)),
		SourceEncryptionAlgorithm: orSymmetric(in.SourceEncryptionAlgorithm), DestinationEncryptionAlgorithm: orSymmetric(in.DestinationEncryptionAlgorithm),
		SourceKeyMaterialId: material, DestinationKeyMaterialId: newestMaterial(to)}, nil
}

func ciphertext(v *constraint.Violations, blob []byte) {
	if blob == nil {
		v.Missing("ciphertextBlob")
		return
	}
	v.Length("ciphertextBlob", len(blob), 1, maxCiphertext)
}

func algorithm(v *constraint.Violations, member string, a types.EncryptionAlgorithmSpec) {
	constraint.OneOf(v, member, a, a.Values())
}

func checkContext(context map[string]string) error {
	if len(canonical(context)) > maxContextPair {
		return constraint.Invalid("The encryption context is larger than %d bytes.", maxContextPair)
	}
	return nil
}

// noRecipient refuses answers that only an enclave could read.
func noRecipient(to *types.RecipientInfo) error {
	if to == nil {
		return nil
	}
	return unsupported("Recipient is not supported by Roadstead.")
}

func noModifiers(m []types.DryRunModifierType) error {
	if len(m) == 0 {
		return nil
	}
	return unsupported("DryRunModifiers is not supported by Roadstead.")
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
