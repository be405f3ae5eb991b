package model

import (
	"strings"
	"time"
)

// fold returns a name of IAM in the form of ids.
func fold(name string) string { return strings.ToLower(name) }

// Role is an identity that others may assume.
type Role struct {
	Meta
	Account     string         `f:"1"`
	Name        string         `f:"2"`
	Path        string         `f:"3"`
	ID          string         `f:"4"` // AROA...
	CreatedAt   time.Time      `f:"5"`
	Tags        []Tag          `f:"6"`
	Boundary    string         `f:"7"`
	Attached    []string       `f:"8"`
	Inline      []InlinePolicy `f:"9"`
	Trust       string         `f:"10"` // the trust policy, as written
	Description string         `f:"11"`
	// MaxSession is the longest session.
	MaxSession time.Duration `f:"12"`
	// LinkedService is the service that a service-linked role is for; "" for others.
	LinkedService string `f:"13"`
	// SessionsFrom is when its sessions were last revoked; older ones are refused.
	SessionsFrom time.Time `f:"14"`
}

// KindRole is the table of roles.
const KindRole Kind = "iam-role"

// RoleID returns account/name in lower case.
func RoleID(account, name string) string { return account + "/" + fold(name) }

// Key returns account/name.
func (r *Role) Key() Key { return Key{KindRole, RoleID(r.Account, r.Name)} }

// Clone returns a copy whose fields may be replaced.
func (r *Role) Clone() *Role { c := *r; return &c }

// InstanceProfile gives a role to machines.
type InstanceProfile struct {
	Meta
	Account   string    `f:"1"`
	Name      string    `f:"2"`
	Path      string    `f:"3"`
	ID        string    `f:"4"` // AIPA...
	CreatedAt time.Time `f:"5"`
	Tags      []Tag     `f:"6"`
	Role      string    `f:"7"` // name; "" for none
}

// KindInstanceProfile is the table of instance profiles.
const KindInstanceProfile Kind = "iam-instance-profile"

// InstanceProfileID returns account/name in lower case.
func InstanceProfileID(account, name string) string { return account + "/" + fold(name) }

// Key returns account/name.
func (p *InstanceProfile) Key() Key {
	return Key{KindInstanceProfile, InstanceProfileID(p.Account, p.Name)}
}

// Clone returns a copy whose fields may be replaced.
func (p *InstanceProfile) Clone() *InstanceProfile { c := *p; return &c }
