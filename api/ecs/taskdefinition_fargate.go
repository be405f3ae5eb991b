package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// maxFargateTimeout bounds how long a container on Fargate may take to start
// or stop, in seconds. Source: ECS API reference, ContainerDefinition.
const maxFargateTimeout = 120

// fargateSize is a size of a task's cpu, in units, with the memory that it
// may have, in MiB: from least to most in steps.
type fargateSize struct{ cpu, least, most, step int }

// fargateSizes are the sizes that Fargate has. Source: ECS developer guide,
// "Task CPU and memory".
var fargateSizes = [...]fargateSize{
	{256, 512, 512, 512}, {256, 1024, 2048, 1024}, {512, 1024, 4096, 1024}, {1024, 2048, 8192, 1024}, {2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192},
}

// Sizes of tasks of Windows on Fargate, in CPU units.
const minWindowsCPU, maxWindowsCPU = 1024, 4096

func fargateFits(cpu, memory int, windows bool) bool {
	if windows && (cpu < minWindowsCPU || cpu > maxWindowsCPU) {
		return false
	}
	return slices.ContainsFunc(fargateSizes[:], func(s fargateSize) bool {
		return s.cpu == cpu && memory >= s.least && memory <= s.most && (memory-s.least)%s.step == 0
	})
}

// fargateRefusal says why Fargate cannot run the definition, in its words.
func (d *frontDoor) fargateRefusal(def *types.TaskDefinition) error {
	cpu, memory := number(def.Cpu), number(def.Memory)
	switch {
	case def.NetworkMode != types.NetworkModeAwsvpc:
		return clientError("Fargate only supports network mode ‘awsvpc’.")
	case def.Cpu == nil:
		return clientError("Fargate requires that 'cpu' be defined at the task level.")
	case def.Memory == nil:
		return clientError("Fargate requires that 'memory' be defined at the task level.")
	case !fargateFits(cpu, memory, windows(def)):
		return clientError("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
	case def.PidMode == types.PidModeHost:
		return clientError("Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.")
	case d.pulledWithRole(def) && def.ExecutionRoleArn == nil:
		return clientError("Fargate requires task definition to have execution role ARN to support ECR images.")
	}
	if err := unfit("Fargate",
		parameter{"ipcMode", def.IpcMode != ""},
		parameter{"constraints", len(def.PlacementConstraints) > 0},
		parameter{"operatingSystemFamily " + osFamily(def), def.RuntimePlatform != nil && def.RuntimePlatform.OperatingSystemFamily == types.OSFamilyWindowsServer2016Full},
		parameter{"sourcePath", hasVolume(def, func(v types.Volume) bool { return v.Host != nil && aws.ToString(v.Host.SourcePath) != "" })},
		parameter{"dockerVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.DockerVolumeConfiguration != nil })},
		parameter{"fsxWindowsFileServerVolumeConfiguration", hasVolume(def, func(v types.Volume) bool { return v.FsxWindowsFileServerVolumeConfiguration != nil })},
	); err != nil {
		return err
	}
	for i := range def.ContainerDefinitions {
		if err := fargateContainer(def, &def.ContainerDefinitions[i]); err != nil {
			return err
		}
	}
	return nil
}

func fargateContainer(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	stop, start := aws.ToInt32(c.StopTimeout), aws.ToInt32(c.StartTimeout)
	switch {
	case aws.ToBool(c.Privileged):
		return clientError("Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.")
	case slices.ContainsFunc(c.ResourceRequirements, func(r types.ResourceRequirement) bool { return r.Type == types.ResourceTypeGpu }):
		return clientError("Tasks using the Fargate launch type do not support GPU resource requirements.")
	case stop > maxFargateTimeout:
		return clientError("Tasks using the Fargate launch type must have a container stop timeout of less than %d seconds.", maxFargateTimeout)
	case start > maxFargateTimeout:
		return clientError("Tasks using the Fargate launch type must have a container start timeout of less than %d seconds.", maxFargateTimeout)
	case c.FirelensConfiguration != nil && c.FirelensConfiguration.Options["config-file-type"] == "s3":
		return clientError("Fargate launch type does not support FirelensConfiguration config file from 's3'")
	}
	if err := fargateLogs(def, c.LogConfiguration); err != nil {
		return err
	}
	if err := unfit("Fargate",
		parameter{"dockerSecurityOptions", len(c.DockerSecurityOptions) > 0},
		parameter{"credentialSpecs", len(c.CredentialSpecs) > 0},
		parameter{"resourceRequirements", len(c.ResourceRequirements) > 0},
	); err != nil {
		return err
	}
	return fargateLinux(c.LinuxParameters)
}

func fargateLogs(def *types.TaskDefinition, l *types.LogConfiguration) error {
	switch {
	case l == nil:
		return nil
	case l.LogDriver != types.LogDriverAwslogs && l.LogDriver != types.LogDriverSplunk && l.LogDriver != types.LogDriverAwsfirelens:
		return clientError("%s is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]", l.LogDriver)
	case l.LogDriver != types.LogDriverAwslogs:
		return nil
	case def.ExecutionRoleArn == nil:
		return clientError("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
	case l.Options["awslogs-stream-prefix"] == "":
		return clientError("Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.")
	}
	return nil
}

func fargateLinux(l *types.LinuxParameters) error {
	if l == nil {
		return nil
	}
	if l.Capabilities != nil {
		for _, name := range l.Capabilities.Add {
			if name != "SYS_PTRACE" {
				return clientError("%s is not allowed on Fargate.", name)
			}
		}
	}
	return unfit("Fargate",
		parameter{"devices", len(l.Devices) > 0},
		parameter{"sharedMemorySize", l.SharedMemorySize != nil},
		parameter{"maxSwap", l.MaxSwap != nil},
		parameter{"swappiness", l.Swappiness != nil},
	)
}
