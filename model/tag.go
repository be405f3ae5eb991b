package model

import "time"

// Tag is a key and value that a caller hangs on a resource. Order is kept.
type Tag struct {
	Key   string `f:"1"`
	Value string `f:"2"`
}

// Attribute is a name and optional value of a container instance, which
// placement constraints and required attributes are matched against.
type Attribute struct {
	Name  string `f:"1"`
	Value string `f:"2"`
	// Custom is set for attributes that a person put (PutAttributes or
	// registration by the operator), unset for the agent's own.
	Custom bool `f:"3"`
}

// AccountSetting is the value of one ECS account setting for one principal,
// or for the whole account where Principal is empty. Written by the API.
type AccountSetting struct {
	Meta
	Account   string `f:"1"`
	Principal string `f:"2"`
	Name      string `f:"3"`
	Value     string `f:"4"`
}

// SettingLogDriverMode is the account setting that says whether containers
// wait for their logs where their definitions do not: blocking or non-blocking.
const SettingLogDriverMode = "defaultLogDriverMode"

// KindAccountSetting is the table of account settings.
const KindAccountSetting Kind = "account-setting"

// Key returns account/name/principal.
func (s *AccountSetting) Key() Key {
	return Key{KindAccountSetting, s.Account + "/" + s.Name + "/" + s.Principal}
}

// Clone returns a copy that may be changed.
func (s *AccountSetting) Clone() *AccountSetting { c := *s; return &c }

// ClientToken remembers an idempotent call: the same token with the same
// parameters answers with what was made then, with other parameters it is a
// conflict. Written by the API, reaped after ExpiresAt.
type ClientToken struct {
	Meta
	Account   string `f:"1"`
	Operation string `f:"2"` // such as RunTask
	Scope     string `f:"3"` // the cluster's name
	Token     string `f:"4"`
	// Digest is a hash over the request's parameters without the token.
	Digest    string    `f:"5"`
	Results   []string  `f:"6"` // ids of what was made
	ExpiresAt time.Time `f:"7"`
}

// KindClientToken is the table of client tokens.
const KindClientToken Kind = "client-token"

// Key returns account/operation/scope/token.
func (t *ClientToken) Key() Key {
	return Key{KindClientToken, t.Account + "/" + t.Operation + "/" + t.Scope + "/" + t.Token}
}

// Clone returns a copy that may be changed.
func (t *ClientToken) Clone() *ClientToken { c := *t; return &c }
