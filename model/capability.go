package model

// Attributes of container instances that say what the agent can do. A task
// definition requires those of what it uses (requiresAttributes), and tasks
// are only placed on instances that have registered them. The names are the
// ECS agent's own. Source: the capabilities that Amazon's agent registers.
const (
	capability     = "com.amazonaws.ecs.capability."
	taskCapability = "ecs.capability."

	CapabilityPrivileged   = capability + "privileged-container"
	CapabilityTaskRole     = capability + "task-iam-role"
	CapabilityTaskRoleHost = capability + "task-iam-role-network-host"
	CapabilityECR          = capability + "ecr-auth"
	CapabilitySELinux      = capability + "selinux"
	CapabilityAppArmor     = capability + "apparmor"

	CapabilityHealthCheck   = taskCapability + "container-health-check"
	CapabilityOrdering      = taskCapability + "container-ordering"
	CapabilityTaskLimits    = taskCapability + "task-cpu-mem-limit"
	CapabilityExecutionECR  = taskCapability + "execution-role-ecr-pull"
	CapabilityExecutionLogs = taskCapability + "execution-role-awslogs"

	CapabilityInterface       = taskCapability + "task-eni" // networkMode awsvpc
	CapabilityPortRange       = taskCapability + "network.container-port-range"
	CapabilityNamespaces      = taskCapability + "pid-ipc-namespace-sharing"
	CapabilityAppMesh         = taskCapability + "aws-appmesh"
	CapabilityInference       = taskCapability + "task-eia"
	CapabilityStorage         = taskCapability + "extensible-ephemeral-storage"
	CapabilityFaultInjection  = taskCapability + "fault-injection"
	CapabilityRestart         = taskCapability + "container-restart-policy"
	CapabilityEnvironmentFile = taskCapability + "env-files.s3"
	CapabilityRegistrySecret  = taskCapability + "private-registry-authentication.secretsmanager"
	CapabilityGMSA            = taskCapability + "gmsa"
	CapabilityGMSADomainless  = taskCapability + "gmsa-domainless"

	CapabilitySecretSSM    = taskCapability + "secrets.ssm.environment-variables"
	CapabilitySecretASM    = taskCapability + "secrets.asm.environment-variables"
	CapabilityLogSecretSSM = taskCapability + "secrets.ssm.bootstrap.log-driver"
	CapabilityLogSecretASM = taskCapability + "secrets.asm.bootstrap.log-driver"

	CapabilityEFS     = taskCapability + "efs"
	CapabilityEFSAuth = taskCapability + "efsAuth"
	CapabilityFSx     = taskCapability + "fsxWindowsFileServer"
	CapabilityS3Files = taskCapability + "storage.s3-files"
	CapabilityEBS     = taskCapability + "storage.ebs-task-volume-attach"

	CapabilityFirelensFile    = taskCapability + "firelens.options.config.file"
	CapabilityFirelensS3      = taskCapability + "firelens.options.config.s3"
	CapabilityFirelensUser    = taskCapability + "firelens.non-root-user"
	CapabilityFirelensBuffers = taskCapability + "logging-driver.awsfirelens.log-driver-buffer-limit"

	// AttributeArchitecture is x86_64 or arm64.
	AttributeArchitecture = "ecs.cpu-architecture"
	// AttributeOS is linux.
	AttributeOS = "ecs.os-type"
	// AttributeOSFamily is LINUX or a version of Windows, such as
	// WINDOWS_SERVER_2022_CORE.
	AttributeOSFamily = "ecs.os-family"
	// AttributeZone is the availability zone.
	AttributeZone = "ecs.availability-zone"
	// AttributeInstanceType and AttributeImage come from EC2.
	AttributeInstanceType = "ecs.instance-type"
	AttributeImage        = "ecs.ami-id"
	// AttributeCapacityProvider names the capacity provider that an instance
	// belongs to. It is ours: any agent can be told to register it.
	AttributeCapacityProvider = "roadstead.capacity-provider"
	// AttributeFargate says that the instance takes tasks of Fargate, of
	// whichever cluster. It is ours, too.
	AttributeFargate = "roadstead.fargate"
)

// CapabilityAPI returns the attribute that says that the agent understands a
// version of the Docker Engine API, such as "1.19".
func CapabilityAPI(version string) string { return capability + "docker-remote-api." + version }

// CapabilityLogs returns the attribute of a log driver, such as "awslogs".
func CapabilityLogs(driver string) string { return capability + "logging-driver." + driver }

// CapabilityRouter returns the attribute of a log router, such as "fluentbit".
func CapabilityRouter(router string) string { return taskCapability + "firelens." + router }

// CapabilityVolumeDriver returns the attribute of a driver of Docker volumes,
// such as "local".
func CapabilityVolumeDriver(driver string) string { return taskCapability + "docker-plugin." + driver }

// Capabilities returns the attributes, without values, that Roadstead's own
// agent registers. A name is here only if the agent honours every parameter
// that requires it: what is missing keeps tasks away from the agent.
func Capabilities() []Attribute {
	names := []string{
		CapabilityPrivileged, CapabilityTaskRole, CapabilityTaskRoleHost, CapabilityECR,
		CapabilityLogs("awslogs"), CapabilityLogs("json-file"), CapabilityLogs("none"),
		CapabilityLogs("fluentd"), CapabilityLogs("syslog"), CapabilityLogs("awsfirelens"),
		CapabilityRouter("fluentd"), CapabilityRouter("fluentbit"), CapabilityFirelensFile, CapabilityFirelensUser, CapabilityFirelensBuffers,
		CapabilityLogSecretSSM, CapabilityLogSecretASM,
		CapabilityHealthCheck, CapabilityOrdering, CapabilityTaskLimits, CapabilityInterface,
		CapabilityExecutionECR, CapabilityExecutionLogs, taskCapability + "full-sync",
		CapabilitySecretSSM, CapabilitySecretASM, CapabilityRegistrySecret, CapabilityRestart,
		CapabilityNamespaces, CapabilityPortRange, CapabilityNoNetworking, CapabilityHealthCheckForm, CapabilitySecretFiles,
		CapabilityVolumeDriver("local"), CapabilityVolumeOptions,
	}
	for _, version := range []string{"1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25",
		"1.26", "1.27", "1.28", "1.29", "1.30", "1.31", "1.32"} {
		names = append(names, CapabilityAPI(version))
	}
	all := make([]Attribute, len(names))
	for i, name := range names {
		all[i] = Attribute{Name: name}
	}
	return all
}
