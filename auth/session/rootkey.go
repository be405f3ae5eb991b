package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"log/slog"
)

// KeySize is the length of a root key in bytes.
const KeySize = 32

// RootKey is the secret behind every session. ID tells it apart from those
// before and after it, so that sessions outlive a rotation.
type RootKey struct {
	ID  byte
	Key [KeySize]byte
}

// String names the key and hides it.
func (k RootKey) String() string { return "[root key]" }

// GoString names the key and hides it.
func (k RootKey) GoString() string { return "[root key]" }

// LogValue names the key and hides it.
func (k RootKey) LogValue() slog.Value { return slog.StringValue("[root key]") }

const (
	idSize        = 16 // of the random id of a token: never the same twice
	keyIDEntropy  = 10 // bytes: 16 characters in base 32
	secretEntropy = 30 // bytes: 40 characters in base 64
)

// derived is what belongs to one token and needs no storing.
type derived struct {
	accessKeyID string
	secret      string
	sealingKey  []byte
}

// derive computes what belongs to the token with this id. Every token has a
// sealing key of its own, so no number of tokens wears the root key out.
func (k RootKey) derive(id []byte) (derived, error) {
	bytes, err := hkdf.Expand(sha256.New, k.Key[:], "roadstead session v1 "+string(id), KeySize+keyIDEntropy+secretEntropy)
	if err != nil {
		return derived{}, err
	}
	return derived{
		sealingKey:  bytes[:KeySize],
		accessKeyID: "ASIA" + base32.StdEncoding.EncodeToString(bytes[KeySize:KeySize+keyIDEntropy]),
		secret:      base64.StdEncoding.EncodeToString(bytes[KeySize+keyIDEntropy:]),
	}, nil
}
