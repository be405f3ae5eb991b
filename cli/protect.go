package cli

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// protector lets tasks protect themselves through the platform's public API, as
// the role whose credentials it is given.
type protector struct{ platform aws.Config }

func (p protector) client(as acs.Credentials) *ecs.Client {
	c := p.platform.Copy()
	c.Credentials = staticCredentials(as.AccessKeyID, as.SecretAccessKey, as.SessionToken)
	return ecs.NewFromConfig(c)
}

// UpdateTaskProtection implements agent.Protector.
func (p protector) UpdateTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error) {
	return p.client(as).UpdateTaskProtection(ctx, in)
}

// GetTaskProtection implements agent.Protector.
func (p protector) GetTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error) {
	return p.client(as).GetTaskProtection(ctx, in)
}
