package model

import "time"

// User is a person or program with long-term access keys. All fields of the
// nouns of IAM are written by its front door.
type User struct {
	Meta
	Account   string         `f:"1"`
	Name      string         `f:"2"` // as written; the id holds it in lower case
	Path      string         `f:"3"` // "/" or "/a/b/"
	ID        string         `f:"4"` // AIDA...
	CreatedAt time.Time      `f:"5"`
	Tags      []Tag          `f:"6"`
	Boundary  string         `f:"7"` // ARN of the permissions boundary; "" for none
	Groups    []string       `f:"8"` // names, sorted
	Attached  []string       `f:"9"` // ARNs of managed policies, in the order of attaching
	Inline    []InlinePolicy `f:"10"`
}

// KindUser is the table of users.
const KindUser Kind = "iam-user"

// UserID returns account/name, the name in lower case: names differ by more
// than case.
func UserID(account, name string) string { return account + "/" + fold(name) }

// Key returns account/name.
func (u *User) Key() Key { return Key{KindUser, UserID(u.Account, u.Name)} }

// Clone returns a copy whose fields may be replaced.
func (u *User) Clone() *User { c := *u; return &c }

// Group gives its users policies.
type Group struct {
	Meta
	Account   string         `f:"1"`
	Name      string         `f:"2"`
	Path      string         `f:"3"`
	ID        string         `f:"4"` // AGPA...
	CreatedAt time.Time      `f:"5"`
	Attached  []string       `f:"6"`
	Inline    []InlinePolicy `f:"7"`
}

// KindGroup is the table of groups.
const KindGroup Kind = "iam-group"

// GroupID returns account/name in lower case.
func GroupID(account, name string) string { return account + "/" + fold(name) }

// Key returns account/name.
func (g *Group) Key() Key { return Key{KindGroup, GroupID(g.Account, g.Name)} }

// Clone returns a copy whose fields may be replaced.
func (g *Group) Clone() *Group { c := *g; return &c }

// Access key statuses.
const (
	AccessKeyActive   = "Active"
	AccessKeyInactive = "Inactive"
)

// AccessKey is a long-term credential of a user, or of the account's root.
type AccessKey struct {
	Meta
	ID      string `f:"1"` // AKIA...; ids are unique over all accounts
	Account string `f:"2"`
	User    string `f:"3"` // name; "" for root
	Status  string `f:"4"` // Active or Inactive
	// Secret is the secret access key, sealed.
	Secret    []byte    `f:"5"`
	CreatedAt time.Time `f:"6"`
}

// KindAccessKey is the table of access keys.
const KindAccessKey Kind = "iam-access-key"

// Key returns the id.
func (k *AccessKey) Key() Key { return Key{KindAccessKey, k.ID} }

// Clone returns a copy whose fields may be replaced.
func (k *AccessKey) Clone() *AccessKey { c := *k; return &c }

// SealContext is the context that Secret is sealed in.
func (k *AccessKey) SealContext() []byte { return []byte(k.Key().String()) }
