package sts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	// providerPatience is how long an identity provider has for an answer.
	providerPatience = 5 * time.Second
	// maxProviders bounds the providers whose keys are held.
	maxProviders = 128
	maxWebToken  = 20000 // characters
)

// providers are identity providers whose endpoints are known.
type providers struct {
	client *http.Client
	lock   sync.Mutex
	known  map[string]*oidc.Provider // by issuer
}

func newProviders(client *http.Client) *providers {
	return &providers{client: client, known: map[string]*oidc.Provider{}}
}

// of returns the provider with the issuer's URL, asked for its endpoints the
// first time. Its keys are fetched anew when a token names one that is not
// known.
func (p *providers) of(ctx context.Context, issuer string) (*oidc.Provider, error) {
	p.lock.Lock()
	known := p.known[issuer]
	p.lock.Unlock()
	if known != nil {
		return known, nil
	}
	// The provider fetches keys later, for other requests too.
	fresh, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), issuer)
	if err != nil {
		return nil, err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if len(p.known) >= maxProviders {
		clear(p.known)
	}
	p.known[issuer] = fresh
	return fresh, nil
}

// claims are what a web identity token says.
// Source: IAM user guide, "Passing session tags using AssumeRoleWithWebIdentity".
type claims struct {
	Issuer   string   `json:"iss"`
	AMR      []string `json:"amr"`
	Azp      string   `json:"azp"`
	Source   string   `json:"https://aws.amazon.com/source_identity"`
	TagClaim struct {
		Principal  map[string][]string `json:"principal_tags"`
		Transitive []string            `json:"transitive_tag_keys"`
	} `json:"https://aws.amazon.com/tags"`
}

// AssumeRoleWithWebIdentity returns a session of a role for who an OpenID
// Connect provider says it is.
func (d *frontDoor) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	if err := checkRole(in.RoleArn, in.RoleSessionName, in.MinimumSessionTokenSize); err != nil {
		return nil, err
	}
	switch {
	case in.WebIdentityToken == nil:
		return nil, missing("webIdentityToken")
	case len(*in.WebIdentityToken) > maxWebToken:
		return nil, invalid((*in.WebIdentityToken)[:16]+"...", "webIdentityToken", fmt.Sprintf("Member must have length less than or equal to %d", maxWebToken))
	case in.ProviderId != nil: // is for OAuth 2.0 tokens of two companies
		return nil, notSupported("ProviderId")
	}
	account, _ := model.ParseARN(*in.RoleArn)
	token, said, provider, err := d.verify(ctx, account.Account, *in.WebIdentityToken)
	if err != nil {
		return nil, err
	}
	p := &caller.Passed{Provider: model.Scope{Account: account.Account}.OIDCProviderARN(provider.Host), Claims: claimKeys(provider.Host, token, said)}
	brought := said.tags()
	if err := limits(p, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	if err := tags(p, nil, brought, said.TagClaim.Transitive); err != nil {
		return nil, err
	}
	var from *string
	if said.Source != "" {
		from = &said.Source
	}
	if err := source(p, nil, from); err != nil {
		return nil, err
	}
	role, ok := d.role(*in.RoleArn)
	if !ok || !d.trusted(ctx, in, p, brought, said) {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	lasts, err := lastsOfRole(in.DurationSeconds, role, false)
	if err != nil {
		return nil, err
	}
	id := caller.NewSession(caller.Assumed, *in.RoleArn, role.ID, *in.RoleSessionName)
	made, err := d.issue(ctx, id, p, lasts)
	if err != nil {
		return nil, err
	}
	out := &sts.AssumeRoleWithWebIdentityOutput{Credentials: made.credentials, PackedPolicySize: made.packed,
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &id.ARN, AssumedRoleId: &id.UserID}, Provider: &p.Provider,
		SubjectFromWebIdentityToken: &token.Subject, Audience: aws.String(strings.Join(token.Audience, ","))}
	if p.SourceIdentity != "" {
		out.SourceIdentity = &p.SourceIdentity
	}
	return out, nil
}

