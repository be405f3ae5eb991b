package session

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	expires, issued time.Time // whole seconds
	kind            caller.Kind
	purpose         caller.Purpose
	// For a role's session its name and the role's ARN and id; for another
	// caller's the session's ARN, its user id, and the ARN of the user.
	roleARN, roleID, sessionName, boundTo string
	// arn is set where there is no role.
	arn    string
	passed string // JSON of caller.Passed; "" for nothing
}

// contentOf takes an identity apart and refuses one that would come back
// different from a token.
func contentOf(id caller.Identity, expires time.Time) (content, error) {
	if id.Purpose == caller.None || id.Kind == caller.Nobody || (id.Kind == caller.AssumedRole) == ofNoRole(id.Purpose) || id.Purpose == caller.Operator && id.Kind != caller.Root {
		return content{}, fmt.Errorf("a session is of an assumed role with a purpose, or of a user's token, not of %s with %s", id.Kind, id.Purpose)
	}
	c := content{
		expires: expires.UTC().Truncate(time.Second), issued: id.IssuedAt, kind: id.Kind, purpose: id.Purpose,
		roleARN: id.RoleARN, sessionName: id.SessionName, boundTo: id.BoundTo,
	}
	if !c.issued.IsZero() {
		c.issued = c.issued.UTC().Truncate(time.Second)
	}
	if id.Kind == caller.AssumedRole {
		if err := checkSessionName(id.SessionName); err != nil {
			return content{}, err
		}
		c.roleID = id.UserID[:max(0, len(id.UserID)-len(id.SessionName)-1)]
		if c.roleID == "" {
			return content{}, fmt.Errorf("user id %q is not of a role's session %q", id.UserID, id.SessionName)
		}
	} else {
		c.arn, c.roleID = id.ARN, id.UserID
	}
	if len(id.RoleARN) > maxRoleARN || len(c.roleID) > maxRoleID || len(id.BoundTo) > maxBoundTo || len(c.arn) > maxRoleARN {
		return content{}, errors.New("the role's ARN or id, or what the session is bound to, is too long")
	}
	if id.Passed != nil {
		passed, err := json.Marshal(id.Passed)
		if err != nil {
			return content{}, fmt.Errorf("what the session was given: %w", err)
		}
		c.passed = string(passed)
	}
	again, err := c.identity()
	again.Passed, id.Passed = nil, nil
	id.AccessKeyID, id.IssuedAt = "", c.issued // the session has its own
	if err != nil || again != id {
		return content{}, fmt.Errorf("identity %s is not that of session %q of role %s", id.ARN, id.SessionName, id.RoleARN)
	}
	return c, nil
}

// ofNoRole reports whether sessions of a purpose are of no role.
func ofNoRole(p caller.Purpose) bool {
	return p == caller.Token || p == caller.Federation || p == caller.Operator
}

func checkSessionName(name string) error {
	if n := len(name); n < minSessionName || n > maxSessionName {
		return fmt.Errorf("session name %q has %d characters, not %d to %d", name, n, minSessionName, maxSessionName)
	}
	for i := range len(name) {
		if !inSessionName(name[i]) {
			return fmt.Errorf("session name %q has characters other than letters, digits and _+=,.@-", name)
		}
	}
	return nil
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

func (c content) identity() (caller.Identity, error) {
	var id caller.Identity
	if c.kind == caller.AssumedRole {
		id = caller.NewSession(c.purpose, c.roleARN, c.roleID, c.sessionName)
	} else {
		id = caller.Identity{Account: accountOf(c.arn), ARN: c.arn, UserID: c.roleID, Kind: c.kind, Purpose: c.purpose,
			RoleARN: c.roleARN, SessionName: c.sessionName}
	}
	id.BoundTo, id.IssuedAt = c.boundTo, c.issued
	if c.passed != "" {
		id.Passed = &caller.Passed{}
		if err := json.Unmarshal([]byte(c.passed), id.Passed); err != nil {
			return caller.Identity{}, fmt.Errorf("what the session was given: %w", err)
		}
	}
	return id, nil
}

// accountOf returns the account in an ARN, "" if there is none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return ""
	}
	return parts[4]
}

func (c *content) texts() []*string {
	return []*string{&c.roleARN, &c.roleID, &c.sessionName, &c.boundTo, &c.arn, &c.passed}
}

// append encodes the content: end and begin in seconds, kind, purpose, then
// the texts with their lengths.
func (c content) append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, c.expires.Unix())
	begin := int64(0)
	if !c.issued.IsZero() {
		begin = c.issued.Unix()
	}
	dst = binary.AppendVarint(dst, begin)
	dst = append(dst, byte(c.kind), byte(c.purpose))
	for _, text := range c.texts() {
		dst = binary.AppendUvarint(dst, uint64(len(*text)))
		dst = append(dst, *text...)
	}
	return dst
}

// parseContent decodes what append encoded. What it reads was sealed by us, so
// an error means a token of another version of this package.
func parseContent(b []byte) (content, error) {
	bad := errors.New("sealed content of an unknown form")
	seconds, n := binary.Varint(b)
	if n <= 0 {
		return content{}, bad
	}
	b = b[n:]
	begin, n := binary.Varint(b)
	if n <= 0 || len(b) < n+2 {
		return content{}, bad
	}
	c := content{expires: time.Unix(seconds, 0).UTC(), kind: caller.Kind(b[n]), purpose: caller.Purpose(b[n+1])}
	if begin != 0 {
		c.issued = time.Unix(begin, 0).UTC()
	}
	b = b[n+2:]
	for _, into := range c.texts() {
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
