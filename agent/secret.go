package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// SecretReader reads secret values through the platform's public API, as
// whoever the credentials are of.
type SecretReader interface {
	// Parameters reads parameters of the SSM Parameter Store, decrypted, by
	// name or ARN, at most maxParameters at once. Names that do not exist are
	// returned as missing.
	Parameters(ctx context.Context, as acs.Credentials, region string, names []string) (values map[string]string, missing []string, err error)
	// Secret reads a secret of Secrets Manager by its ARN; stage and version are
	// "" for the current one.
	Secret(ctx context.Context, as acs.Credentials, region, id, stage, version string) (string, error)
}

// maxParameters is how many parameters are read at once.
// Source: SSM API reference, GetParameters.
const maxParameters = 10

// secrets are the values of one task. They are given to the runtime and to
// registries, and never written down by the agent.
type secrets struct {
	values   map[acs.Secret]string
	registry map[string]*runtime.BasicAuth // by container
	files    map[string]map[string]string  // what environment files say, by ARN
}

// environment returns the values that a container finds in its environment.
func (s secrets) environment(c acs.Container) map[string]string {
	out := map[string]string{}
	for _, want := range c.Secrets {
		if want.Target == acs.SecretForLogDriver {
			continue // the router's
		}
		out[want.Name] = s.values[from(want)]
	}
	return out
}

// from is where a secret's value comes from: the same for all that want it.
func from(s acs.Secret) acs.Secret {
	return acs.Secret{ValueFrom: s.ValueFrom, Provider: s.Provider, Region: s.Region}
}

// reader fetches the secrets of one task.
type reader struct {
	read    SecretReader // nil: none can be read
	objects ObjectReader // nil: none can be read
	as      acs.Credentials
	out     secrets
}

// all fetches every secret of a task, each once.
func (r *reader) all(ctx context.Context, t acs.Task) error {
	r.out = secrets{values: map[acs.Secret]string{}, registry: map[string]*runtime.BasicAuth{}, files: map[string]map[string]string{}}
	if err := r.files(ctx, t); err != nil {
		return err
	}
	if r.read == nil && wantsSecrets(t) {
		return errors.New("this container instance has no way to read secrets")
	}
	names := map[string][]string{} // of parameters, by region
	var regions []string
	for _, c := range t.Containers {
		for _, s := range c.Secrets {
			key := from(s)
			if _, known := r.out.values[key]; known {
				continue
			}
			r.out.values[key] = ""
			if s.Provider == acs.ProviderParameter {
				if names[s.Region] == nil {
					regions = append(regions, s.Region)
				}
				names[s.Region] = append(names[s.Region], s.ValueFrom)
				continue
			}
			value, err := r.secret(ctx, s.Region, s.ValueFrom)
			if err != nil {
				return fmt.Errorf("unable to retrieve secret from asm: service call has been retried 1 time(s): %w", err)
			}
			r.out.values[key] = value
		}
	}
	for _, region := range regions {
		if err := r.parameters(ctx, region, names[region]); err != nil {
			return fmt.Errorf("unable to retrieve secrets from ssm: %w", err)
		}
	}
	return r.registries(ctx, t)
}

func wantsSecrets(t acs.Task) bool {
	return slices.ContainsFunc(t.Containers, func(c acs.Container) bool {
		return len(c.Secrets) > 0 || c.RegistryAuthentication != nil && c.RegistryAuthentication.ASM != nil
	})
}

// parameters fetches parameters of one region.
func (r *reader) parameters(ctx context.Context, region string, names []string) error {
	for len(names) > 0 {
		some := names[:min(len(names), maxParameters)]
		names = names[len(some):]
		values, missing, err := r.read.Parameters(ctx, r.as, region, some)
		if err != nil {
			return fmt.Errorf("service call has been retried 1 time(s): %w", err)
		}
		if len(missing) > 0 {
			return fmt.Errorf("invalid parameters: %s", strings.Join(missing, ","))
		}
		for _, name := range some {
			r.out.values[acs.Secret{ValueFrom: name, Provider: acs.ProviderParameter, Region: region}] = values[name]
		}
	}
	return nil
}

// secret fetches a secret: ARN, or ARN:json-key:version-stage:version-id.
// Source: ECS developer guide, "Pass Secrets Manager secrets through ECS environment variables".
func (r *reader) secret(ctx context.Context, region, valueFrom string) (string, error) {
	id, key, stage, version, err := secretParts(valueFrom)
	if err != nil {
		return "", err
	}
	value, err := r.read.Secret(ctx, r.as, region, id, stage, version)
	if err != nil {
		return "", fmt.Errorf("failed to fetch secret %s from secrets manager: %w", id, err)
	}
	if key == "" {
		return value, nil
	}
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil { // the cause may quote the value
		return "", errors.New("unable to parse the secret value as JSON, which the json key " + key + " asks for")
	}
	switch v := fields[key].(type) {
	case nil:
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	case string:
		return v, nil
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return "", errors.New("the value of json key " + key + " cannot be written as text")
		}
		return string(text), nil
	}
}

func secretParts(valueFrom string) (id, key, stage, version string, err error) {
	name, err := arn.Parse(valueFrom)
	if err != nil {
		return "", "", "", "", fmt.Errorf("trying to retrieve secret with value %s resulted in error: %w", valueFrom, err)
	}
	parts := strings.Split(name.Resource, ":") // secret:NAME-AbCdEf[:KEY:STAGE:VERSION]
	if len(parts) == 2 {
		return valueFrom, "", "", "", nil
	}
	if len(parts) != 5 {
		return "", "", "", "", errors.New("an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.")
	}
	name.Resource = parts[0] + ":" + parts[1]
	return name.String(), parts[2], parts[3], parts[4], nil
}

// registries fetches the users and passwords of private registries.
func (r *reader) registries(ctx context.Context, t acs.Task) error {
	for _, c := range t.Containers {
		if c.RegistryAuthentication == nil || c.RegistryAuthentication.ASM == nil {
			continue
		}
		from := *c.RegistryAuthentication.ASM
		value, err := r.read.Secret(ctx, r.as, from.Region, from.CredentialsParameter, "", "")
		if err != nil {
			return fmt.Errorf("unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret %s from secrets manager: %w",
				from.CredentialsParameter, err)
		}
		var auth struct{ Username, Password string }
		// The cause may quote the value.
		if json.Unmarshal([]byte(value), &auth) != nil || auth.Username == "" || auth.Password == "" {
			return fmt.Errorf("unable to retrieve secret from asm: secret %s is not of the form {\"username\": ..., \"password\": ...}", from.CredentialsParameter)
		}
		r.out.registry[c.Name] = &runtime.BasicAuth{Username: auth.Username, Password: auth.Password}
	}
	return nil
}
