package step

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// dependenciesOf returns what a container waits for: what it says, and the
// start of every container that it is linked to, whose address it needs, or
// that it takes volumes from, which are made with that container.
// Source: ECS developer guide, ContainerDefinition links, volumesFrom and
// dependsOn.
func dependenciesOf(spec acs.Container) []acs.Dependency {
	out := slices.Clone(spec.DependsOn)
	after := func(name string) {
		if name != spec.Name && !slices.ContainsFunc(out, func(d acs.Dependency) bool { return d.ContainerName == name }) {
			out = append(out, acs.Dependency{ContainerName: name, Condition: "START"})
		}
	}
	for _, link := range spec.Links {
		name, _, _ := strings.Cut(link, ":")
		after(name)
	}
	for _, from := range spec.VolumesFrom {
		after(from.SourceContainer)
	}
	return out
}

// routerOf returns the log router that a container waits for, because its output
// goes there; "" for none. A router that waits for others itself is not waited
// for, as with Amazon's agent: the two might wait for each other.
func routerOf(t acs.Task, spec acs.Container) string {
	if spec.DockerConfig == nil || spec.FirelensConfiguration != nil {
		return ""
	}
	var host acs.HostConfig
	// What cannot be read is refused elsewhere.
	if json.Unmarshal([]byte(spec.DockerConfig.HostConfig), &host) != nil || host.LogConfig == nil || host.LogConfig.Type != "awsfirelens" {
		return ""
	}
	for _, c := range t.Containers {
		if c.FirelensConfiguration == nil || len(dependenciesOf(c)) > 0 ||
			slices.ContainsFunc(spec.DependsOn, func(d acs.Dependency) bool { return d.ContainerName == c.Name }) {
			continue
		}
		return c.Name
	}
	return ""
}

// checkDependencies refuses a dependency on what is not there, and a circle:
// a task with one would wait for ever.
func (t *Task) checkDependencies() error {
	for _, c := range t.containers {
		for _, d := range c.after {
			if t.find(d.ContainerName) == nil {
				return fmt.Errorf("container %s depends on %q, which is not there", c.spec.Name, d.ContainerName)
			}
		}
	}
	settled := map[string]bool{}
	for range t.containers {
		for _, c := range t.containers {
			settled[c.spec.Name] = !slices.ContainsFunc(c.after, func(d acs.Dependency) bool { return !settled[d.ContainerName] })
		}
	}
	for _, c := range t.containers {
		if !settled[c.spec.Name] {
			return fmt.Errorf("container %s depends on itself, by way of others or directly", c.spec.Name)
		}
	}
	return nil
}
