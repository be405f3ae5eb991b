package sts

import "github.com/roadstead/roadstead/wire"

// New returns the service as the router offers it.
func New() *wire.Service {
	var door frontDoor
	return &wire.Service{
		Name:         "sts",
		SigningName:  "sts",
		Version:      "2011-06-15",
		XMLNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Protocols:    []wire.Protocol{wire.Query},
		Operations: []wire.Operation{
			wire.Op("GetCallerIdentity", door.GetCallerIdentity).Needing(wire.NoPermission()),
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
type frontDoor struct{}
