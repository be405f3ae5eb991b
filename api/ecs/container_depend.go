package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// validateDependencies checks what containers say of each other: that it is
// about containers of the task, and that they can be started in some order.
func validateDependencies(def *types.TaskDefinition) error {
	before := map[string][]string{} // what must start before a container
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		for _, dep := range c.DependsOn {
			if err := validateDependency(def, c, dep); err != nil {
				return err
			}
			before[*c.Name] = append(before[*c.Name], *dep.ContainerName)
		}
		for _, link := range c.Links {
			name, _, _ := strings.Cut(link, ":")
			if find(def, name) == nil {
				return clientError("Invalid 'links' setting. Unknown container: '%s'", name)
			}
			before[*c.Name] = append(before[*c.Name], name)
		}
		for _, v := range c.VolumesFrom {
			name := aws.ToString(v.SourceContainer)
			if find(def, name) == nil {
				return clientError("Invalid 'volumesFrom' setting. Unknown container: '%s'", name)
			}
			before[*c.Name] = append(before[*c.Name], name)
		}
	}
	return acyclic(def, before)
}

func validateDependency(def *types.TaskDefinition, c *types.ContainerDefinition, dep types.ContainerDependency) error {
	name := aws.ToString(dep.ContainerName)
	on := find(def, name)
	switch {
	case on == nil:
		return clientError("Cannot depend on container + '%s' because it does not exist", name)
	case !slices.Contains(dep.Condition.Values(), dep.Condition):
		return setting(c, "Invalid dependency condition '"+string(dep.Condition)+"'.")
	case dep.Condition == types.ContainerConditionHealthy && on.HealthCheck == nil:
		return clientError("A dependency container with HEALTHY condition must have health check configured")
	case (dep.Condition == types.ContainerConditionComplete || dep.Condition == types.ContainerConditionSuccess) && *on.Essential:
		return clientError("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
	}
	return nil
}

// find returns the named container of a definition, or nil.
func find(def *types.TaskDefinition, name string) *types.ContainerDefinition {
	for i := range def.ContainerDefinitions {
		if aws.ToString(def.ContainerDefinitions[i].Name) == name && name != "" {
			return &def.ContainerDefinitions[i]
		}
	}
	return nil
}

// acyclic takes away containers that wait for nothing that is left, until
// none is left or none can be taken.
func acyclic(def *types.TaskDefinition, before map[string][]string) error {
	left := map[string]bool{}
	for _, c := range def.ContainerDefinitions {
		left[*c.Name] = true
	}
	for len(left) > 0 {
		taken := false
		for _, c := range def.ContainerDefinitions {
			waits := slices.ContainsFunc(before[*c.Name], func(name string) bool { return left[name] })
			if left[*c.Name] && !waits {
				delete(left, *c.Name)
				taken = true
			}
		}
		if !taken {
			return clientError("The containers of the task depend on each other in a cycle.")
		}
	}
	return nil
}
