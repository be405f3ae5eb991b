package dispatch

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// secrets returns what the agent fetches for a container and for its log
// driver. The values are the agent's to ask for: they never pass through here.
func (p Platform) secrets(account string, c *types.ContainerDefinition) (out []acs.Secret) {
	for _, s := range c.Secrets {
		out = append(out, p.secret(account, s, acs.SecretEnvironment, acs.SecretForContainer))
	}
	if c.LogConfiguration != nil {
		for _, s := range c.LogConfiguration.SecretOptions {
			out = append(out, p.secret(account, s, acs.SecretBootstrap, acs.SecretForLogDriver))
		}
	}
	return out
}

func (p Platform) secret(account string, s types.Secret, kind, target string) acs.Secret {
	from := aws.ToString(s.ValueFrom)
	out := acs.Secret{Name: aws.ToString(s.Name), ValueFrom: from, Type: kind, Target: target,
		Provider: acs.ProviderParameter, Region: p.regionOf(from)}
	switch name, err := arn.Parse(from); {
	case err != nil:
	case name.Service == "secretsmanager":
		out.Provider = acs.ProviderSecret
	case name.Region == p.Region && name.AccountID == account && strings.Count(name.Resource, "/") > 1:
		// The agent finds its answers by name. A name of one part may be written
		// with or without a slash, which the ARN does not tell.
		out.ValueFrom = strings.TrimPrefix(name.Resource, "parameter")
	}
	return out
}

// regionOf returns the region that an ARN names; a plain name is of ours.
func (p Platform) regionOf(from string) string {
	if name, err := arn.Parse(from); err == nil && name.Region != "" {
		return name.Region
	}
	return p.Region
}

// defaultRestartPeriod is how long a container must have run to be started
// again, in seconds. Source: ECS API reference, ContainerRestartPolicy.
const defaultRestartPeriod = 300

func restartPolicy(r *types.ContainerRestartPolicy) *acs.RestartPolicy {
	if r == nil || !aws.ToBool(r.Enabled) {
		return nil
	}
	out := &acs.RestartPolicy{Enabled: true, IgnoredExitCodes: r.IgnoredExitCodes, AttemptPeriod: defaultRestartPeriod}
	if r.RestartAttemptPeriod != nil {
		out.AttemptPeriod = int64(*r.RestartAttemptPeriod)
	}
	return out
}
