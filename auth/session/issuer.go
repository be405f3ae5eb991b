package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
)

// Why a token does not open.
var (
	// ErrInvalid: not sealed by any of the root keys, changed since, or not of
	// the access key that it came with.
	ErrInvalid = errors.New("invalid session token")
	// ErrExpired: genuine, and over.
	ErrExpired = errors.New("expired session token")
	// ErrTooLarge: what the session is given does not fit into a token.
	ErrTooLarge = errors.New("session token would be too large")
)

// MaxToken is the longest token in characters; no longer one is looked at.
const MaxToken = 8192

const (
	tokenVersion = 2
	headerSize   = 2 + idSize // version, key id, token id
)

// Credentials are what a session signs with.
type Credentials struct {
	AccessKeyID     string // ASIA and 16 characters
	SecretAccessKey string // 40 characters
	SessionToken    string
	Expiration      time.Time // UTC, whole seconds
}

// String hides the secret and the token.
func (c Credentials) String() string { return "[session " + c.AccessKeyID + "]" }

// GoString hides the secret and the token.
func (c Credentials) GoString() string { return c.String() }

// LogValue hides the secret and the token.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Session is an opened token.
type Session struct {
	Identity        caller.Identity
	SecretAccessKey string
	Expiration      time.Time
}

// Options of an Issuer. The zero value works.
type Options struct {
	// Random makes token ids; crypto/rand's Reader when nil.
	Random io.Reader
	// Previous root keys open the tokens that they sealed, and seal no more.
	Previous []RootKey
}

// Issuer seals and opens sessions. It is safe for concurrent use if Random is.
type Issuer struct {
	current RootKey
	options Options
}

// New returns an Issuer that seals with current.
func New(current RootKey, options Options) *Issuer {
	if options.Random == nil {
		options.Random = rand.Reader
	}
	return &Issuer{current: current, options: options}
}

// Issue returns credentials for id, an identity with a purpose, that end at
// expires. ErrTooLarge: id was given too much.
func (i *Issuer) Issue(id caller.Identity, expires time.Time) (Credentials, error) {
	c, err := contentOf(id, expires)
	if err != nil {
		return Credentials{}, fmt.Errorf("issue session: %w", err)
	}
	token := make([]byte, headerSize, 512)
	token[0], token[1] = tokenVersion, i.current.ID
	if _, err := io.ReadFull(i.options.Random, token[2:]); err != nil {
		return Credentials{}, fmt.Errorf("issue session: token id: %w", err)
	}
	keys, aead, err := i.current.open(token[2:headerSize])
	if err != nil {
		return Credentials{}, fmt.Errorf("issue session: %w", err)
	}
	// The nonce may be constant, since the key seals this one token.
	token = aead.Seal(token, make([]byte, aead.NonceSize()), c.append(nil), token[:headerSize])
	if base64.StdEncoding.EncodedLen(len(token)) > MaxToken {
		return Credentials{}, fmt.Errorf("issue session: %w", ErrTooLarge)
	}
	return Credentials{
		AccessKeyID:     keys.accessKeyID,
		SecretAccessKey: keys.secret,
		SessionToken:    base64.StdEncoding.EncodeToString(token),
		Expiration:      c.expires,
	}, nil
}

// Open returns the session of a token that came with an access key id. Errors
// are ErrInvalid and ErrExpired.
func (i *Issuer) Open(token, accessKeyID string, now time.Time) (Session, error) {
	// The decoder skips line ends; a token has one form only.
	if len(token) > MaxToken || strings.ContainsAny(token, "\r\n") {
		return Session{}, ErrInvalid
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < headerSize || raw[0] != tokenVersion {
		return Session{}, ErrInvalid
	}
	root, ok := i.root(raw[1])
	if !ok {
		return Session{}, ErrInvalid
	}
	keys, aead, err := root.open(raw[2:headerSize])
	if err != nil || subtle.ConstantTimeCompare([]byte(keys.accessKeyID), []byte(accessKeyID)) != 1 {
		return Session{}, ErrInvalid
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), raw[headerSize:], raw[:headerSize])
	if err != nil {
		return Session{}, ErrInvalid
	}
	c, err := parseContent(plain)
	if err != nil {
		return Session{}, ErrInvalid
	}
	if !now.Before(c.expires) {
		return Session{}, ErrExpired
	}
	id, err := c.identity()
	if err != nil {
		return Session{}, ErrInvalid
	}
	id.AccessKeyID = keys.accessKeyID
	return Session{Identity: id, SecretAccessKey: keys.secret, Expiration: c.expires}, nil
}

func (i *Issuer) root(id byte) (RootKey, bool) {
	if i.current.ID == id {
		return i.current, true
	}
	for _, previous := range i.options.Previous {
		if previous.ID == id {
			return previous, true
		}
	}
	return RootKey{}, false
}

// open returns what belongs to the token with this id, and its cipher.
func (k RootKey) open(id []byte) (derived, cipher.AEAD, error) {
	keys, err := k.derive(id)
	if err != nil {
		return derived{}, nil, fmt.Errorf("derive keys: %w", err)
	}
	block, err := aes.NewCipher(keys.sealingKey)
	if err != nil {
		return derived{}, nil, fmt.Errorf("sealing key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return derived{}, nil, fmt.Errorf("sealing cipher: %w", err)
	}
	return keys, aead, nil
}
