package agent

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// TokenAPI is the part of ECR's API that pulling needs; the SDK's client has it.
type TokenAPI interface {
	GetAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput, ...func(*ecr.Options)) (*ecr.GetAuthorizationTokenOutput, error)
}

// renewTokenBefore is how long before its expiry a token is not used any more.
const renewTokenBefore = 30 * time.Minute

// Registry gives the ECR tokens of images whose payload asks for them. One
// token serves all pulls until it is about to expire.
type Registry struct {
	api TokenAPI
	now func() time.Time

	mu      sync.Mutex
	auth    *runtime.BasicAuth
	expires time.Time
}

// NewRegistry returns a Registry that asks api.
func NewRegistry(api TokenAPI, now func() time.Time) *Registry { return &Registry{api: api, now: now} }

// Authenticate implements Authenticator.
func (r *Registry) Authenticate(ctx context.Context, c acs.Container) (*runtime.BasicAuth, error) {
	if c.RegistryAuthentication == nil {
		return nil, nil
	}
	if c.RegistryAuthentication.Type != "ecr" {
		return nil, fmt.Errorf("registry authentication of type %q is not supported", c.RegistryAuthentication.Type)
	}
	return r.Token(ctx)
}

// Token gives the credentials for the registry behind the API.
func (r *Registry) Token(ctx context.Context) (*runtime.BasicAuth, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.auth != nil && r.now().Before(r.expires.Add(-renewTokenBefore)) {
		return r.auth, nil
	}
	out, err := r.api.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, fmt.Errorf("ECR authorization token: %w", err)
	}
	if len(out.AuthorizationData) == 0 {
		return nil, errors.New("ECR authorization token: the answer has none")
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	user, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		return nil, errors.New("ECR authorization token: it is not user:password in base64")
	}
	r.auth, r.expires = &runtime.BasicAuth{Username: user, Password: password}, aws.ToTime(out.AuthorizationData[0].ExpiresAt)
	return r.auth, nil
}
