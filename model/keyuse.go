package model

import "time"

// AccessKeyUse is the last use of an access key that is known for good. It is
// written from time to time, not at each use.
type AccessKeyUse struct {
	Meta
	ID      string    `f:"1"` // the key's
	Account string    `f:"2"`
	At      time.Time `f:"3"`
	Service string    `f:"4"` // such as ecs
	Region  string    `f:"5"`
}

// KindAccessKeyUse is the table of uses of access keys.
const KindAccessKeyUse Kind = "iam-access-key-use"

// Key returns the key's id.
func (u *AccessKeyUse) Key() Key { return Key{KindAccessKeyUse, u.ID} }

// Clone returns a copy whose fields may be replaced.
func (u *AccessKeyUse) Clone() *AccessKeyUse { c := *u; return &c }
