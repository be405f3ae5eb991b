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
	// RotationEnabled, RotationTask, RotationDays, RotationRule and
	// RotationWindow are the caller's wish; written by the API.
	RotationEnabled bool   `f:"13"`
	RotationTask    string `f:"14"` // ARN of a task definition, with or without its revision
	RotationDays    int    `f:"15"` // 0 when RotationRule says when, or nothing does
	RotationRule    string `f:"16"` // schedule expression
	RotationWindow  string `f:"17"` // such as 3h; "" for the default
	// RotatedAt is when a rotation was complete last, and RotateAt when the
	// next is to begin; zero: never. Written by the rotation planner; RotateAt
	// by the API, too, when the schedule changes.
	RotatedAt  time.Time `f:"18"`
	RotateAt   time.Time `f:"19"`
	AccessedOn time.Time `f:"20"` // the day, UTC
	// Rotation is the rotation that is under way; nil for none. The API begins
	// and cancels it, the rotation planner does the rest.
	Rotation *SecretRotation `f:"21"`
	// CurrentAt is when AWSCURRENT moved last; zero in secrets that were
	// written before there was this field.
	CurrentAt time.Time `f:"22"`
	// Tagged is whether the secret had tags ever, which answers show. Written
	// by the API.
	Tagged bool `f:"23"`
}

// SecretRotation is one rotation of a secret, from its beginning until its
// version is AWSCURRENT.
type SecretRotation struct {
	// Token is the id of the version that is to become AWSCURRENT.
	Token string `f:"1"`
	// Step is createSecret, setSecret, testSecret or finishSecret.
	Step string `f:"2"`
	// Attempt is which attempt this is, from 1: each begins with the first step.
	Attempt int `f:"3"`
	// Task is the id (TaskID) of the task that does the step; "" for one that
	// is still to be made.
	Task string `f:"4"`
	// Since is when the step's task was made.
	Since time.Time `f:"5"`
	// RetryAt is when the next task may be made after a failure.
	RetryAt time.Time `f:"6"`
	// Failure says why the last attempt failed, at FailedAt.
	Failure  string    `f:"7"`
	FailedAt time.Time `f:"8"`
}

// SecretVersion is one value of a secret.
type SecretVersion struct {
	ID        string    `f:"1"` // 32-64 characters
	Stages    []string  `f:"2"` // AWSCURRENT, AWSPREVIOUS, AWSPENDING and the caller's
	Sealed    []byte    `f:"3"` // empty: a rotation is to give it a value
	Binary    bool      `f:"4"`
	CreatedAt time.Time `f:"5"`
	KeyID     string    `f:"6"`
	// AccessedOn is the day, UTC, on which the value was read last. Written by
	// the API.
	AccessedOn time.Time `f:"7"`
}

// Empty reports whether the version has no value yet.
func (v *SecretVersion) Empty() bool { return len(v.Sealed) == 0 }

// Staging labels that mean something to Secrets Manager.
const (
	StageCurrent  = "AWSCURRENT"
	StagePrevious = "AWSPREVIOUS"
	StagePending  = "AWSPENDING"
)

// WithStage returns the index of the version that has a staging label, or -1.
func (s *Secret) WithStage(stage string) int {
	return slices.IndexFunc(s.Versions, func(v SecretVersion) bool { return slices.Contains(v.Stages, stage) })
}

// Version returns the index of the version with an id, or -1.
func (s *Secret) Version(id string) int {
	return slices.IndexFunc(s.Versions, func(v SecretVersion) bool { return v.ID == id })
}

// Detach takes a staging label from the version at an index. The secret must
// be the caller's own copy.
func (s *Secret) Detach(from int, stage string) {
	v := &s.Versions[from]
	v.Stages = slices.DeleteFunc(slices.Clone(v.Stages), func(have string) bool { return have == stage })
}

// Pend gives the version with an id, which is made if there is none, the label
// AWSPENDING, which nothing else may have. The secret must be the caller's own
// copy.
func (s *Secret) Pend(id string, now time.Time) {
	i := s.Version(id)
	if i < 0 {
		s.Versions, i = append(s.Versions, SecretVersion{ID: id, CreatedAt: now}), len(s.Versions)
	}
	if v := &s.Versions[i]; !slices.Contains(v.Stages, StagePending) {
		v.Stages = append(slices.Clone(v.Stages), StagePending)
	}
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
	if s.Rotation != nil {
		c.Rotation = new(*s.Rotation)
	}
	return &c
}

// SecretARN returns arn:aws:secretsmanager:region:account:secret:name-suffix.
func (s Scope) SecretARN(name, suffix string) string {
	return "arn:aws:secretsmanager:" + s.Region + ":" + s.Account + ":secret:" + name + "-" + suffix
}