// trusted asks the role's trust policy.
func (d *frontDoor) trusted(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, p *caller.Passed, brought []caller.Tag, said *claims) bool {
	var from *string
	if p.SourceIdentity != "" {
		from = &p.SourceIdentity
	}
	keys := sessionKeys(in.RoleSessionName, from, brought, said.TagClaim.Transitive)
	keys["aws:FederatedProvider"] = []string{p.Provider}
	for _, c := range p.Claims {
		keys[c.Key] = append(keys[c.Key], c.Value)
	}
	for _, need := range sessionNeeds("sts:AssumeRoleWithWebIdentity", *in.RoleArn, keys, from, len(brought) > 0) {
		if d.gate.Admits(ctx, policy.Caller{Federated: p.Provider}, need) != nil {
			return false
		}
	}
	return true
}

// verify checks a token against the account's providers.
func (d *frontDoor) verify(ctx context.Context, account, raw string) (*oidc.IDToken, *claims, *model.OIDCProvider, error) {
	issuer, err := issuerOf(raw)
	if err != nil {
		return nil, nil, nil, &types.InvalidIdentityTokenException{Message: new("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")}
	}
	host, secure := strings.CutPrefix(issuer, "https://")
	provider, ok := store.Get[*model.OIDCProvider](d.db.View(), model.OIDCProviderID(account, host))
	if !secure || !ok {
		return nil, nil, nil, &types.InvalidIdentityTokenException{Message: new("No OpenIDConnect provider found in your account for " + issuer)}
	}
	known, err := d.providers.of(ctx, issuer)
	if err != nil {
		return nil, nil, nil, &types.IDPCommunicationErrorException{Message: new("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")}
	}
	token, err := known.Verifier(&oidc.Config{SkipClientIDCheck: true, Now: d.opts.Now}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nil, nil, nil, &types.ExpiredTokenException{Message: new(fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", d.now().Unix(), expired.Expiry.Unix()))}
	case err != nil:
		return nil, nil, nil, &types.InvalidIdentityTokenException{Message: new("Couldn't verify the web identity token with the keys of " + issuer)}
	}
	said := &claims{}
	if err := token.Claims(said); err != nil {
		return nil, nil, nil, &types.InvalidIdentityTokenException{Message: new("The claims of the web identity token are malformed")}
	}
	audience := token.Audience
	if said.Azp != "" {
		audience = []string{said.Azp} // the party that it was made for stands before the audience
	}
	if !slices.ContainsFunc(audience, func(a string) bool { return slices.Contains(provider.ClientIDs, a) }) {
		return nil, nil, nil, &types.InvalidIdentityTokenException{Message: new("Incorrect token audience")}
	}
	return token, said, provider, nil
}

// issuerOf reads who says to have made a token, without believing it.
func issuerOf(raw string) (string, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", errors.New("not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Issuer == "" {
		return "", errors.New("no issuer")
	}
	return c.Issuer, nil
}

// claimKeys are the condition keys of a token.
// Source: IAM user guide, "Available keys for AWS OIDC federation".
func claimKeys(host string, token *oidc.IDToken, said *claims) []caller.Tag {
	audience := token.Audience
	if said.Azp != "" {
		audience = []string{said.Azp}
	}
	keys := []caller.Tag{{Key: host + ":sub", Value: token.Subject}}
	for _, a := range audience {
		keys = append(keys, caller.Tag{Key: host + ":aud", Value: a})
	}
	if said.Azp != "" {
		for _, a := range token.Audience {
			keys = append(keys, caller.Tag{Key: host + ":oaud", Value: a})
		}
	}
	for _, a := range said.AMR {
		keys = append(keys, caller.Tag{Key: host + ":amr", Value: a})
	}
	return keys
}

// tags are the session tags that a token brings, by key.
func (c *claims) tags() (out []caller.Tag) {
	for key, values := range c.TagClaim.Principal {
		if len(values) > 0 {
			out = append(out, caller.Tag{Key: key, Value: values[0]})
		}
	}
	slices.SortFunc(out, func(a, b caller.Tag) int { return strings.Compare(a.Key, b.Key) })
	return out
}
