package sts_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/model"
)

// idp is an OpenID Connect provider.
type idp struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			answer = map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
				"authorization_endpoint": p.URL, "token_endpoint": p.URL}
		case "/keys":
			answer = map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
				"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}}
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *idp) host() string { return strings.TrimPrefix(p.URL, "https://") }

// token signs claims, in place of which others may be given.
func (p *idp) token(t *testing.T, change map[string]any) *string {
	t.Helper()
	claims := map[string]any{"iss": p.URL, "sub": "repo:org/app", "aud": "roadstead", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
	for k, v := range change {
		claims[k] = v
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return aws.String(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func TestWebIdentities(t *testing.T) {
	p := newIDP(t)
	e := serve(t, p.Client())
	ctx := t.Context()
	e.commit(t, func(c *model.Change) {
		c.Put(&model.OIDCProvider{Account: account, Host: p.host(), ClientIDs: []string{"roadstead"}})
	})
	arn := model.Scope{Account: account}.OIDCProviderARN(p.host())
	e.role(t, trusting(`{"Federated":"`+arn+`"}`, `{"StringLike":{"`+p.host()+`:sub":"repo:org/*"},"StringEquals":{"`+p.host()+`:aud":"roadstead"}}`))
	anonymous := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &e.url, RetryMaxAttempts: 1})
	in := func(token *string) *sts.AssumeRoleWithWebIdentityInput {
		return &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("build"), WebIdentityToken: token}
	}
	out, err := anonymous.AssumeRoleWithWebIdentity(ctx, in(p.token(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if *out.SubjectFromWebIdentityToken != "repo:org/app" || *out.Audience != "roadstead" || *out.Provider != arn {
		t.Errorf("%+v", out)
	}
	if got := identityOf(t, e.of(out.Credentials)); got[1] != "arn:aws:sts::000000000000:assumed-role/deployer/build" {
		t.Errorf("session is %v", got)
	}
	tagged := map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"blue"}}, "transitive_tag_keys": []string{"team"}},
		"https://aws.amazon.com/source_identity": "ann"}
	if out, err := anonymous.AssumeRoleWithWebIdentity(ctx, in(p.token(t, tagged))); err != nil || *out.SourceIdentity != "ann" || *out.PackedPolicySize < 1 {
		t.Errorf("%v %+v", err, out)
	}
	forged := *p.token(t, nil)
	forged = forged[:len(forged)-8] + "AAAAAAAA"
	for message, token := range map[string]*string{
		"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity": p.token(t, map[string]any{"sub": "repo:other/app"}),
		"InvalidIdentityToken: Incorrect token audience":                        p.token(t, map[string]any{"aud": "other"}),
		"InvalidIdentityToken: No OpenIDConnect provider found in your account": p.token(t, map[string]any{"iss": "https://elsewhere.example"}),
		"ExpiredTokenException: Token expired: current date/time":               p.token(t, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"InvalidIdentityToken: Couldn't verify":                                 &forged,
		"InvalidIdentityToken: The ID Token provided is not a valid JWT":        aws.String("nonsense"),
	} {
		_, err := anonymous.AssumeRoleWithWebIdentity(ctx, in(token))
		code, words, _ := strings.Cut(message, ": ")
		wantCode(t, err, code, words)
	}
	p.Close()
	other := serve(t, p.Client())
	other.commit(t, func(c *model.Change) {
		c.Put(&model.OIDCProvider{Account: account, Host: p.host(), ClientIDs: []string{"roadstead"}})
	})
	_, err = sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &other.url, RetryMaxAttempts: 1}).AssumeRoleWithWebIdentity(ctx, in(p.token(t, nil)))
	wantCode(t, err, "IDPCommunicationError", "Couldn't retrieve verification key from your identity provider")
}
