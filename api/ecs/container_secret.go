package ecs

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// maxEnvironmentFiles bounds the environment files of a container. Source:
// ECS API reference, ContainerDefinition.
const maxEnvironmentFiles = 10

// parameterName matches names of SSM parameters. Source: Systems Manager API
// reference, PutParameter.
var parameterName = regexp.MustCompile(`^[a-zA-Z0-9_./-]+$`)

// secretStore returns where a secret is kept: "ssm", "secretsmanager", or ""
// for none that ECS reads. What is not an ARN is the name of a parameter.
func secretStore(s types.Secret) string {
	from := aws.ToString(s.ValueFrom)
	switch {
	case !strings.HasPrefix(from, "arn:"):
		return "ssm"
	case validARN(from, "secretsmanager") && strings.Contains(from, ":secret:"):
		return "secretsmanager"
	case validARN(from, "ssm") && strings.Contains(from, ":parameter/"):
		return "ssm"
	}
	return ""
}

// validateEnvironment checks everything that becomes an environment variable.
func validateEnvironment(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	names := map[string]bool{}
	for _, e := range c.Environment {
		if aws.ToString(e.Name) == "" || strings.ContainsAny(*e.Name, "=\x00") {
			return setting(c, "Environment variables must have a name without '='.")
		}
		if strings.ContainsRune(aws.ToString(e.Value), 0) {
			return setting(c, "The value of environment variable '"+*e.Name+"' contains invalid characters.")
		}
		names[*e.Name] = true
	}
	if len(c.Secrets) > 0 && def.ExecutionRoleArn == nil {
		return clientError("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
	}
	if err := validateSecretFiles(c); err != nil {
		return err
	}
	if err := validateSecrets(c, c.Secrets); err != nil {
		return err
	}
	for _, s := range c.Secrets {
		if names[*s.Name] {
			return clientError("The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '%s'.", *s.Name)
		}
	}
	return validateEnvironmentFiles(def, c)
}

// validateSecrets checks secrets of a container or of its log driver.
func validateSecrets(c *types.ContainerDefinition, secrets []types.Secret) error {
	seen := map[string]bool{}
	for _, s := range secrets {
		name, from := aws.ToString(s.Name), aws.ToString(s.ValueFrom)
		switch {
		case name == "" || strings.ContainsAny(name, "=\x00"):
			return setting(c, "Secrets must have a name without '='.")
		case from == "":
			return setting(c, "Secrets must have a valueFrom.")
		case seen[name]:
			return clientError("Duplicate secret names found: %s. Each secret name must be unique.", name)
		case !strings.HasPrefix(from, "arn:") && !parameterName.MatchString(from):
			return clientError("The Systems Manager parameter name specified for secret %s is invalid", name)
		case secretStore(s) == "":
			return clientError("Invalid arn syntax.")
		}
		seen[name] = true
	}
	return nil
}

func validateEnvironmentFiles(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	switch {
	case len(c.EnvironmentFiles) == 0:
		return nil
	case len(c.EnvironmentFiles) > maxEnvironmentFiles:
		return clientError("The maximum number of environment files was exceeded. Specify ten or less and try again.")
	case def.ExecutionRoleArn == nil:
		return clientError("When you are specifying container environment files, you must also specify a value for 'executionRoleArn'.")
	}
	for _, f := range c.EnvironmentFiles {
		switch {
		case !slices.Contains(f.Type.Values(), f.Type):
			return setting(c, "Invalid type '"+string(f.Type)+"' of an environment file.")
		case !validARN(aws.ToString(f.Value), "s3"):
			return clientError("Invalid arn syntax.")
		case !strings.HasSuffix(*f.Value, ".env"):
			return setting(c, "Environment files must have a .env file extension.")
		}
	}
	return nil
}

// validateSecretFiles checks the labels by which a container is given its
// secrets as files.
func validateSecretFiles(c *types.ContainerDefinition) error {
	folder, filed := c.DockerLabels[model.LabelSecretFiles]
	refresh, refreshed := c.DockerLabels[model.LabelSecretRefresh]
	every, err := time.ParseDuration(refresh)
	switch {
	case !filed && refreshed:
		return setting(c, "The docker label "+model.LabelSecretRefresh+" is for secrets in files, which "+model.LabelSecretFiles+" asks for.")
	case filed && (!path.IsAbs(folder) || path.Clean(folder) == "/"):
		return setting(c, "The docker label "+model.LabelSecretFiles+" must be the absolute path of a folder.")
	case refreshed && (err != nil || every < model.MinSecretRefresh):
		return setting(c, "The docker label "+model.LabelSecretRefresh+" must be a duration of at least "+model.MinSecretRefresh.String()+", such as 30s.")
	case !filed:
		return nil
	}
	for _, s := range c.Secrets {
		if name := aws.ToString(s.Name); strings.Contains(name, "/") || strings.HasPrefix(name, "..") || name == "." || len(name) > maxName-len("...next") {
			return setting(c, "The secret '"+name+"' cannot be a file: it is no name of one.")
		}
	}
	return nil
}
