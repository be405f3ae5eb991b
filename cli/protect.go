package cli

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// protector lets tasks protect themselves through the platform's public API, as
// the role whose credentials it is given.
type protector struct{ url string }

func (p protector) client(as acs.Credentials) *ecs.Client {
	return ecs.NewFromConfig(clientConfig(p.url, staticCredentials(as.AccessKeyID, as.SecretAccessKey, as.SessionToken)))
}

// UpdateTaskProtection implements agent.Protector.
func (p protector) UpdateTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error) {
	return p.client(as).UpdateTaskProtection(ctx, in)
}

// GetTaskProtection implements agent.Protector.
func (p protector) GetTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error) {
	return p.client(as).GetTaskProtection(ctx, in)
}
