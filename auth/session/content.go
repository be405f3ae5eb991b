package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
)

// Limits of the texts in a token, in bytes. Source: the STS API reference,
// AssumeRole, for role ARN and session name.
const (
	maxRoleARN     = 2048
	maxRoleID      = 128
	minSessionName = 2
	maxSessionName = 64
	maxBoundTo     = 2048
)

// content is what a token seals: enough to name the caller again.
type content struct {
	expires                               time.Time // whole seconds
	purpose                               caller.Purpose
	roleARN, roleID, sessionName, boundTo string
}

// contentOf takes an identity apart and refuses one that would come back
// different from a token.
func contentOf(id caller.Identity, expires time.Time) (content, error) {
	if id.Kind != caller.AssumedRole || id.Purpose == caller.None {
		return content{}, fmt.Errorf("a session is of an assumed role with a purpose, not of %s with %s", id.Kind, id.Purpose)
	}
	if n := len(id.SessionName); n < minSessionName || n > maxSessionName {
		return content{}, fmt.Errorf("session name %q has %d characters, not %d to %d", id.SessionName, n, minSessionName, maxSessionName)
	}
	for i := range len(id.SessionName) {
		if !inSessionName(id.SessionName[i]) {
			return content{}, fmt.Errorf("session name %q has characters other than letters, digits and _+=,.@-", id.SessionName)
		}
	}
	roleID := id.UserID[:max(0, len(id.UserID)-len(id.SessionName)-1)]
	if roleID == "" {
		return content{}, fmt.Errorf("user id %q is not of a role's session %q", id.UserID, id.SessionName)
	}
	if len(id.RoleARN) > maxRoleARN || len(roleID) > maxRoleID || len(id.BoundTo) > maxBoundTo {
		return content{}, errors.New("the role's ARN or id, or what the session is bound to, is too long")
	}
	c := content{
		expires: expires.UTC().Truncate(time.Second), purpose: id.Purpose,
		roleARN: id.RoleARN, roleID: roleID, sessionName: id.SessionName, boundTo: id.BoundTo,
	}
	id.AccessKeyID = "" // the session has its own
	if c.identity() != id {
		return content{}, fmt.Errorf("identity %s is not that of session %q of role %s", id.ARN, id.SessionName, id.RoleARN)
	}
	return c, nil
}

func inSessionName(b byte) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		return true
	}
	switch b {
	case '_', '+', '=', ',', '.', '@', '-':
		return true
	}
	return false
}

func (c content) identity() caller.Identity {
	id := caller.NewSession(c.purpose, c.roleARN, c.roleID, c.sessionName)
	id.BoundTo = c.boundTo
	return id
}

// append encodes the content: end in seconds, purpose, then the texts with
// their lengths.
func (c content) append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, c.expires.Unix())
	dst = append(dst, byte(c.purpose))
	for _, text := range []string{c.roleARN, c.roleID, c.sessionName, c.boundTo} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// parseContent decodes what append encoded. What it reads was sealed by us, so
// an error means a token of another version of this package.
func parseContent(b []byte) (content, error) {
	bad := errors.New("sealed content of an unknown form")
	seconds, n := binary.Varint(b)
	if n <= 0 || len(b) == n {
		return content{}, bad
	}
	c := content{expires: time.Unix(seconds, 0).UTC(), purpose: caller.Purpose(b[n])}
	b = b[n+1:]
	for _, into := range []*string{&c.roleARN, &c.roleID, &c.sessionName, &c.boundTo} {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return content{}, bad
		}
		*into = string(b[n : n+int(length)])
		b = b[n+int(length):]
	}
	if len(b) != 0 {
		return content{}, bad
	}
	return c, nil
}
