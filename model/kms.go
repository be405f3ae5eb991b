package model

import (
	"slices"
	"time"
)

// KMSKey is a key of the Key Management Service.
type KMSKey struct {
	Meta
	Account     string `f:"1"`
	ID          string `f:"2"` // a UUID
	Description string `f:"3"`
	Spec        string `f:"4"` // SYMMETRIC_DEFAULT
	Usage       string `f:"5"` // ENCRYPT_DECRYPT
	State       string `f:"6"` // Enabled, Disabled, PendingDeletion
	Manager     string `f:"7"` // CUSTOMER or AWS
	Policy      string `f:"8"`
	Tags        []Tag  `f:"9"`
	// Material are the versions of the key, sealed, oldest first: rotation adds one.
	Material  []KMSMaterial `f:"10"`
	CreatedAt time.Time     `f:"11"`
	DeleteAt  time.Time     `f:"12"`
	Rotation  bool          `f:"13"`
	// RotationDays is the rotation period; RotateAt when it is next due.
	RotationDays int        `f:"14"`
	RotateAt     time.Time  `f:"15"`
	Grants       []KMSGrant `f:"16"`
}

// KMSMaterial is one version of a key.
type KMSMaterial struct {
	ID       uint32    `f:"1"`
	Sealed   []byte    `f:"2"`
	MadeAt   time.Time `f:"3"`
	OnDemand bool      `f:"4"`
}

// KMSGrant lets a principal use a key.
type KMSGrant struct {
	ID         string   `f:"1"`
	Token      string   `f:"2"`
	Name       string   `f:"3"`
	Grantee    string   `f:"4"`
	Retiring   string   `f:"5"`
	Operations []string `f:"6"`
	// Constraint maps are pairs of names and values, sorted by name.
	ContextEquals []Tag     `f:"7"`
	ContextSubset []Tag     `f:"8"`
	CreatedAt     time.Time `f:"9"`
	IssuedBy      string    `f:"10"`
}

// KindKMSKey is the table of KMS keys.
const KindKMSKey Kind = "kms-key"

// KMSKeyID returns account/id.
func KMSKeyID(account, id string) string { return account + "/" + id }

// Key returns account/id.
func (k *KMSKey) Key() Key { return Key{KindKMSKey, KMSKeyID(k.Account, k.ID)} }

// Clone returns a copy whose fields may be replaced; Material and Grants are copied.
func (k *KMSKey) Clone() *KMSKey {
	c := *k
	c.Material, c.Grants = slices.Clone(k.Material), slices.Clone(k.Grants)
	return &c
}

// KMSAlias is another name of a key.
type KMSAlias struct {
	Meta
	Account   string    `f:"1"`
	Name      string    `f:"2"` // alias/...
	KeyID     string    `f:"3"`
	CreatedAt time.Time `f:"4"`
	UpdatedAt time.Time `f:"5"`
}

// KindKMSAlias is the table of aliases of KMS keys.
const KindKMSAlias Kind = "kms-alias"

// KMSAliasID returns account/alias/name.
func KMSAliasID(account, name string) string { return account + "/" + name }

// Key returns account/alias/name.
func (a *KMSAlias) Key() Key { return Key{KindKMSAlias, KMSAliasID(a.Account, a.Name)} }

// Clone returns a copy whose fields may be replaced.
func (a *KMSAlias) Clone() *KMSAlias { c := *a; return &c }

// KMSKeyARN returns arn:aws:kms:region:account:key/id.
func (s Scope) KMSKeyARN(id string) string {
	return "arn:aws:kms:" + s.Region + ":" + s.Account + ":key/" + id
}

// KMSAliasARN returns arn:aws:kms:region:account:alias/name.
func (s Scope) KMSAliasARN(name string) string {
	return "arn:aws:kms:" + s.Region + ":" + s.Account + ":" + name
}
