package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // RSAES_OAEP_SHA_1: OAEP does not need what SHA-1 lacks
	_ "crypto/sha256"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// encryptWith encrypts by an algorithm that the key has.
func (d *FrontDoor) encryptWith(k *model.KMSKey, algorithm types.EncryptionAlgorithmSpec, plain []byte, context map[string]string) ([]byte, error) {
	if algorithm == symmetric {
		return d.encrypt(k, plain, context)
	}
	private, err := d.private(k)
	if err != nil {
		return nil, err
	}
	public := private.Public().(*rsa.PublicKey)
	h := oaep(algorithm)
	if most := public.Size() - 2*h.Size() - 2; len(plain) > most {
		return nil, constraint.Invalid("Algorithm %s and key spec %s cannot encrypt data larger than %d bytes.", algorithm, k.Spec, most)
	}
	blob, err := rsa.EncryptOAEP(h.New(), rand.Reader, public, plain, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypt with %s: %w", k.Key(), err)
	}
	return blob, nil
}

func oaep(algorithm types.EncryptionAlgorithmSpec) crypto.Hash {
	if algorithm == types.EncryptionAlgorithmSpecRsaesOaepSha1 {
		return crypto.SHA1
	}
	return crypto.SHA256
}

// openPair decrypts what was encrypted with the public half of a key, which
// the caller has to name: nothing in the ciphertext says it.
func (d *FrontDoor) openPair(r request, blob []byte, name *string, algorithm types.EncryptionAlgorithmSpec, action string) ([]byte, *model.KMSKey, error) {
	if name == nil {
		return nil, nil, constraint.Invalid("KeyId is required to decrypt by algorithm %s.", algorithm)
	}
	k, err := d.find(d.db.View(), r, *name)
	if err != nil {
		return nil, nil, err
	}
	if err := encrypting(r, k, algorithm, action); err != nil {
		return nil, nil, err
	}
	private, err := d.private(k)
	if err != nil {
		return nil, nil, err
	}
	plain, err := private.(crypto.Decrypter).Decrypt(rand.Reader, blob, &rsa.OAEPOptions{Hash: oaep(algorithm)})
	if err != nil {
		return nil, nil, invalidCiphertext()
	}
	return plain, k, nil
}

// noContext refuses encryption contexts for algorithms that authenticate none.
func noContext(algorithm types.EncryptionAlgorithmSpec, context map[string]string) error {
	if len(context) == 0 || orSymmetric(algorithm) == symmetric {
		return nil
	}
	return constraint.Invalid("EncryptionContext is not valid for algorithm %s.", algorithm)
}
