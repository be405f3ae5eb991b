package model

import "slices"

// Attributes of Roadstead's own, for parameters of task definitions that need
// something of the node and for which ECS has no attribute, because Amazon's
// agent has always had it. Roadstead's agent registers those that it honours
// (Capabilities), so a task that uses such a parameter is never
// placed where it would be ignored: RunTask answers ATTRIBUTE, a service's
// event says so.
//
// Whoever makes the agent honour a parameter adds its name to Capabilities,
// or, once every agent has it, deletes it here and where it is required.
//
// Amazon's agent honours all of them but does not register them, so it is not
// given such tasks either. An operator who wants that says so by giving the
// instance the attribute (PutAttributes), like any other attribute.
const (
	ownCapability = "roadstead.capability."

	// CapabilityS3Mounts is s3filesVolumeConfiguration: Amazon's agent registers
	// that it mounts S3 Files, and there is no S3 Files here to be told of.
	CapabilityS3Mounts = ownCapability + "s3-files-mounts"
	// CapabilityGPUAll is resourceRequirements of type GPU with the value ALL. A
	// number takes no attribute but GPUs that are free.
	CapabilityGPUAll = ownCapability + "resource-requirements.gpu-all"
	// CapabilityGPUSharing is resourceRequirements of type GPU with a
	// sharingStrategy: part of one.
	CapabilityGPUSharing = ownCapability + "resource-requirements.gpu-sharing"
	// CapabilityNeuron is resourceRequirements of type NeuronDevice.
	CapabilityNeuron = ownCapability + "resource-requirements.neuron-device"
	// CapabilityNoNetworking is disableNetworking.
	CapabilityNoNetworking = ownCapability + "disable-networking"
	// CapabilitySwappiness is swappiness where there is swap (maxSwap): the
	// second version of control groups knows none for a container.
	CapabilitySwappiness = ownCapability + "swappiness"
	// CapabilityVolumeOptions is driverOpts of a volume of Docker's local driver.
	CapabilityVolumeOptions = ownCapability + "volume-driver-options"
	// CapabilityHealthCheckForm is a health check that begins with neither
	// CMD nor CMD-SHELL, which ECS accepts.
	CapabilityHealthCheckForm = ownCapability + "health-check-form"
	// CapabilitySecretFiles is the label LabelSecretFiles.
	CapabilitySecretFiles = ownCapability + "secret-files"
)

// CapabilityLogOption returns the attribute of an option of a log driver that
// the driver takes and the agent does not, such as "awslogs-format".
func CapabilityLogOption(option string) string { return ownCapability + "log-option." + option }

// OptionLogSecrets stands for options whose values are secrets. A router's are
// in its environment; other drivers keep their options on the instance's disk.
const OptionLogSecrets = "secret-options"

// MissingLogOptions returns the options of the log drivers that the agent
// has which it does not honour.
func MissingLogOptions(driver string) []string {
	switch driver {
	case "awslogs":
		return []string{"awslogs-format", OptionLogSecrets}
	case "fluentd", "syslog":
		return []string{OptionLogSecrets}
	case "json-file":
		return []string{"compress", "env", "env-regex", "labels", "labels-regex", "max-buffer-size", "mode", OptionLogSecrets, "tag"}
	}
	return nil
}

// OwnCapabilities returns the attributes of Roadstead's own that its agent does
// not register.
func OwnCapabilities() []string {
	all := []string{CapabilityS3Mounts, CapabilityGPUAll, CapabilityGPUSharing, CapabilityNeuron, CapabilitySwappiness}
	for _, driver := range []string{"awslogs", "json-file"} {
		for _, option := range MissingLogOptions(driver) {
			if name := CapabilityLogOption(option); !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}
