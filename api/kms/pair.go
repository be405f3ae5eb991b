package kms

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// draw makes the material of a key: a private key in PKCS #8, or random bytes.
// It takes a while for RSA, and so is not for inside a commit.
func (d *FrontDoor) draw(a ability) ([]byte, error) {
	if !a.pair() {
		return d.bytes(a.bytes)
	}
	private, err := d.newPrivate(a)
	if err != nil {
		return nil, fmt.Errorf("make a pair of keys: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("write a private key: %w", err)
	}
	return der, nil
}

// newPrivate makes a private key. Go's own source of randomness is the only
// one that its packages take for this.
func (d *FrontDoor) newPrivate(a ability) (crypto.Signer, error) {
	switch {
	case a.bits > 0:
		d.primes.Lock()
		defer d.primes.Unlock()
		return rsa.GenerateKey(rand.Reader, a.bits)
	case a.curve != nil:
		return ecdsa.GenerateKey(a.curve, rand.Reader)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return private, err
}

// private opens the private key of a pair.
func (d *FrontDoor) private(k *model.KMSKey) (crypto.Signer, error) {
	der, err := d.material(k, k.Material[len(k.Material)-1].ID)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("private key of %s: %w", k.Key(), err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("private key of %s: it is a %T", k.Key(), key)
	}
	return signer, nil
}

// GetPublicKey returns the public half of a pair, as X.509 writes it.
func (d *FrontDoor) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput) (*kms.GetPublicKeyOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	grantTokens(&v, in.GrantTokens)
	if err := v.Err(); err != nil {
		return nil, err
	}
	k, err := d.find(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := usable(r, k, "GetPublicKey"); err != nil {
		return nil, err
	}
	a := abilityOfKey(k)
	if !a.pair() {
		return nil, unsupported("%s key spec is %s which is not valid for GetPublicKey.", r.arnOf(k), k.Spec)
	}
	private, err := d.private(k)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("public key of %s: %w", k.Key(), err)
	}
	out := &kms.GetPublicKeyOutput{KeyId: new(r.arnOf(k)), PublicKey: public, KeySpec: types.KeySpec(k.Spec),
		CustomerMasterKeySpec: types.CustomerMasterKeySpec(k.Spec), KeyUsage: types.KeyUsageType(k.Usage)}
	switch out.KeyUsage {
	case types.KeyUsageTypeEncryptDecrypt:
		out.EncryptionAlgorithms = a.encrypts
	case types.KeyUsageTypeSignVerify:
		out.SigningAlgorithms = a.signs
	case types.KeyUsageTypeKeyAgreement:
		out.KeyAgreementAlgorithms = agreements()
	}
	return out, nil
}
