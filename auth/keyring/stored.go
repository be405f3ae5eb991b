package keyring

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/model"
)

// Nouns is one snapshot of what is stored.
type Nouns interface {
	Lookup(model.Key) (model.Noun, bool)
}

// Opener opens what was sealed in a context.
type Opener interface {
	Open(sealed, context []byte) ([]byte, error)
}

// maxSecrets bounds the opened secrets that are held.
const maxSecrets = 10_000

// Stored is a Keyring together with the access keys that IAM keeps, and with
// what became of those whose sessions it is shown.
type Stored struct {
	*Keyring
	view   func() Nouns
	opener Opener

	lock    sync.RWMutex
	secrets map[string]opened // by access key id
}

// logsGrace is how long after its end a task's execution role may still be
// used: the agent sends the rest of the logs.
const logsGrace = 5 * time.Minute

type opened struct {
	rev    model.Revision // of the access key
	secret sigv4.Secret
}

var _ sigv4.Keys = (*Stored)(nil)

// WithStored returns a Stored. The opener opens the secrets of access keys;
// without one there are none but the bootstrap key.
func WithStored(ring *Keyring, view func() Nouns, opener Opener) *Stored {
	return &Stored{Keyring: ring, view: view, opener: opener, secrets: map[string]opened{}}
}

// Lookup implements sigv4.Keys: access keys that are inactive, or whose user
// is gone, are not known; nor are sessions that have lost what they were for,
// nor anybody of an account that was closed.
func (s *Stored) Lookup(accessKeyID, sessionToken string, now time.Time) (sigv4.Secret, caller.Identity, error) {
	secret, who, err := s.Keyring.Lookup(accessKeyID, sessionToken, now)
	switch {
	case err == nil && sessionToken != "":
		if !s.Lives(who, now) {
			return "", caller.Identity{}, sigv4.ErrUnknownKey
		}
		return secret, who, nil
	case err == nil, sessionToken != "", !errors.Is(err, sigv4.ErrUnknownKey), s.opener == nil:
		return secret, who, err
	}
	v := s.view()
	n, _ := v.Lookup(model.Key{Kind: model.KindAccessKey, ID: accessKeyID})
	key, ok := n.(*model.AccessKey)
	if !ok || key.Status != model.AccessKeyActive {
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	if who, ok = owner(v, key); !ok {
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	if closed(v, key.Account) {
		return "", caller.Identity{}, sigv4.ErrUnknownKey
	}
	secret, err = s.open(key)
	return secret, who, err
}

// closed reports whether an account was closed.
func closed(v Nouns, account string) bool {
	n, _ := v.Lookup(model.Key{Kind: model.KindAccount, ID: account})
	a, ok := n.(*model.Account)
	return ok && a.Closed()
}

// owner returns whose key it is.
func owner(v Nouns, key *model.AccessKey) (caller.Identity, bool) {
	if key.User == "" {
		return caller.NewRoot(key.Account, key.ID), true
	}
	n, _ := v.Lookup(model.Key{Kind: model.KindUser, ID: model.UserID(key.Account, key.User)})
	u, ok := n.(*model.User)
	if !ok {
		return caller.Identity{}, false
	}
	return caller.Identity{Account: u.Account, ARN: model.Scope{Account: u.Account}.UserARN(u.Path, u.Name), UserID: u.ID, AccessKeyID: key.ID, Kind: caller.User}, true
}

// open returns the key's secret, opened at most once for each change of it.
func (s *Stored) open(key *model.AccessKey) (sigv4.Secret, error) {
	s.lock.RLock()
	known, ok := s.secrets[key.ID]
	s.lock.RUnlock()
	if ok && known.rev == key.Rev {
		return known.secret, nil
	}
	plain, err := s.opener.Open(key.Secret, key.SealContext())
	if err != nil {
		return "", fmt.Errorf("open the secret of access key %s: %w", key.ID, err)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.secrets) >= maxSecrets {
		clear(s.secrets)
	}
	s.secrets[key.ID] = opened{key.Rev, sigv4.Secret(plain)}
	return sigv4.Secret(plain), nil
}

// Lives reports whether a session, or a pass, is still worth something: the
// task that it was issued for has not stopped, its role has neither been
// deleted nor its sessions revoked, its user is there, its account is open.
func (s *Stored) Lives(who caller.Identity, now time.Time) bool {
	v := s.view()
	if closed(v, who.Account) || who.BoundTo != "" && !bound(v, who, now) {
		return false
	}
	switch who.Kind {
	case caller.AssumedRole:
		return roleLives(v, who)
	case caller.User:
		return userLives(v, who.Account, who.Name(), who.UserID)
	case caller.FederatedUser:
		return strings.HasSuffix(who.RoleARN, ":root") || userLives(v, who.Account, who.Name(), "")
	}
	return true
}

// bound reports whether the task that a session is bound to may still call.
// What is bound to something else, such as an instance, ends by itself.
func bound(v Nouns, who caller.Identity, now time.Time) bool {
	a, ok := model.ParseARN(who.BoundTo)
	kind, id := a.Path()
	if !ok || kind != "task" {
		return true
	}
	n, _ := v.Lookup(model.Key{Kind: model.KindTask, ID: a.Account + "/" + id})
	t, ok := n.(*model.Task)
	if !ok || !t.Stopped() {
		return ok
	}
	return who.Purpose == caller.ExecutionRole && now.Sub(t.Status.StoppedAt) < logsGrace
}

// roleLives looks after the role. Sessions that the platform issues for tasks
// and instances are of roles that IAM need not know.
func roleLives(v Nouns, who caller.Identity) bool {
	a, _ := model.ParseARN(who.RoleARN)
	n, _ := v.Lookup(model.Key{Kind: model.KindRole, ID: model.RoleID(a.Account, who.Name())})
	r, ok := n.(*model.Role)
	if !ok {
		return who.Purpose != caller.Assumed
	}
	if who.Purpose == caller.Assumed && !strings.HasPrefix(who.UserID, r.ID+":") {
		return false // another role of the same name
	}
	return r.SessionsFrom.IsZero() || !who.IssuedAt.Before(r.SessionsFrom.Truncate(time.Second))
}

// userLives reports whether the user is there, and the same one.
func userLives(v Nouns, account, name, id string) bool {
	n, _ := v.Lookup(model.Key{Kind: model.KindUser, ID: model.UserID(account, name)})
	u, ok := n.(*model.User)
	return ok && (id == "" || u.ID == id)
}
