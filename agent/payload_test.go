package agent

import (
	"fmt"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// task makes a payload; each change is applied to the container of that name.
func task(id string, containers ...acs.Container) acs.Task {
	return acs.Task{ARN: "arn:aws:ecs:us-east-1:000000000000:task/test/" + id, ClusterARN: clusterARN, Family: "web", Version: "3",
		DesiredStatus: "RUNNING", NetworkMode: "bridge", Containers: containers}
}

// awsvpc gives a task an interface with the address 172.31.0.last.
func awsvpc(t acs.Task, last int) acs.Task {
	t.NetworkMode = "awsvpc"
	t.Interfaces = []acs.NetworkInterface{{EC2ID: "eni-1", MACAddress: fmt.Sprintf("0a:58:ac:1f:00:%02x", last), AttachmentARN: "arn:aws:ecs:::attachment/" + taskID(t.ARN),
		IPv4Addresses: []acs.InterfaceAddress{{PrivateAddress: fmt.Sprintf("172.31.0.%d", last), Primary: true}}, Gateway: "172.31.0.1/20",
		DomainNames: []string{"ec2.internal"}, PrivateDNSName: fmt.Sprintf("ip-172-31-0-%d.ec2.internal", last),
		SecurityGroups: []acs.SecurityGroup{{ID: "sg-1", Ingress: []acs.SecurityRule{{Protocol: "-1", GroupID: "sg-1"}},
			Egress: []acs.SecurityRule{{Protocol: "-1", CIDR: "0.0.0.0/0"}}}}}}
	return t
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
