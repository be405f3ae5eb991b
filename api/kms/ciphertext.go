package kms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/model"
)

// A ciphertext is a header in the clear and what AES-256-GCM makes of the
// plaintext under a key of its own, which HKDF derives from the material and
// the header's salt: no nonce is ever used twice, however much is encrypted.
// The header and the encryption context are authenticated.
//
//	1 byte   version
//	16 bytes key id
//	4 bytes  version of the material, big-endian
//	32 bytes salt
const (
	ciphertextVersion = 1
	saltSize          = 32
	headerSize        = 1 + 16 + 4 + saltSize
	nonceSize         = 12
)

// header is what a ciphertext says about itself.
type header struct {
	key      string // a UUID
	material uint32
	salt     []byte
}

func (h header) encode() ([]byte, error) {
	id, err := uuid.Parse(h.key)
	if err != nil {
		return nil, fmt.Errorf("key id %q: %w", h.key, err)
	}
	b := append([]byte{ciphertextVersion}, id[:]...)
	b = binary.BigEndian.AppendUint32(b, h.material)
	return append(b, h.salt...), nil
}

// readHeader is false for what no ciphertext begins with.
func readHeader(blob []byte) (h header, ok bool) {
	if len(blob) < headerSize || blob[0] != ciphertextVersion {
		return header{}, false
	}
	return header{uuid.UUID(blob[1:17]).String(), binary.BigEndian.Uint32(blob[17:21]), blob[21:headerSize]}, true
}

// canonical writes an encryption context so that two that are equal are
// written equally and no others are.
func canonical(context map[string]string) []byte {
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(context)) {
		for _, s := range []string{k, context[k]} {
			b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
			b.WriteString(s)
		}
	}
	return b.Bytes()
}

// encrypt makes a ciphertext under the newest material of the key.
func (d *FrontDoor) encrypt(k *model.KMSKey, plain []byte, context map[string]string) ([]byte, error) {
	salt, err := d.bytes(saltSize)
	if err != nil {
		return nil, err
	}
	h := header{k.ID, k.Material[len(k.Material)-1].ID, salt}
	head, err := h.encode()
	if err != nil {
		return nil, err
	}
	gcm, nonce, err := d.cipher(k, h)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(head, nonce, plain, append(bytes.Clone(head), canonical(context)...)), nil
}

// decrypt opens a ciphertext of the key.
func (d *FrontDoor) decrypt(k *model.KMSKey, h header, blob []byte, context map[string]string) ([]byte, error) {
	gcm, nonce, err := d.cipher(k, h)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, blob[headerSize:], append(bytes.Clone(blob[:headerSize]), canonical(context)...))
	if err != nil {
		return nil, invalidCiphertext()
	}
	return plain, nil
}

// cipher derives the key and nonce of one ciphertext.
func (d *FrontDoor) cipher(k *model.KMSKey, h header) (cipher.AEAD, []byte, error) {
	material, err := d.material(k, h.material)
	if err != nil {
		return nil, nil, err
	}
	defer clear(material)
	derived, err := hkdf.Key(sha256.New, material, h.salt, "roadstead kms 1", materialSize+nonceSize)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key: %w", err)
	}
	defer clear(derived[:materialSize])
	block, err := aes.NewCipher(derived[:materialSize])
	if err != nil {
		return nil, nil, fmt.Errorf("derive key: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	return gcm, derived[materialSize:], err
}
