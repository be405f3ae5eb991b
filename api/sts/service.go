package sts

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Issuer makes the credentials of sessions.
type Issuer interface {
	Issue(id caller.Identity, expires time.Time) (session.Credentials, error)
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Bootstrap is the account of the access key that is not stored, and that
	// key's id.
	BootstrapAccount, BootstrapKey string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Client fetches the keys of identity providers; nil means one with a
	// deadline.
	Client *http.Client
}

// New returns the service as the router offers it.
func New(db *store.DB, sessions Issuer, allow *gate.Gate, opts Options) *wire.Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Client == nil {
		opts.Client = &http.Client{Timeout: providerPatience}
	}
	d := &frontDoor{db: db, sessions: sessions, gate: allow, opts: opts, providers: newProviders(opts.Client)}
	return &wire.Service{
		Name:         "sts",
		SigningName:  "sts",
		Version:      "2011-06-15",
		XMLNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Protocols:    []wire.Protocol{wire.Query},
		Operations: []wire.Operation{
			wire.Op("AssumeRole", d.AssumeRole).Needing(wire.Needs(assuming)),
			wire.Op("AssumeRoleWithSAML", d.AssumeRoleWithSAML).Needing(wire.NoCredentials()),
			wire.Op("AssumeRoleWithWebIdentity", d.AssumeRoleWithWebIdentity).Needing(wire.NoCredentials()),
			wire.Op("DecodeAuthorizationMessage", d.DecodeAuthorizationMessage).Needing(wire.OnAnything()),
			wire.Op("GetAccessKeyInfo", d.GetAccessKeyInfo).Needing(wire.OnAnything()),
			wire.Op("GetCallerIdentity", d.GetCallerIdentity).Needing(wire.NoPermission()),
			wire.Op("GetFederationToken", d.GetFederationToken).Needing(wire.Needs(federating)),
			wire.Op("GetSessionToken", d.GetSessionToken).Needing(wire.NoPermission()),
		},
		Known: []string{
			"AssumeRole",
			"AssumeRoleWithSAML",
			"AssumeRoleWithWebIdentity",
			"AssumeRoot",
			"DecodeAuthorizationMessage",
			"GetAccessKeyInfo",
			"GetCallerIdentity",
			"GetDelegatedAccessToken",
			"GetFederationToken",
			"GetSessionToken",
			"GetWebIdentityToken",
		},
	}
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	db        *store.DB
	sessions  Issuer
	gate      *gate.Gate
	opts      Options
	providers *providers
}

// now is the time in whole seconds, which is how tokens have it.
func (d *frontDoor) now() time.Time { return d.opts.Now().UTC().Truncate(time.Second) }

// tagText is a tag as a caller gives it.
func tagText(key, value *string) caller.Tag {
	return caller.Tag{Key: aws.ToString(key), Value: aws.ToString(value)}
}
