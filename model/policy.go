package model

import (
	"slices"
	"time"
)

// Policy is a customer's managed policy. AWS's own managed policies are not
// stored.
type Policy struct {
	Meta
	Account     string          `f:"1"`
	Name        string          `f:"2"`
	Path        string          `f:"3"`
	ID          string          `f:"4"` // ANPA...
	Description string          `f:"5"`
	CreatedAt   time.Time       `f:"6"`
	UpdatedAt   time.Time       `f:"7"`
	Tags        []Tag           `f:"8"`
	Versions    []PolicyVersion `f:"9"`  // oldest first, at most five
	Default     int             `f:"10"` // number of the version in force
	Latest      int             `f:"11"` // number of the last version ever made
}

// PolicyVersion is one text of a managed policy: v1, v2, ...
type PolicyVersion struct {
	Number    int       `f:"1"`
	Document  string    `f:"2"`
	CreatedAt time.Time `f:"3"`
}

// KindPolicy is the table of managed policies.
const KindPolicy Kind = "iam-policy"

// PolicyID returns account/name in lower case: a name is used once, whatever
// the path.
func PolicyID(account, name string) string { return account + "/" + fold(name) }

// Key returns account/name.
func (p *Policy) Key() Key { return Key{KindPolicy, PolicyID(p.Account, p.Name)} }

// Clone returns a copy whose fields may be replaced; Versions is copied.
func (p *Policy) Clone() *Policy {
	c := *p
	c.Versions = slices.Clone(p.Versions)
	return &c
}

// Document returns the version in force.
func (p *Policy) Document() string {
	for _, v := range p.Versions {
		if v.Number == p.Default {
			return v.Document
		}
	}
	return ""
}

// OIDCProvider is an OpenID Connect identity provider whose tokens may assume
// roles.
type OIDCProvider struct {
	Meta
	Account     string    `f:"1"`
	Host        string    `f:"2"` // the URL without https://
	ClientIDs   []string  `f:"3"`
	Thumbprints []string  `f:"4"`
	Tags        []Tag     `f:"5"`
	CreatedAt   time.Time `f:"6"`
}

// KindOIDCProvider is the table of OpenID Connect providers.
const KindOIDCProvider Kind = "iam-oidc-provider"

// OIDCProviderID returns account/host.
func OIDCProviderID(account, host string) string { return account + "/" + host }

// Key returns account/host.
func (p *OIDCProvider) Key() Key { return Key{KindOIDCProvider, OIDCProviderID(p.Account, p.Host)} }

// Clone returns a copy whose fields may be replaced.
func (p *OIDCProvider) Clone() *OIDCProvider { c := *p; return &c }

// Account is what is kept for an account as a whole. The fields up to Deletions
// are written by IAM's front door, the others by that of Organizations.
type Account struct {
	Meta
	ID    string `f:"1"`
	Alias string `f:"2"`
	// PasswordPolicy is nil while the account has none.
	PasswordPolicy *PasswordPolicy `f:"3"`
	// Deletions are the last deletions of service-linked roles, oldest first.
	Deletions []RoleDeletion `f:"4"`

	// Name and Email are the account's; "" for the management account, and for
	// one that nobody made.
	Name  string `f:"5"`
	Email string `f:"6"`
	// JoinedAt is when the account was made; zero for the management account.
	JoinedAt time.Time `f:"7"`
	// ClosedAt is when it was closed: since then nobody is let in who belongs to
	// it. Zero while it is open.
	ClosedAt time.Time `f:"8"`
	// Request is the id of the request that made it: car-...
	Request string `f:"9"`
	Tags    []Tag  `f:"10"`
	// Refusals are the last requests for an account that came to nothing, oldest
	// first; of the management account alone.
	Refusals []AccountRefusal `f:"11"`
}

// Closed reports whether the account was closed.
func (a *Account) Closed() bool { return !a.ClosedAt.IsZero() }

// AccountRefusal is a request for an account that came to nothing.
type AccountRefusal struct {
	ID     string    `f:"1"` // car-...
	Name   string    `f:"2"`
	Reason string    `f:"3"` // in the words of CreateAccountFailureReason
	At     time.Time `f:"4"`
}

// RoleDeletion is the deletion of a service-linked role, which is asked after
// by its id.
type RoleDeletion struct {
	ID string `f:"1"` // task/aws-service-role/SERVICE/ROLE/UUID
	// Reason says why the role was not deleted; "" where it was.
	Reason string `f:"2"`
	// Uses are ARNs of what still needs the role.
	Uses []string `f:"3"`
}

// PasswordPolicy is an account's rules for passwords.
// Source: IAM API reference, UpdateAccountPasswordPolicy.
type PasswordPolicy struct {
	MinimumLength     int  `f:"1"`
	RequireSymbols    bool `f:"2"`
	RequireNumbers    bool `f:"3"`
	RequireUppercase  bool `f:"4"`
	RequireLowercase  bool `f:"5"`
	AllowChange       bool `f:"6"`
	MaxAge            int  `f:"7"` // days; 0: they do not expire
	ReusePrevention   int  `f:"8"`
	HardExpiry        bool `f:"9"`
	HardExpirySet     bool `f:"10"`
	MaxAgeSet         bool `f:"11"`
	ReusePreventedSet bool `f:"12"`
}

// KindAccount is the table of accounts.
const KindAccount Kind = "account"

// Key returns the account's id.
func (a *Account) Key() Key { return Key{KindAccount, a.ID} }

// Clone returns a copy whose fields may be replaced.
func (a *Account) Clone() *Account { c := *a; return &c }
