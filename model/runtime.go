package model

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TagRuntime is the key of the tag of a cluster that names the OCI runtime on
// which its new tasks run. ECS knows no such setting, and a tag is what every
// client of ECS can give and read.
const TagRuntime = "roadstead:runtime"

// DefaultRuntime is the OCI runtime that every instance has.
const DefaultRuntime = "runc"

// maxRuntimeName bounds the names of runtimes, in characters.
const maxRuntimeName = 32

// ValidRuntime reports whether a runtime can have the name: lower-case letters,
// digits and hyphens, beginning with a letter.
func ValidRuntime(name string) bool {
	if name == "" || len(name) > maxRuntimeName || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// CapabilityRuntime returns the attribute of instances that have the runtime.
func CapabilityRuntime(name string) string { return ownCapability + "runtime." + name }

// CapabilityHostKernel returns the attribute of instances on which the runtime
// gives containers the machine's own kernel, as runc does: see UsesHostKernel.
func CapabilityHostKernel(name string) string { return CapabilityRuntime(name) + ".host-kernel" }

// Runtime returns the runtime for new tasks of the cluster; "" is
// DefaultRuntime, as for a nil cluster.
func (c *Cluster) Runtime() string {
	if c == nil {
		return ""
	}
	for _, t := range c.Tags {
		if t.Key == TagRuntime && t.Value != DefaultRuntime {
			return t.Value
		}
	}
	return ""
}

// RuntimeNeeds returns the attributes that an instance must have for a task of
// the definition, with the overrides (nil for none), to run on the runtime; none
// for "".
func RuntimeNeeds(def *types.TaskDefinition, over *types.TaskOverride, runtime string) []Attribute {
	if runtime == "" {
		return nil
	}
	needs := []Attribute{{Name: CapabilityRuntime(runtime)}}
	if UsesHostKernel(def, over) {
		needs = append(needs, Attribute{Name: CapabilityHostKernel(runtime)})
	}
	return needs
}

// UsesHostKernel reports whether tasks of the definition want something that
// only containers on the machine's own kernel can have: namespaces that
// containers share with each other or the machine, all rights, devices, what
// security modules of the kernel enforce, or its settings. Those of the network
// are not among them: they belong to the task's network, which is the machine's.
func UsesHostKernel(def *types.TaskDefinition, over *types.TaskOverride) bool {
	if def.PidMode != "" || def.IpcMode != "" && def.IpcMode != types.IpcModeNone {
		return true
	}
	return slices.ContainsFunc(def.ContainerDefinitions, func(c types.ContainerDefinition) bool {
		return len(ResourceRequirements(&c, over)) > 0 || wantsHostKernel(c)
	})
}

func wantsHostKernel(c types.ContainerDefinition) bool {
	if c.Privileged != nil && *c.Privileged || c.LinuxParameters != nil && len(c.LinuxParameters.Devices) > 0 {
		return true
	}
	return slices.ContainsFunc(c.SystemControls, func(s types.SystemControl) bool {
		return s.Namespace != nil && !IsNetworkSetting(*s.Namespace)
	}) || slices.ContainsFunc(c.DockerSecurityOptions, forSecurityModule)
}

// IsNetworkSetting reports whether a kernel setting (systemControls) belongs to
// a network namespace.
func IsNetworkSetting(name string) bool { return strings.HasPrefix(name, "net.") }

// forSecurityModule reports whether a security option names a profile of
// AppArmor or a label of SELinux.
func forSecurityModule(option string) bool {
	return strings.HasPrefix(option, "apparmor") || strings.HasPrefix(option, "label")
}
