package cli

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// taskCredentialsLife is how long a task's credentials are valid; they are
// renewed well before.
const taskCredentialsLife = 6 * time.Hour

// taskSessions issues sessions of tasks' roles.
type taskSessions struct {
	keys *keyring.Keyring
	view func() keyring.Nouns
}

// TaskCredentials implements control.Sessions.
func (s taskSessions) TaskCredentials(t *model.Task, region, roleARN string, purpose caller.Purpose, now time.Time) (*acs.Credentials, error) {
	who := caller.NewSession(purpose, roleARN, s.roleID(roleARN), t.ID)
	who.BoundTo, who.IssuedAt = t.ARN(region), now
	c, err := s.keys.Sessions().Issue(who, now.Add(taskCredentialsLife))
	if err != nil {
		return nil, err
	}
	return &acs.Credentials{
		CredentialsID: credentialsID(t, purpose), RoleARN: roleARN,
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		Expiration: c.Expiration.UTC().Format(time.RFC3339),
	}, nil
}

// credentialsID returns the same id for the same task and purpose, always.
func credentialsID(t *model.Task, purpose caller.Purpose) string {
	sum := sha256.Sum256([]byte(t.ID + "/" + purpose.String()))
	id, err := uuid.FromBytes(sum[:16])
	if err != nil {
		panic(err) // sixteen bytes are always a UUID
	}
	return id.String()
}

// roleID returns the unique id that IAM gave a role; of one that IAM does not
// know, one that is derived from its ARN.
func (s taskSessions) roleID(arn string) string {
	a, _ := model.ParseARN(arn)
	name := a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]
	n, _ := s.view().Lookup(model.Key{Kind: model.KindRole, ID: model.RoleID(a.Account, name)})
	if r, ok := n.(*model.Role); ok && (model.Scope{Account: r.Account}).RoleARN(r.Path, r.Name) == arn {
		return r.ID
	}
	return roleID(arn)
}

// roleID returns the unique id of a role that IAM does not know, always the
// same.
func roleID(roleARN string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	sum := sha256.Sum256([]byte(roleARN))
	var b strings.Builder
	b.WriteString("AROA")
	for _, c := range sum[:17] {
		b.WriteByte(alphabet[c&31])
	}
	return b.String()
}
