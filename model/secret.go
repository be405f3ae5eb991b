package model

import (
	"slices"
	"time"
)

// Secret is a secret of Secrets Manager.
type Secret struct {
	Meta
	Account     string `f:"1"`
	Name        string `f:"2"`
	Suffix      string `f:"3"` // the six characters behind the name in the ARN
	Description string `f:"4"`
	KeyID       string `f:"5"` // KMS key; "" for aws/secretsmanager
	Tags        []Tag  `f:"6"`
	Policy      string `f:"7"` // resource policy, JSON; "" for none
	// Versions in the order of their making.
	Versions  []SecretVersion `f:"8"`
	CreatedAt time.Time       `f:"9"`
	ChangedAt time.Time       `f:"10"`
	// DeletedAt is when DeleteSecret was called and DeleteAt when it takes
	// effect; zero while it is not to be deleted.
	DeletedAt time.Time `f:"11"`
	DeleteAt  time.Time `f:"12"`
	// Rotation
	RotationEnabled bool      `f:"13"`
	RotationTask    string    `f:"14"` // who rotates
	RotationDays    int       `f:"15"`
	RotationRule    string    `f:"16"` // schedule expression
	RotationWindow  string    `f:"17"`
	RotatedAt       time.Time `f:"18"`
	RotateAt        time.Time `f:"19"`
	AccessedOn      time.Time `f:"20"` // the day, UTC
}

// SecretVersion is one value of a secret.
type SecretVersion struct {
	ID        string    `f:"1"` // 32-64 characters
	Stages    []string  `f:"2"` // AWSCURRENT, AWSPREVIOUS, AWSPENDING and the caller's
	Sealed    []byte    `f:"3"`
	Binary    bool      `f:"4"`
	CreatedAt time.Time `f:"5"`
	KeyID     string    `f:"6"`
}

// KindSecret is the table of secrets.
const KindSecret Kind = "secret"

// SecretID returns account/name.
func SecretID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (s *Secret) Key() Key { return Key{KindSecret, SecretID(s.Account, s.Name)} }

// Clone returns a copy whose fields may be replaced; Versions is copied.
func (s *Secret) Clone() *Secret {
	c := *s
	c.Versions = slices.Clone(s.Versions)
	return &c
}

// SecretARN returns arn:aws:secretsmanager:region:account:secret:name-suffix.
func (s Scope) SecretARN(name, suffix string) string {
	return "arn:aws:secretsmanager:" + s.Region + ":" + s.Account + ":secret:" + name + "-" + suffix
}
