package model

import (
	"fmt"
	"strings"
)

// Scope is the account and region that names are made in. Every ARN of
// Roadstead is built and read here.
type Scope struct {
	Region  string
	Account string
}

func (s Scope) ecs(resource string) string {
	return ecsARN + s.Region + ":" + s.Account + ":" + resource
}

const ecsARN = "arn:aws:ecs:"

// ClusterARN returns arn:aws:ecs:region:account:cluster/name.
func (s Scope) ClusterARN(name string) string { return s.ecs("cluster/" + name) }

// TaskARN returns the long form, task/cluster/id.
func (s Scope) TaskARN(cluster, id string) string {
	// In one piece, as the names below that answers are full of.
	return ecsARN + s.Region + ":" + s.Account + ":task/" + cluster + "/" + id
}

// ContainerARN returns container/cluster/task/id.
func (s Scope) ContainerARN(cluster, task, id string) string {
	return ecsARN + s.Region + ":" + s.Account + ":container/" + cluster + "/" + task + "/" + id
}

// ServiceARN returns the long form, service/cluster/name.
func (s Scope) ServiceARN(cluster, name string) string {
	return ecsARN + s.Region + ":" + s.Account + ":service/" + cluster + "/" + name
}

// ContainerInstanceARN returns the long form, container-instance/cluster/id.
func (s Scope) ContainerInstanceARN(cluster, id string) string {
	return ecsARN + s.Region + ":" + s.Account + ":container-instance/" + cluster + "/" + id
}

// TaskDefinitionARN returns task-definition/family:revision.
func (s Scope) TaskDefinitionARN(family string, revision int) string {
	return s.ecs(fmt.Sprintf("task-definition/%s:%d", family, revision))
}

// RepositoryARN returns arn:aws:ecr:region:account:repository/name.
func (s Scope) RepositoryARN(name string) string {
	return "arn:aws:ecr:" + s.Region + ":" + s.Account + ":repository/" + name
}

// ServiceDeploymentARN returns service-deployment/cluster/service/id.
func (s Scope) ServiceDeploymentARN(cluster, service, id string) string {
	return s.ecs("service-deployment/" + cluster + "/" + service + "/" + id)
}

// ServiceRevisionARN returns service-revision/cluster/service/number.
func (s Scope) ServiceRevisionARN(cluster, service, number string) string {
	return s.ecs("service-revision/" + cluster + "/" + service + "/" + number)
}

// TaskSetARN returns task-set/cluster/service/ecs-svc/N.
func (s Scope) TaskSetARN(cluster, service, id string) string {
	return s.ecs("task-set/" + cluster + "/" + service + "/" + id)
}

// CapacityProviderARN returns capacity-provider/name.
func (s Scope) CapacityProviderARN(name string) string { return s.ecs("capacity-provider/" + name) }

// DaemonTaskDefinitionARN returns daemon-task-definition/family:revision.
func (s Scope) DaemonTaskDefinitionARN(family string, revision int) string {
	return s.ecs(fmt.Sprintf("daemon-task-definition/%s:%d", family, revision))
}

// DaemonARN returns daemon/cluster/name.
func (s Scope) DaemonARN(cluster, name string) string { return s.ecs("daemon/" + cluster + "/" + name) }

// DaemonDeploymentARN returns daemon-deployment/cluster/daemon/id.
func (s Scope) DaemonDeploymentARN(cluster, daemon, id string) string {
	return s.ecs("daemon-deployment/" + cluster + "/" + daemon + "/" + id)
}

// DaemonRevisionARN returns daemon-revision/cluster/daemon/id.
func (s Scope) DaemonRevisionARN(cluster, daemon, id string) string {
	return s.ecs("daemon-revision/" + cluster + "/" + daemon + "/" + id)
}

// AttachmentARN returns attachment/id.
func (s Scope) AttachmentARN(id string) string { return s.ecs("attachment/" + id) }

func (s Scope) ec2(resource string) string {
	return "arn:aws:ec2:" + s.Region + ":" + s.Account + ":" + resource
}

// VPCARN returns arn:aws:ec2:region:account:vpc/id.
func (s Scope) VPCARN(id string) string { return s.ec2("vpc/" + id) }

// SubnetARN returns subnet/id.
func (s Scope) SubnetARN(id string) string { return s.ec2("subnet/" + id) }

// SecurityGroupARN returns security-group/id.
func (s Scope) SecurityGroupARN(id string) string { return s.ec2("security-group/" + id) }

// SecurityGroupRuleARN returns security-group-rule/id.
func (s Scope) SecurityGroupRuleARN(id string) string { return s.ec2("security-group-rule/" + id) }

// ARN is a parsed Amazon Resource Name.
type ARN struct {
	Partition, Service, Region, Account string
	// Resource is everything behind the fifth colon, such as
	// "task/default/0123".
	Resource string
}

// ParseARN reads an ARN; ok is false when s does not have its six parts.
func ParseARN(s string) (a ARN, ok bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// Path returns the resource's type and the rest: "task", "default/0123".
// A resource without a slash has the type "".
func (a ARN) Path() (kind, rest string) {
	kind, rest, ok := strings.Cut(a.Resource, "/")
	if !ok {
		return "", a.Resource
	}
	return kind, rest
}
