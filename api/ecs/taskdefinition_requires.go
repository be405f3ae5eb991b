package ecs

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// privateRegistry matches images of Amazon's own registries.
var privateRegistry = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr\.`)

// needs are the attributes that an instance must have, and their values, ""
// for any.
type needs map[string]string

func (n needs) want(used bool, names ...string) {
	for _, name := range names {
		if used {
			n[name] = ""
		}
	}
}

// requiredAttributes returns the attributes that an instance must have to run
// the definition, by name. Those of AWS, the versions of the Docker API among
// them, are those that AWS has been seen to answer; those of ours are said in
// model.OwnCapabilities.
func (d *frontDoor) requiredAttributes(def *types.TaskDefinition) []types.Attribute {
	n := needs{}
	n.task(def)
	for _, v := range def.Volumes {
		n.volume(v)
	}
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		ecr := d.ownImage(aws.ToString(c.Image))
		n.want(ecr, model.CapabilityECR)
		n.want(ecr && def.ExecutionRoleArn != nil, model.CapabilityExecutionECR)
		n.container(c)
		n.process(c)
		n.linux(c.LinuxParameters)
		n.logs(c.LogConfiguration, def.ExecutionRoleArn != nil)
		n.router(c)
	}
	required := []types.Attribute{}
	for _, name := range slices.Sorted(maps.Keys(n)) {
		required = append(required, types.Attribute{Name: new(name), Value: text(n[name])})
	}
	return required
}

func (n needs) task(def *types.TaskDefinition) {
	n.want(def.TaskRoleArn != nil, model.CapabilityTaskRole)
	n.want(def.TaskRoleArn != nil && def.NetworkMode == types.NetworkModeHost, model.CapabilityTaskRoleHost)
	n.want(def.NetworkMode == types.NetworkModeAwsvpc, model.CapabilityInterface, model.CapabilityAPI("1.18"))
	n.want(def.PidMode != "" || def.IpcMode != "", model.CapabilityNamespaces)
	n.want(def.ProxyConfiguration != nil, model.CapabilityAppMesh)
	n.want(def.EphemeralStorage != nil, model.CapabilityStorage)
	n.want(aws.ToBool(def.EnableFaultInjection), model.CapabilityFaultInjection)
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture != "" {
		n[model.AttributeArchitecture] = strings.ToLower(string(p.CpuArchitecture))
	}
	if windows(def) {
		n[model.AttributeOSFamily] = osFamily(def)
	}
}

func (n needs) volume(v types.Volume) {
	n.want(aws.ToBool(v.ConfiguredAtLaunch), model.CapabilityEBS)
	n.want(v.FsxWindowsFileServerVolumeConfiguration != nil, model.CapabilityFSx)
	n.want(v.S3filesVolumeConfiguration != nil, model.CapabilityS3Files, model.CapabilityS3Mounts)
	if d := v.DockerVolumeConfiguration; d != nil {
		driver := orWord(aws.ToString(d.Driver), "local")
		n.want(true, model.CapabilityVolumeDriver(driver), model.CapabilityAPI("1.25"))
		n.want(driver == "local" && len(d.DriverOpts) > 0, model.CapabilityVolumeOptions)
	}
	if e := v.EfsVolumeConfiguration; e != nil {
		n.want(true, model.CapabilityEFS, model.CapabilityAPI("1.25"))
		n.want(e.TransitEncryption == types.EFSTransitEncryptionEnabled || e.AuthorizationConfig != nil, model.CapabilityEFSAuth)
	}
}

// container adds what the platform does for a container.
func (n needs) container(c *types.ContainerDefinition) {
	n.want(len(c.EnvironmentFiles) > 0, model.CapabilityEnvironmentFile)
	n.want(c.RepositoryCredentials != nil, model.CapabilityRegistrySecret)
	n.want(c.RestartPolicy != nil && aws.ToBool(c.RestartPolicy.Enabled), model.CapabilityRestart)
	n.want(len(c.DependsOn) > 0 || c.StartTimeout != nil || c.StopTimeout != nil, model.CapabilityOrdering)
	n.want(aws.ToBool(c.DisableNetworking), model.CapabilityNoNetworking)
	for _, s := range c.Secrets {
		ssm := secretStore(s) == "ssm"
		n.want(ssm, model.CapabilitySecretSSM)
		n.want(!ssm, model.CapabilitySecretASM)
	}
	n.want(len(c.Secrets) > 0 && c.DockerLabels[model.LabelSecretFiles] != "", model.CapabilitySecretFiles)
	for _, p := range c.PortMappings {
		n.want(p.ContainerPortRange != nil, model.CapabilityPortRange)
	}
	n.want(true, model.RequirementCapabilities(c.ResourceRequirements)...)
	for _, s := range c.CredentialSpecs {
		domainless := strings.HasPrefix(s, "credentialspecdomainless:")
		n.want(domainless, model.CapabilityGMSADomainless)
		n.want(!domainless, model.CapabilityGMSA)
	}
}

// process adds what the container runtime does for a container.
func (n needs) process(c *types.ContainerDefinition) {
	n.want(aws.ToBool(c.Privileged), model.CapabilityPrivileged)
	n.want(c.MemoryReservation != nil, model.CapabilityAPI("1.21"))
	n.want(c.User != nil || c.Hostname != nil, model.CapabilityAPI("1.17"))
	n.want(len(c.Ulimits) > 0, model.CapabilityAPI("1.18"))
	if h := c.HealthCheck; h != nil {
		n.want(true, model.CapabilityHealthCheck)
		n.want(h.StartPeriod == nil, model.CapabilityAPI("1.24"))
		n.want(h.StartPeriod != nil, model.CapabilityAPI("1.29"))
		n.want(h.Command[0] != "CMD" && h.Command[0] != "CMD-SHELL", model.CapabilityHealthCheckForm)
	}
	for _, option := range c.DockerSecurityOptions {
		kind, _ := securityOption(option)
		n.want(kind == "no-new-privileges", model.CapabilityAPI("1.23"))
		n.want(kind == "apparmor", model.CapabilityAppArmor)
		n.want(kind == "label", model.CapabilitySELinux)
		n.want(kind == "credentialspec", model.CapabilityGMSA)
	}
}

func (n needs) linux(l *types.LinuxParameters) {
	if l == nil {
		return
	}
	n.want(aws.ToBool(l.InitProcessEnabled), model.CapabilityAPI("1.25"))
	n.want(l.SharedMemorySize != nil || len(l.Tmpfs) > 0, model.CapabilityAPI("1.22"))
	n.want(l.MaxSwap != nil, model.CapabilityAPI("1.32"))
	n.want(l.Swappiness != nil && aws.ToInt32(l.MaxSwap) > 0, model.CapabilitySwappiness)
}

// logAPI are the versions of the Docker API that have a log driver.
var logAPI = map[types.LogDriver]string{
	types.LogDriverJsonFile: "1.18", types.LogDriverSyslog: "1.18", types.LogDriverJournald: "1.19", types.LogDriverGelf: "1.20",
	types.LogDriverFluentd: "1.20", types.LogDriverAwslogs: "1.19", types.LogDriverSplunk: "1.22", logDriverNone: "1.19",
}

func (n needs) logs(l *types.LogConfiguration, execution bool) {
	if l == nil {
		return
	}
	n.want(true, model.CapabilityLogs(string(l.LogDriver)))
	if version := logAPI[l.LogDriver]; version != "" {
		n.want(true, model.CapabilityAPI(version))
	}
	n.want(l.LogDriver == types.LogDriverAwslogs && execution, model.CapabilityExecutionLogs)
	n.want(l.Options["awslogs-create-group"] != "", model.CapabilityAPI("1.29"))
	n.want(l.Options["mode"] != "", model.CapabilityAPI("1.28"))
	n.want(l.Options["log-driver-buffer-limit"] != "", model.CapabilityFirelensBuffers)
	for _, option := range model.MissingLogOptions(string(l.LogDriver)) {
		_, given := l.Options[option]
		given = given || option == model.OptionLogSecrets && len(l.SecretOptions) > 0
		n.want(given, model.CapabilityLogOption(option))
	}
	for _, s := range l.SecretOptions {
		ssm := secretStore(s) == "ssm"
		n.want(ssm, model.CapabilityLogSecretSSM)
		n.want(!ssm, model.CapabilityLogSecretASM)
	}
}

func (n needs) router(c *types.ContainerDefinition) {
	f := c.FirelensConfiguration
	if f == nil {
		return
	}
	user, _, _ := strings.Cut(aws.ToString(c.User), ":")
	n.want(true, model.CapabilityRouter(string(f.Type)))
	n.want(f.Options["config-file-type"] == "file", model.CapabilityFirelensFile)
	n.want(f.Options["config-file-type"] == "s3", model.CapabilityFirelensS3)
	n.want(user != "" && user != "0" && user != "root", model.CapabilityFirelensUser)
}

// ownImage reports whether the image is pulled with a token of ECR.
func (d *frontDoor) ownImage(image string) bool {
	return privateRegistry.MatchString(image) || slices.ContainsFunc(d.opts.RegistryHosts,
		func(host string) bool { return strings.HasPrefix(image, host+"/") })
}
