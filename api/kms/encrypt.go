package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// symmetric is the algorithm of every ciphertext here.
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
	if err := firstError(v.Err(), checkContext(in.EncryptionContext), checkAlgorithm(in.EncryptionAlgorithm)); err != nil {
		return nil, err
	}
	k, err := d.toEncrypt(r, *in.KeyId, "Encrypt", in.DryRun)
	if err != nil {
		return nil, err
	}
	blob, err := d.encrypt(k, in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{CiphertextBlob: blob, EncryptionAlgorithm: symmetric, KeyId: new(r.arnOf(k))}, nil
}

// toEncrypt returns the key with its newest material.
func (d *FrontDoor) toEncrypt(r request, name, action string, dry *bool) (*model.KMSKey, error) {
	k, err := d.find(d.db.View(), r, name)
	if err != nil {
		return nil, err
	}
	if err := firstError(usable(r, k, action), dryRun(dry)); err != nil {
		return nil, err
	}
	return d.current(r, k)
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
	err = firstError(v.Err(), checkContext(in.EncryptionContext), checkAlgorithm(in.EncryptionAlgorithm), noRecipient(in.Recipient), noModifiers(in.DryRunModifiers))
	if err != nil {
		return nil, err
	}
	plain, k, h, err := d.open(r, in.CiphertextBlob, in.KeyId, in.EncryptionContext, "Decrypt")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	return &kms.DecryptOutput{EncryptionAlgorithm: symmetric, KeyId: new(r.arnOf(k)), KeyMaterialId: materialID(k, h.material), Plaintext: plain}, nil
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
	if err != nil { // the id is only what the ciphertext says
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
		checkAlgorithm(in.SourceEncryptionAlgorithm), checkAlgorithm(in.DestinationEncryptionAlgorithm), noModifiers(in.DryRunModifiers))
	if err != nil {
		return nil, err
	}
	plain, from, h, err := d.open(r, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionContext, "ReEncryptFrom")
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	to, err := d.toEncrypt(r, *in.DestinationKeyId, "ReEncryptTo", in.DryRun)
	if err != nil {
		return nil, err
	}
	blob, err := d.encrypt(to, plain, in.DestinationEncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.ReEncryptOutput{CiphertextBlob: blob, KeyId: new(r.arnOf(to)), SourceKeyId: new(r.arnOf(from)),
		SourceEncryptionAlgorithm: symmetric, DestinationEncryptionAlgorithm: symmetric,
		SourceKeyMaterialId: materialID(from, h.material), DestinationKeyMaterialId: materialID(to, to.Material[len(to.Material)-1].ID)}, nil
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

func checkAlgorithm(a types.EncryptionAlgorithmSpec) error {
	if a == "" || a == symmetric {
		return nil
	}
	return &types.InvalidKeyUsageException{Message: new("Algorithm " + string(a) + " and key spec SYMMETRIC_DEFAULT are incompatible.")}
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
