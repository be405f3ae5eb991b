package agent

import (
	"github.com/roadstead/roadstead/dispatch/acs"
)

// task makes a payload; each change is applied to the container of that name.
func task(id string, containers ...acs.Container) acs.Task {
	return acs.Task{ARN: "arn:aws:ecs:us-east-1:000000000000:task/test/" + id, ClusterARN: clusterARN, Family: "web", Version: "3",
		DesiredStatus: "RUNNING", NetworkMode: "bridge", Containers: containers}
}

func essential(name string, change ...func(*acs.Container)) acs.Container {
	c := acs.Container{Name: name, Image: name + ":1", Essential: true}
	for _, f := range change {
		f(&c)
	}
	return c
}

func sidecar(name string, change ...func(*acs.Container)) acs.Container {
	c := essential(name, change...)
	c.Essential = false
	return c
}

func after(name, condition string) func(*acs.Container) {
	return func(c *acs.Container) {
		c.DependsOn = append(c.DependsOn, acs.Dependency{ContainerName: name, Condition: condition})
	}
}

func port(container, onHost int) func(*acs.Container) {
	return func(c *acs.Container) {
		c.PortMappings = append(c.PortMappings, acs.PortMapping{ContainerPort: container, HostPort: onHost})
	}
}
