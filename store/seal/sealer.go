package seal

import (
	"errors"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/roadstead/roadstead/model"
)

// MaxPlain is the largest value that is sealed, in bytes: what the store takes
// in one change is more.
const MaxPlain = 256 << 10

// MaxKeys is how many root keys a keyset holds, the one that seals and older
// ones.
const MaxKeys = 64

// Errors to be told apart with errors.Is.
var (
	// ErrNotSealed: the bytes were not sealed by a key of this keyset in this
	// context, or have been changed.
	ErrNotSealed = errors.New("value cannot be opened with this root keyset in this context")
	// ErrTooLarge: the value exceeds MaxPlain.
	ErrTooLarge = errors.New("value is too large to be sealed")
	// ErrTooManyKeys: the keyset holds MaxKeys already.
	ErrTooManyKeys = errors.New("root keyset is full")
)

// Sealer seals and opens under a root keyset. Its methods may be called
// concurrently.
type Sealer struct {
	save func(*keyset.Handle) error

	mu     sync.RWMutex // guards what follows
	handle *keyset.Handle
	aead   tink.AEAD
}

// Context names the noun that a sealed value belongs to, and which of its
// values it is; "" where it has only one.
func Context(k model.Key, value string) []byte {
	return []byte(string(k.Kind) + "\x00" + k.ID + "\x00" + value)
}

// Ephemeral returns a Sealer with a keyset that is kept nowhere: what it
// sealed can be opened as long as it lives.
func Ephemeral() (*Sealer, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make root keyset: %w", err)
	}
	return newSealer(handle, func(*keyset.Handle) error { return nil })
}

func newSealer(handle *keyset.Handle, save func(*keyset.Handle) error) (*Sealer, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use root keyset: %w", err)
	}
	return &Sealer{save: save, handle: handle, aead: primitive}, nil
}

// Seal returns plain encrypted and bound to context. The same value sealed
// twice differs.
func (s *Sealer) Seal(plain, context []byte) ([]byte, error) {
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("seal %d bytes: %w", len(plain), ErrTooLarge)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sealed, err := s.aead.Encrypt(plain, context)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open returns what Seal was given with the same context; ErrNotSealed
// otherwise.
func (s *Sealer) Open(sealed, context []byte) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	plain, err := s.aead.Decrypt(sealed, context)
	if err != nil {
		return nil, fmt.Errorf("open: %w", ErrNotSealed)
	}
	return plain, nil
}

// Keys returns how many root keys there are.
func (s *Sealer) Keys() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.handle.Len()
}

// Rotate adds a root key and has it seal from now on. It is saved before it is
// used, so that nothing is ever sealed under a key that could be lost.
func (s *Sealer) Rotate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle.Len() >= MaxKeys {
		return fmt.Errorf("rotate root key: %w", ErrTooManyKeys)
	}
	m := keyset.NewManagerFromHandle(s.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return fmt.Errorf("rotate root key: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return fmt.Errorf("rotate root key: %w", err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return fmt.Errorf("rotate root key: %w", err)
	}
	if err := s.save(handle); err != nil {
		return fmt.Errorf("rotate root key: %w", err)
	}
	s.handle, s.aead = handle, primitive
	return nil
}
