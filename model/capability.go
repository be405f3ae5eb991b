package model

// Attributes of container instances that say what the agent can do. A task
// definition requires those of what it uses (requiresAttributes), and tasks
// are only placed on instances that have registered them. The names are the
// ECS agent's own. Source: specs of the agent protocol, registration.
const (
	capability = "com.amazonaws.ecs.capability."

	CapabilityPrivileged   = capability + "privileged-container"
	CapabilityTaskRole     = capability + "task-iam-role"
	CapabilityTaskRoleHost = capability + "task-iam-role-network-host"
	CapabilityECR          = capability + "ecr-auth"
	CapabilityAwslogs      = capability + "logging-driver.awslogs"
	CapabilityJSONFile     = capability + "logging-driver.json-file"
	CapabilityNoLogs       = capability + "logging-driver.none"

	CapabilityHealthCheck   = "ecs.capability.container-health-check"
	CapabilityOrdering      = "ecs.capability.container-ordering"
	CapabilityTaskLimits    = "ecs.capability.task-cpu-mem-limit"
	CapabilityExecutionECR  = "ecs.capability.execution-role-ecr-pull"
	CapabilityExecutionLogs = "ecs.capability.execution-role-awslogs"

	// AttributeArchitecture is x86_64 or arm64.
	AttributeArchitecture = "ecs.cpu-architecture"
	// AttributeOS is linux.
	AttributeOS = "ecs.os-type"
	// AttributeZone is the availability zone.
	AttributeZone = "ecs.availability-zone"
	// AttributeInstanceType and AttributeImage come from EC2.
	AttributeInstanceType = "ecs.instance-type"
	AttributeImage        = "ecs.ami-id"
	// AttributeCapacityProvider names the capacity provider that an instance
	// belongs to. It is ours: any agent can be told to register it.
	AttributeCapacityProvider = "roadstead.capacity-provider"
)

// CapabilityAPI returns the attribute that says that the agent understands a
// version of the Docker Engine API, such as "1.19".
func CapabilityAPI(version string) string { return capability + "docker-remote-api." + version }

// Capabilities returns the attributes, without values, that Roadstead's own
// agent registers: everything that a task definition can require of it.
func Capabilities() []Attribute {
	var all []Attribute
	for _, name := range []string{
		CapabilityPrivileged, CapabilityTaskRole, CapabilityTaskRoleHost, CapabilityECR,
		CapabilityAwslogs, CapabilityJSONFile, CapabilityNoLogs,
		CapabilityAPI("1.17"), CapabilityAPI("1.18"), CapabilityAPI("1.19"), CapabilityAPI("1.20"),
		CapabilityAPI("1.21"), CapabilityAPI("1.22"), CapabilityAPI("1.23"), CapabilityAPI("1.24"),
		CapabilityAPI("1.25"), CapabilityAPI("1.29"), CapabilityAPI("1.32"),
		CapabilityHealthCheck, CapabilityOrdering, CapabilityTaskLimits,
		CapabilityExecutionECR, CapabilityExecutionLogs, "ecs.capability.full-sync",
	} {
		all = append(all, Attribute{Name: name})
	}
	return all
}
