package acs

import (
	"strconv"
	"strings"
)

// PayloadMessage tells an instance what to run (server to agent). MessageID,
// ClusterARN and InstanceARN must not be empty, or the agent drops it.
type PayloadMessage struct {
	MessageID   string `json:"messageId"`
	ClusterARN  string `json:"clusterArn"`
	InstanceARN string `json:"containerInstanceArn"`
	SeqNum      int64  `json:"seqNum"`
	GeneratedAt int64  `json:"generatedAt"` // milliseconds since the epoch
	Tasks       []Task `json:"tasks"`
}

// Task is one task as an instance is told of it. For a stop, the ARN, the
// desired status and the containers' names are enough.
type Task struct {
	ARN                      string       `json:"arn"`
	ClusterARN               string       `json:"taskClusterArn,omitempty"`
	Family                   string       `json:"family,omitempty"`
	Version                  string       `json:"version,omitempty"` // the revision
	DesiredStatus            string       `json:"desiredStatus"`     // RUNNING or STOPPED
	LaunchType               string       `json:"launchType,omitempty"`
	NetworkMode              string       `json:"networkMode,omitempty"`
	CPU                      float64      `json:"cpu,omitempty"`    // vCPUs; 0: no limit of the task
	Memory                   int64        `json:"memory,omitempty"` // MiB; 0: no limit of the task
	PIDMode                  string       `json:"pidMode,omitempty"`
	IPCMode                  string       `json:"ipcMode,omitempty"`
	ServiceName              string       `json:"serviceName,omitempty"`
	Group                    string       `json:"group,omitempty"`
	TaskDefinitionAccountID  string       `json:"taskDefinitionAccountId,omitempty"`
	Overrides                string       `json:"overrides,omitempty"`
	Containers               []Container  `json:"containers"`
	Volumes                  []Volume     `json:"volumes,omitempty"`
	RoleCredentials          *Credentials `json:"roleCredentials,omitempty"`
	ExecutionRoleCredentials *Credentials `json:"executionRoleCredentials,omitempty"`
	// Interfaces has one element for a task in network mode awsvpc, and none
	// for others.
	Interfaces []NetworkInterface `json:"elasticNetworkInterfaces,omitempty"`
	// Attachments are the volumes that the task has attached.
	Attachments []Attachment `json:"attachments,omitempty"`
	// Associations are the devices that containers have.
	Associations []Association `json:"associations,omitempty"`
	// EphemeralStorage is what containers and volumes of a task of Fargate may
	// write, in GiB; 0: no limit of the task. Our agent's alone.
	EphemeralStorage int64 `json:"ephemeralStorageInGiB,omitempty"`
	// Runtime is the OCI runtime that the containers run on; "" is runc. Our
	// agent's alone: only instances that say that they have it get such tasks.
	Runtime string `json:"ociRuntime,omitempty"`
}

// Association gives one container a device of the instance. Source: the ECS
// agent's model of ACS.
type Association struct {
	Containers []string `json:"containers"` // one
	Name       string   `json:"name"`       // the device's id
	Type       string   `json:"type"`       // gpu
}

// AssociationGPU is the type of associations that are GPUs.
const AssociationGPU = "gpu"

// Attachment is something that is attached to a task, such as a volume.
// Source: the ECS agent's model of ACS.
type Attachment struct {
	ARN        string     `json:"attachmentArn"`
	Type       string     `json:"attachmentType"` // amazonebs
	Properties []Property `json:"attachmentProperties"`
}

// Property is one of an attachment's properties.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// AttachmentVolume is the type of attachments that are volumes, and the names
// of their properties. DeleteOnTermination is our agent's alone: on AWS the
// volume is not its business.
const (
	AttachmentVolume            = "amazonebs"
	PropertyVolumeID            = "volumeId"
	PropertyVolumeName          = "volumeName"
	PropertyVolumeSize          = "volumeSizeGib"
	PropertyFileSystem          = "fileSystem"
	PropertyDeviceName          = "deviceName"
	PropertyDeleteOnTermination = "deleteOnTermination"
)

// VolumeAttached is the type of a Volume that an Attachment says all about.
const VolumeAttached = "attachment"

