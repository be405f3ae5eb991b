package sampleimage

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Credentials are a registry's user name and password; ECR's are "AWS" and an
// authorization token. The zero value is to have none.
type Credentials struct {
	Username string
	Password string
}

func (c Credentials) authenticator() authn.Authenticator {
	if c == (Credentials{}) {
		return authn.Anonymous
	}
	return &authn.Basic{Username: c.Username, Password: c.Password}
}

// Push pushes an image to a reference, "HOST:PORT/repository:tag", over plain
// HTTP to hosts that are this machine and over HTTPS to all others. It returns
// the reference by digest.
func Push(ctx context.Context, image v1.Image, reference string, credentials Credentials) (string, error) {
	parsed, err := name.ParseReference(reference, name.StrictValidation)
	if err != nil {
		return "", fmt.Errorf("push image: %w", err)
	}
	if err := remote.Write(parsed, image, remote.WithContext(ctx), remote.WithAuth(credentials.authenticator())); err != nil {
		return "", fmt.Errorf("push image to %s: %w", reference, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return "", fmt.Errorf("push image: %w", err)
	}
	return parsed.Context().Digest(digest.String()).String(), nil
}
