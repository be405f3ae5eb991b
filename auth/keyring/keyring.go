package keyring

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/auth/sigv4"
)

// DefaultAccount is the account when none is configured.
const DefaultAccount = "000000000000"

// Options of a Keyring. The zero value works.
type Options struct {
	// Account that the bootstrap key belongs to, twelve digits; DefaultAccount
	// when empty.
	Account string
}

// Keyring is the server's secrets, and the sigv4.Keys over them.
type Keyring struct {
	bootstrap Bootstrap
	identity  caller.Identity // of the bootstrap key
	sessions  *session.Issuer
}

var _ sigv4.Keys = (*Keyring)(nil)

// Open returns the keys kept in dir and makes the directory (0700) and what is
// missing in it (0600), with randomness from random, which must be fit for
// secrets. The errors say what to do.
func Open(dir string, random io.Reader, options Options) (*Keyring, error) {
	if options.Account == "" {
		options.Account = DefaultAccount
	}
	if len(options.Account) != 12 || strings.Trim(options.Account, "0123456789") != "" {
		return nil, fmt.Errorf("account %q is not twelve digits", options.Account)
	}
	if err := makeDirectory(dir); err != nil {
		return nil, err
	}
	bootstrap, err := loadOrCreateBootstrap(dir, random)
	if err != nil {
		return nil, err
	}
	roots, err := loadOrCreateRootKeys(dir, random)
	if err != nil {
		return nil, err
	}
	return New(bootstrap, session.New(roots[0], session.Options{Random: random, Previous: roots[1:]}), options), nil
}

// New returns a Keyring of keys that are kept elsewhere.
func New(bootstrap Bootstrap, sessions *session.Issuer, options Options) *Keyring {
	if options.Account == "" {
		options.Account = DefaultAccount
	}
	return &Keyring{
		bootstrap: bootstrap,
		identity:  caller.NewRoot(options.Account, bootstrap.AccessKeyID),
		sessions:  sessions,
	}
}

// Bootstrap returns the bootstrap key.
func (k *Keyring) Bootstrap() Bootstrap { return k.bootstrap }

// Sessions returns what issues sessions that this Keyring accepts.
func (k *Keyring) Sessions() *session.Issuer { return k.sessions }

// Lookup implements sigv4.Keys: without a token only the bootstrap key is
// known, with one only sessions.
func (k *Keyring) Lookup(accessKeyID, sessionToken string, now time.Time) (sigv4.Secret, caller.Identity, error) {
	if sessionToken == "" {
		if accessKeyID != k.bootstrap.AccessKeyID {
			return "", caller.Identity{}, sigv4.ErrUnknownKey
		}
		return sigv4.Secret(k.bootstrap.SecretAccessKey), k.identity, nil
	}
	if !strings.HasPrefix(accessKeyID, "ASIA") {
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	opened, err := k.sessions.Open(sessionToken, accessKeyID, now)
	switch {
	case errors.Is(err, session.ErrExpired):
		return "", caller.Identity{}, sigv4.ErrExpiredToken
	case err != nil:
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	return sigv4.Secret(opened.SecretAccessKey), opened.Identity, nil
}