// Property returns a property's value; "" when it has none.
func (a Attachment) Property(name string) string {
	for _, p := range a.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Container is one container of a Task. What Docker calls its config and host
// config travels in DockerConfig as JSON texts of the Docker Engine API.
type Container struct {
	Name                   string                  `json:"name"`
	Image                  string                  `json:"image,omitempty"`
	Essential              bool                    `json:"essential"`
	CPU                    int64                   `json:"cpu"`    // shares
	Memory                 int64                   `json:"memory"` // MiB, hard limit; 0: none
	Command                []string                `json:"command,omitempty"`
	EntryPoint             []string                `json:"entryPoint,omitempty"`
	Environment            map[string]string       `json:"environment,omitempty"`
	EnvironmentFiles       []EnvironmentFile       `json:"environmentFiles,omitempty"`
	Links                  []string                `json:"links,omitempty"`
	PortMappings           []PortMapping           `json:"portMappings,omitempty"`
	MountPoints            []MountPoint            `json:"mountPoints,omitempty"`
	VolumesFrom            []VolumeFrom            `json:"volumesFrom,omitempty"`
	DependsOn              []Dependency            `json:"dependsOn,omitempty"`
	Secrets                []Secret                `json:"secrets,omitempty"`
	RestartPolicy          *RestartPolicy          `json:"restartPolicy,omitempty"`
	StartTimeout           int64                   `json:"startTimeout,omitempty"` // seconds
	StopTimeout            int64                   `json:"stopTimeout,omitempty"`  // seconds
	HealthCheckType        string                  `json:"healthCheckType,omitempty"`
	DockerConfig           *DockerConfig           `json:"dockerConfig,omitempty"`
	Overrides              string                  `json:"overrides,omitempty"`
	RegistryAuthentication *RegistryAuthentication `json:"registryAuthentication,omitempty"`
	LogsAuthStrategy       string                  `json:"logsAuthStrategy,omitempty"`
	FirelensConfiguration  *FirelensConfiguration  `json:"firelensConfiguration,omitempty"`
	ContainerARN           string                  `json:"containerArn,omitempty"`
}

// DockerConfig carries JSON texts of the Docker Engine API, merged over what
// the agent computes.
type DockerConfig struct {
	Version    string `json:"version,omitempty"`
	Config     string `json:"config,omitempty"`
	HostConfig string `json:"hostConfig,omitempty"`
}

// Config is the part of Docker's container config that we send and read.
type Config struct {
	User        string            `json:"User,omitempty"`
	WorkingDir  string            `json:"WorkingDir,omitempty"`
	Hostname    string            `json:"Hostname,omitempty"`
	Labels      map[string]string `json:"Labels,omitempty"`
	Healthcheck *Healthcheck      `json:"Healthcheck,omitempty"`
	Tty         bool              `json:"Tty,omitempty"`
	OpenStdin   bool              `json:"OpenStdin,omitempty"`
	// NetworkDisabled leaves the container without a network.
	NetworkDisabled bool `json:"NetworkDisabled,omitempty"`
}

// Healthcheck is Docker's health check; durations are nanoseconds.
type Healthcheck struct {
	Test        []string `json:"Test,omitempty"` // NONE, CMD args... or CMD-SHELL command
	Interval    int64    `json:"Interval,omitempty"`
	Timeout     int64    `json:"Timeout,omitempty"`
	StartPeriod int64    `json:"StartPeriod,omitempty"`
	Retries     int      `json:"Retries,omitempty"`
}

// HostConfig is the part of Docker's host config that we send and read.
type HostConfig struct {
	NetworkMode       string            `json:"NetworkMode,omitempty"`
	CapAdd            []string          `json:"CapAdd,omitempty"`
	CapDrop           []string          `json:"CapDrop,omitempty"`
	Privileged        bool              `json:"Privileged,omitempty"`
	ReadonlyRootfs    bool              `json:"ReadonlyRootfs,omitempty"`
	Ulimits           []Ulimit          `json:"Ulimits,omitempty"`
	DNS               []string          `json:"Dns,omitempty"`
	DNSSearch         []string          `json:"DnsSearch,omitempty"`
	ExtraHosts        []string          `json:"ExtraHosts,omitempty"`
	SecurityOpt       []string          `json:"SecurityOpt,omitempty"`
	LogConfig         *LogConfig        `json:"LogConfig,omitempty"`
	MemoryReservation int64             `json:"MemoryReservation,omitempty"` // bytes
	MemorySwap        int64             `json:"MemorySwap,omitempty"`        // bytes, with memory
	MemorySwappiness  *int64            `json:"MemorySwappiness,omitempty"`
	Init              *bool             `json:"Init,omitempty"`
	Devices           []Device          `json:"Devices,omitempty"`
	Tmpfs             map[string]string `json:"Tmpfs,omitempty"`
	ShmSize           int64             `json:"ShmSize,omitempty"` // bytes
	Sysctls           map[string]string `json:"Sysctls,omitempty"`
}

// Ulimit is one resource limit.
type Ulimit struct {
	Name string `json:"Name"`
	Soft int64  `json:"Soft"`
	Hard int64  `json:"Hard"`
}

// Device is a host device given to a container.
type Device struct {
	PathOnHost        string `json:"PathOnHost"`
	PathInContainer   string `json:"PathInContainer"`
	CgroupPermissions string `json:"CgroupPermissions"`
}

// LogConfig names the log driver and its options.
type LogConfig struct {
	Type   string            `json:"Type"`
	Config map[string]string `json:"Config,omitempty"`
}

// PortMapping asks for a container's port on the host; HostPort 0 asks for
// any.
type PortMapping struct {
	ContainerPort int    `json:"containerPort,omitempty"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol,omitempty"`
	// ContainerPortRange ("8080-8090") stands for ContainerPort and HostPort.
	ContainerPortRange string `json:"containerPortRange,omitempty"`
}

// PortRange returns the first port of a range and how many there are; 0 where
// there is no range.
func (m PortMapping) PortRange() (first, length int) {
	a, b, ok := strings.Cut(m.ContainerPortRange, "-")
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || first < 1 || last < first || last > 65535 {
		return 0, 0
	}
	return first, last - first + 1
}

// EnvironmentFile is an object of S3 with more of the environment.
type EnvironmentFile struct {
	Value string `json:"value"` // an ARN
	Type  string `json:"type"`  // s3
}

// MountPoint mounts one of the task's volumes.
type MountPoint struct {
	SourceVolume  string `json:"sourceVolume"`
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
}

// VolumeFrom mounts what another container of the task mounts.
type VolumeFrom struct {
	SourceContainer string `json:"sourceContainer"`
	ReadOnly        bool   `json:"readOnly"`
}

// Dependency holds a container back until another one has come so far.
type Dependency struct {
	ContainerName string `json:"containerName"`
	Condition     string `json:"condition"` // START, COMPLETE, SUCCESS or HEALTHY
}

// Secret is a value that the agent fetches, with the credentials of the
// execution role, before it makes the container.
type Secret struct {
	Name      string `json:"name"`      // of the environment variable, or of the log driver's option
	ValueFrom string `json:"valueFrom"` // a parameter's name, or an ARN
	Type      string `json:"type"`      // ENVIRONMENT_VARIABLE or BOOTSTRAP
	Provider  string `json:"provider"`  // ssm or asm
	Region    string `json:"region"`
	Target    string `json:"target"` // CONTAINER or LOG_DRIVER
}

// What Secret's words may be.
const (
	SecretEnvironment  = "ENVIRONMENT_VARIABLE"
	SecretBootstrap    = "BOOTSTRAP"
	SecretForContainer = "CONTAINER"
	SecretForLogDriver = "LOG_DRIVER"
	ProviderParameter  = "ssm"
	ProviderSecret     = "asm"
)

// FirelensConfiguration makes a container the log router of its task.
type FirelensConfiguration struct {
	Type    string            `json:"type"` // fluentd or fluentbit
	Options map[string]string `json:"options,omitempty"`
}

// RestartPolicy lets the agent start a container again that has ended.
type RestartPolicy struct {
	Enabled          bool    `json:"enabled"`
	IgnoredExitCodes []int32 `json:"ignoredExitCodes,omitempty"`
	// AttemptPeriod is how long, in seconds, it must have run.
	AttemptPeriod int64 `json:"restartAttemptPeriod,omitempty"`
}

// Volume is a volume of the task. An empty SourcePath of a host volume makes
// one that lives with the task.
type Volume struct {
	Name   string        `json:"name"`
	Type   string        `json:"type,omitempty"` // host, docker, attachment or efs
	Host   *HostVolume   `json:"host,omitempty"`
	Docker *DockerVolume `json:"dockerVolumeConfiguration,omitempty"`
	EFS    *EFSVolume    `json:"efsVolumeConfiguration,omitempty"`
}

// EFSVolume is a file system of EFS. Source: the ECS agent's model of ACS.
type EFSVolume struct {
	FileSystemID          string            `json:"fileSystemId"`
	RootDirectory         string            `json:"rootDirectory,omitempty"`
	TransitEncryption     string            `json:"transitEncryption,omitempty"` // ENABLED or DISABLED
	TransitEncryptionPort int64             `json:"transitEncryptionPort,omitempty"`
	Authorization         *EFSAuthorization `json:"authorizationConfig,omitempty"`
}

// EFSAuthorization says as whom a file system is mounted.
type EFSAuthorization struct {
	AccessPointID string `json:"accessPointId,omitempty"`
	IAM           string `json:"iam,omitempty"` // ENABLED or DISABLED
}

// HostVolume names a directory of the host.
type HostVolume struct {
	SourcePath string `json:"sourcePath"`
}

// DockerVolume is a volume of a driver of Docker's.
type DockerVolume struct {
	Scope         string            `json:"scope,omitempty"` // task or shared
	Autoprovision bool              `json:"autoprovision,omitempty"`
	Driver        string            `json:"driver,omitempty"`
	DriverOpts    map[string]string `json:"driverOpts,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
}

// RegistryAuthentication says how to authenticate to the image's registry.
type RegistryAuthentication struct {
	Type string       `json:"type"` // ecr or asm
	ECR  *ECRAuthData `json:"ecrAuthData,omitempty"`
	ASM  *ASMAuthData `json:"asmAuthData,omitempty"`
}

// ASMAuthData names a secret of Secrets Manager, {"username", "password"},
// that is fetched with the credentials of the execution role.
type ASMAuthData struct {
	CredentialsParameter string `json:"credentialsParameter"`
	Region               string `json:"region"`
}

// ECRAuthData says whose token to ask ECR for, and where.
type ECRAuthData struct {
	RegistryID       string `json:"registryId"`
	Region           string `json:"region"`
	EndpointOverride string `json:"endpointOverride,omitempty"`
	UseExecutionRole bool   `json:"useExecutionRole,omitempty"`
}

// Credentials are short-lived credentials of a role.
type Credentials struct {
	CredentialsID   string `json:"credentialsId"`
	RoleARN         string `json:"roleArn"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	Expiration      string `json:"expiration"` // RFC 3339
}
