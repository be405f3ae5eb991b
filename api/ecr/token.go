package ecr

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/auth/caller"
)

// How long what we hand out is good for. Source: ECR API reference,
// GetAuthorizationToken and GetDownloadUrlForLayer.
const (
	tokenLife    = 12 * time.Hour
	downloadLife = time.Hour
)

// tokenUser is the user name that ECR's tokens are the password of.
const tokenUser = "AWS"

// What passes are sealed for.
const (
	tokenAudience    = "ecr registry"
	downloadAudience = "ecr layer "
	passParameter    = "pass" // in the query of a download's URL
)

// GetAuthorizationToken returns a password for docker. It is good for what the
// caller may do when it is used, in the caller's own registry.
func (d *Door) GetAuthorizationToken(ctx context.Context, in *ecr.GetAuthorizationTokenInput) (*ecr.GetAuthorizationTokenOutput, error) {
	r, err := d.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	if in.RegistryIds != nil {
		if err := checkCount("registryIds", len(in.RegistryIds), 1, 10); err != nil {
			return nil, err
		}
	}
	for _, id := range in.RegistryIds {
		if id != r.scope.Account {
			return nil, violates("registryIds", "must be the registry of the caller's account")
		}
	}
	expires := r.now.Add(tokenLife).Truncate(time.Second)
	token, err := d.sessions.Pass(r.who, tokenAudience, expires)
	if err != nil {
		return nil, d.fault(r, "issue a token", err)
	}
	data := types.AuthorizationData{
		AuthorizationToken: new(base64.StdEncoding.EncodeToString([]byte(tokenUser + ":" + token))),
		ExpiresAt:          &expires,
		ProxyEndpoint:      new(d.opts.Scheme + "://" + d.opts.RegistryHost),
	}
	out := &ecr.GetAuthorizationTokenOutput{}
	for range max(1, len(in.RegistryIds)) {
		out.AuthorizationData = append(out.AuthorizationData, data)
	}
	return out, nil
}

// Caller returns who makes a request to the registry: whoever the token is of
// that it shows, or for the download of one layer the pass in its URL. It
// returns session.ErrInvalid or session.ErrExpired for every other request.
func (d *Door) Caller(r *http.Request) (caller.Identity, error) {
	if user, token, ok := r.BasicAuth(); ok {
		if user != tokenUser {
			token = ""
		}
		return d.sessions.OpenPass(token, tokenAudience, d.opts.Now())
	}
	pass := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		pass = r.URL.Query().Get(passParameter)
	}
	return d.sessions.OpenPass(pass, downloadAudience+r.URL.Path, d.opts.Now())
}
