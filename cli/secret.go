package cli

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// secretReader reads tasks' secrets through the platform's public API, as the
// execution role whose credentials it is given: what the role may not read, a
// task does not get.
type secretReader struct{ platform aws.Config }

func (r secretReader) config(as acs.Credentials, region string) aws.Config {
	c := r.platform.Copy()
	c.Credentials, c.Region = staticCredentials(as.AccessKeyID, as.SecretAccessKey, as.SessionToken), region
	return c
}

// Parameters implements agent.SecretReader.
func (r secretReader) Parameters(ctx context.Context, as acs.Credentials, region string, names []string) (map[string]string, []string, error) {
	out, err := ssm.NewFromConfig(r.config(as, region)).GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: aws.Bool(true)})
	if err != nil {
		return nil, nil, err
	}
	values := map[string]string{}
	missing := append([]string{}, out.InvalidParameters...)
	for _, name := range names {
		found := false
		for _, p := range out.Parameters {
			// The answer's name is without the version or label that was asked for.
			selector := aws.ToString(p.Selector)
			if name == aws.ToString(p.Name)+selector || name == aws.ToString(p.ARN) || name == aws.ToString(p.ARN)+selector {
				values[name], found = aws.ToString(p.Value), true
			}
		}
		if !found && len(out.InvalidParameters) == 0 {
			missing = append(missing, name)
		}
	}
	return values, missing, nil
}

// Secret implements agent.SecretReader.
func (r secretReader) Secret(ctx context.Context, as acs.Credentials, region, id, stage, version string) (string, error) {
	in := &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)}
	if stage != "" {
		in.VersionStage = aws.String(stage)
	}
	if version != "" {
		in.VersionId = aws.String(version)
	}
	out, err := secretsmanager.NewFromConfig(r.config(as, region)).GetSecretValue(ctx, in)
	if err != nil {
		return "", err
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("secret %s is binary: an environment holds text alone", id)
	}
	return *out.SecretString, nil
}
