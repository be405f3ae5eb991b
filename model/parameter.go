package model

import (
	"slices"
	"time"
)

// Parameter is a parameter of Systems Manager's Parameter Store.
type Parameter struct {
	Meta
	Account string `f:"1"`
	Name    string `f:"2"` // with its leading slash, if it has one
	// Versions are the latest, oldest first, at most 100.
	Versions []ParameterVersion `f:"3"`
	Tags     []Tag              `f:"4"`
	// Version is the number of the newest.
	Version int `f:"5"`
	// Expires is when the newest version's Expiration policy deletes the
	// parameter; zero for never.
	Expires time.Time `f:"6"`
}

// ParameterVersion is one value of a parameter.
type ParameterVersion struct {
	Number      int    `f:"1"`
	Type        string `f:"2"` // String, StringList or SecureString
	Value       string `f:"3"` // "" for a SecureString
	Sealed      []byte `f:"4"` // of a SecureString
	KeyID       string `f:"5"` // the KMS key of a SecureString, as the caller named it
	Description string `f:"6"`
	Pattern     string `f:"7"` // allowedPattern
	Tier        string `f:"8"`
	DataType    string `f:"9"`
	// Policies are the parameter's policies, in JSON, as written.
	Policies   string    `f:"10"`
	ModifiedAt time.Time `f:"11"`
	ModifiedBy string    `f:"12"` // the caller's ARN
	Labels     []string  `f:"13"`
}

// KindParameter is the table of parameters.
const KindParameter Kind = "ssm-parameter"

// ParameterID returns account/name.
func ParameterID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (p *Parameter) Key() Key { return Key{KindParameter, ParameterID(p.Account, p.Name)} }

// Clone returns a copy whose fields may be replaced; Versions is copied.
func (p *Parameter) Clone() *Parameter {
	c := *p
	c.Versions = slices.Clone(p.Versions)
	return &c
}

// ParameterARN returns arn:aws:ssm:region:account:parameter/name; a leading
// slash of the name is not repeated.
func (s Scope) ParameterARN(name string) string {
	if name != "" && name[0] == '/' {
		name = name[1:]
	}
	return "arn:aws:ssm:" + s.Region + ":" + s.Account + ":parameter/" + name
}
