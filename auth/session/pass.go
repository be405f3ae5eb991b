package session

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
)

// passVersion is the first byte of a pass, so that no pass is ever taken for
// a session token, or the other way round.
const passVersion = 66

// Pass seals a bearer token that says to one audience who the caller is, until
// expires: whoever shows it there is taken for id. Unlike a session it signs
// nothing, may be of any caller, and is worth nothing elsewhere: audience names
// both the use and what it is good for, and has to be told again to open it.
// The text is fit for URLs and has no colon.
func (i *Issuer) Pass(id caller.Identity, audience string, expires time.Time) (string, error) {
	if id.Kind == caller.Nobody {
		return "", errors.New("issue pass: nobody gets none")
	}
	for _, text := range passTexts(&id) {
		if len(*text) > maxRoleARN {
			return "", errors.New("issue pass: the caller's identity is too long")
		}
	}
	token := make([]byte, headerSize, 512)
	token[0], token[1] = passVersion, i.current.ID
	if _, err := io.ReadFull(i.options.Random, token[2:]); err != nil {
		return "", fmt.Errorf("issue pass: token id: %w", err)
	}
	_, aead, err := i.current.open(token[2:headerSize])
	if err != nil {
		return "", fmt.Errorf("issue pass: %w", err)
	}
	plain := binary.AppendVarint(nil, expires.Unix())
	issued := int64(0)
	if !id.IssuedAt.IsZero() {
		issued = id.IssuedAt.Unix()
	}
	plain = binary.AppendVarint(plain, issued)
	plain = append(plain, byte(id.Kind), byte(id.Purpose))
	passed := ""
	if id.Passed != nil {
		text, err := json.Marshal(id.Passed)
		if err != nil {
			return "", fmt.Errorf("issue pass: %w", err)
		}
		passed = string(text)
	}
	for _, text := range append(passTexts(&id), &passed) {
		plain = binary.AppendUvarint(plain, uint64(len(*text)))
		plain = append(plain, *text...)
	}
	// The nonce may be constant, since the key seals this one token.
	token = aead.Seal(token, make([]byte, aead.NonceSize()), plain, append(token[:headerSize:headerSize], audience...))
	if base64.RawURLEncoding.EncodedLen(len(token)) > MaxToken {
		return "", errors.New("issue pass: the caller's identity is too long")
	}
	return base64.RawURLEncoding.EncodeToString(token), nil
}

// OpenPass returns the caller that a pass for the audience is of. Errors are
// ErrInvalid and ErrExpired.
func (i *Issuer) OpenPass(token, audience string, now time.Time) (caller.Identity, error) {
	// The decoder skips line ends; a token has one form only.
	if len(token) > MaxToken || strings.ContainsAny(token, "\r\n") {
		return caller.Identity{}, ErrInvalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < headerSize || raw[0] != passVersion {
		return caller.Identity{}, ErrInvalid
	}
	root, ok := i.root(raw[1])
	if !ok {
		return caller.Identity{}, ErrInvalid
	}
	_, aead, err := root.open(raw[2:headerSize])
	if err != nil {
		return caller.Identity{}, ErrInvalid
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), raw[headerSize:], append(raw[:headerSize:headerSize], audience...))
	if err != nil {
		return caller.Identity{}, ErrInvalid
	}
	id, expires, ok := parsePass(plain)
	switch {
	case !ok:
		return caller.Identity{}, ErrInvalid
	case !now.Before(expires):
		return caller.Identity{}, ErrExpired
	}
	return id, nil
}

// parsePass decodes what Pass encoded. What it reads was sealed by us, so it
// fails for a pass of another version of this package only.
func parsePass(b []byte) (id caller.Identity, expires time.Time, ok bool) {
	seconds, n := binary.Varint(b)
	if n <= 0 {
		return id, expires, false
	}
	b = b[n:]
	issued, n := binary.Varint(b)
	if n <= 0 || len(b) < n+2 {
		return id, expires, false
	}
	id.Kind, id.Purpose = caller.Kind(b[n]), caller.Purpose(b[n+1])
	if issued != 0 {
		id.IssuedAt = time.Unix(issued, 0).UTC()
	}
	b = b[n+2:]
	passed := ""
	for _, text := range append(passTexts(&id), &passed) {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return caller.Identity{}, expires, false
		}
		*text = string(b[n : n+int(length)])
		b = b[n+int(length):]
	}
	if passed != "" {
		id.Passed = &caller.Passed{}
		if json.Unmarshal([]byte(passed), id.Passed) != nil {
			return caller.Identity{}, expires, false
		}
	}
	return id, time.Unix(seconds, 0).UTC(), len(b) == 0
}

// passTexts are the texts of an identity in the order of their encoding.
func passTexts(id *caller.Identity) []*string {
	return []*string{&id.Account, &id.ARN, &id.UserID, &id.AccessKeyID, &id.RoleARN, &id.SessionName, &id.BoundTo}
}
