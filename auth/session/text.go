package session

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// textVersion is the first byte of a sealed text.
const textVersion = 97

// maxText is the longest text that is sealed, in bytes.
const maxText = 16 << 10

// SealText returns text so that only who has the root key can read it, for one
// audience: it is handed to a caller who may not read it.
func (i *Issuer) SealText(text []byte, audience string) (string, error) {
	if len(text) > maxText {
		return "", fmt.Errorf("seal text: %d bytes are more than %d", len(text), maxText)
	}
	token := make([]byte, headerSize, headerSize+len(text)+64)
	token[0], token[1] = textVersion, i.current.ID
	if _, err := io.ReadFull(i.options.Random, token[2:]); err != nil {
		return "", fmt.Errorf("seal text: id: %w", err)
	}
	_, aead, err := i.current.open(token[2:headerSize])
	if err != nil {
		return "", fmt.Errorf("seal text: %w", err)
	}
	// The nonce may be constant, since the key seals this one text.
	token = aead.Seal(token, make([]byte, aead.NonceSize()), text, append(token[:headerSize:headerSize], audience...))
	return base64.RawURLEncoding.EncodeToString(token), nil
}

// OpenText returns a text that was sealed for the audience; else ErrInvalid.
func (i *Issuer) OpenText(sealed, audience string) ([]byte, error) {
	if len(sealed) > 2*maxText || strings.ContainsAny(sealed, "\r\n") {
		return nil, ErrInvalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < headerSize || raw[0] != textVersion {
		return nil, ErrInvalid
	}
	root, ok := i.root(raw[1])
	if !ok {
		return nil, ErrInvalid
	}
	_, aead, err := root.open(raw[2:headerSize])
	if err != nil {
		return nil, ErrInvalid
	}
	text, err := aead.Open(nil, make([]byte, aead.NonceSize()), raw[headerSize:], append(raw[:headerSize:headerSize], audience...))
	if err != nil {
		return nil, ErrInvalid
	}
	return text, nil
}
