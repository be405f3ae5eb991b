package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
)

// DataKeys are keys of 32 bytes that a key management service makes and opens.
type DataKeys interface {
	// Generate returns a new key, and the same sealed.
	Generate() (key, sealed []byte, err error)
	// Open returns a key that was sealed.
	Open(sealed []byte) ([]byte, error)
	// Name names the service's key, for people.
	Name() string
}

// Envelope wraps the root keyset under a data key of a service elsewhere, which
// is asked once, when the keyset is opened, and at each rotation.
type Envelope struct{ keys DataKeys }

// NewEnvelope returns the Wrapper.
func NewEnvelope(keys DataKeys) *Envelope { return &Envelope{keys} }

// envelope is what the file holds.
type envelope struct {
	Name   string `json:"key"` // for people: the sealed key says by itself what opens it
	Sealed []byte `json:"sealedDataKey"`
	Nonce  []byte `json:"nonce"`
	Keyset []byte `json:"keyset"`
}

// Wrap implements Wrapper.
func (e *Envelope) Wrap(keyset []byte) ([]byte, error) {
	key, sealed, err := e.keys.Generate()
	if err != nil {
		return nil, fmt.Errorf("data key of %s: %w", e.keys.Name(), err)
	}
	defer clear(key)
	gcm, err := envelopeCipher(key)
	if err != nil {
		return nil, err
	}
	out := envelope{Name: e.keys.Name(), Sealed: sealed, Nonce: make([]byte, gcm.NonceSize())}
	if _, err := rand.Read(out.Nonce); err != nil {
		return nil, err
	}
	out.Keyset = gcm.Seal(nil, out.Nonce, keyset, sealed)
	return json.Marshal(out)
}

// Unwrap implements Wrapper.
func (e *Envelope) Unwrap(wrapped []byte) ([]byte, error) {
	var in envelope
	if err := json.Unmarshal(wrapped, &in); err != nil || len(in.Sealed) == 0 {
		return nil, errors.New("it is not wrapped by a key management service")
	}
	key, err := e.keys.Open(in.Sealed)
	if err != nil {
		return nil, fmt.Errorf("data key of %s: %w", in.Name, err)
	}
	defer clear(key)
	gcm, err := envelopeCipher(key)
	if err != nil {
		return nil, err
	}
	if len(in.Nonce) != gcm.NonceSize() {
		return nil, errors.New("it was changed since it was wrapped")
	}
	plain, err := gcm.Open(nil, in.Nonce, in.Keyset, in.Sealed)
	if err != nil {
		return nil, errors.New("it was changed since it was wrapped")
	}
	return plain, nil
}

func envelopeCipher(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("a data key of %d bytes, not of 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
