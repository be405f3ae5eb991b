package seal

import (
	"bytes"
	"fmt"
	"io"

	"filippo.io/age"
)

// Age wraps the root keyset for an age identity.
type Age struct{ identity *age.X25519Identity }

// OpenAge reads an identity file as age-keygen writes it: the first X25519
// identity in it wraps. The file must be its owner's alone.
func OpenAge(path string) (*Age, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("age identity: %w", err)
	}
	identities, err := age.ParseIdentities(bytes.NewReader(content))
	if err != nil { // age's error could quote the file
		return nil, fmt.Errorf("age identity: %s holds no identity as age-keygen writes it", path)
	}
	for _, i := range identities {
		if x, ok := i.(*age.X25519Identity); ok {
			return &Age{x}, nil
		}
	}
	return nil, fmt.Errorf("age identity: %s holds no X25519 identity", path)
}

// Wrap implements Wrapper.
func (a *Age) Wrap(keyset []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, a.identity.Recipient())
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(keyset); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Unwrap implements Wrapper.
func (a *Age) Unwrap(wrapped []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(wrapped), a.identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxFile))
}
