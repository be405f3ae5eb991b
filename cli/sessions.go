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
type taskSessions struct{ keys *keyring.Keyring }

// TaskCredentials implements control.Sessions.
func (s taskSessions) TaskCredentials(t *model.Task, region, roleARN string, purpose caller.Purpose, now time.Time) (*acs.Credentials, error) {
	who := caller.NewSession(purpose, roleARN, roleID(roleARN), t.ID)
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

// roleID returns the unique id of a role. Roles are not stored yet, so it is
// derived from the role's name.
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
