package refresh

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// Use is a secret or parameter that containers are given, as it is now.
type Use struct {
	Kind model.Kind // KindSecret or KindParameter
	// Name is the parameter's name, or what stands behind "secret:" in the
	// secret's ARN, with or without the six characters behind its name.
	Name string
}

// Uses returns what the containers of a definition are given, each once, in
// the definition's order.
func Uses(d *types.TaskDefinition) (uses []Use) {
	seen := map[Use]bool{}
	add := func(secrets []types.Secret) {
		for _, s := range secrets {
			if u, ok := useOf(aws.ToString(s.ValueFrom)); ok && !seen[u] {
				seen[u] = true
				uses = append(uses, u)
			}
		}
	}
	for _, c := range d.ContainerDefinitions {
		add(c.Secrets)
		if c.LogConfiguration != nil {
			add(c.LogConfiguration.SecretOptions)
		}
	}
	return uses
}

// useOf reads a secret's valueFrom; false for one that does not change.
// Source: ECS developer guide, "Pass sensitive data to an Amazon ECS container".
func useOf(from string) (Use, bool) {
	a, isARN := model.ParseARN(from)
	if name, ok := strings.CutPrefix(a.Resource, "secret:"); isARN && a.Service == "secretsmanager" && ok {
		parts := strings.Split(name, ":") // NAME-AbCdEf[:KEY:STAGE:VERSION]
		if len(parts) == 4 && (parts[3] != "" || parts[2] != "" && parts[2] != model.StageCurrent) {
			return Use{}, false
		}
		return Use{model.KindSecret, parts[0]}, true
	}
	name := from
	if isARN {
		rest, ok := strings.CutPrefix(a.Resource, "parameter/")
		if a.Service != "ssm" || !ok {
			return Use{}, false
		}
		if name = rest; strings.Contains(rest, "/") {
			name = "/" + rest // of a hierarchy, whose first slash the ARN leaves out
		}
	}
	return Use{model.KindParameter, name}, name != "" && !strings.Contains(name, ":")
}
