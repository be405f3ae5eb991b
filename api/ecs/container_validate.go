package ecs

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire"
)

// Limits of containers. Source: ECS API reference, ContainerDefinition and
// HealthCheck.
const (
	maxImage        = 255
	maxPortMappings = 100
)

func setting(c *types.ContainerDefinition, why string) error {
	return clientError("Invalid setting for container '%s'. %s", aws.ToString(c.Name), why)
}

// validateContainer checks one container with its defaults filled in.
func validateContainer(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	image, _, _ := strings.Cut(aws.ToString(c.Image), "@")
	switch {
	case aws.ToString(c.Name) == "":
		return clientError("Container.name should not be null or empty.")
	case !validName(*c.Name):
		return setting(c, "Container names can have up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.")
	case image == "":
		return clientError("Container.image should not be null or empty.")
	case len(image) > maxImage || strings.ContainsAny(image, " \t\r\n\"'\\"):
		return clientError("Container.image contains invalid characters.")
	}
	for _, check := range []func(*types.TaskDefinition, *types.ContainerDefinition) error{
		validateMemory, validateEnvironment, validatePorts, validateNetworking, validateMounts, validateHealthCheck, validateLogs, validateLinux,
	} {
		if err := check(def, c); err != nil {
			return err
		}
	}
	return nil
}

func validateMemory(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	hard, soft := aws.ToInt32(c.Memory), aws.ToInt32(c.MemoryReservation)
	switch {
	case c.Cpu < 0:
		return setting(c, "'cpu' must not be negative.")
	case c.Memory != nil && hard < minMemory:
		return setting(c, "'memory' must be at least 4 MiB.")
	case c.MemoryReservation != nil && soft < minMemory:
		return setting(c, "'memoryReservation' must be at least 4 MiB.")
	case c.Memory != nil && c.MemoryReservation != nil && hard < soft:
		return setting(c, "'memory' must be greater than or equal to 'memoryReservation'.")
	case outside(c.StartTimeout, 0, 1<<30):
		return setting(c, "'startTimeout' must not be negative.")
	case outside(c.StopTimeout, 0, 1<<30):
		return setting(c, "'stopTimeout' must not be negative.")
	}
	return nil
}

func outside(p *int32, least, most int32) bool { return p != nil && (*p < least || *p > most) }

func validateEnvironment(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, e := range c.Environment {
		if aws.ToString(e.Name) == "" || strings.Contains(*e.Name, "=") {
			return setting(c, "Environment variables must have a name without '='.")
		}
	}
	for _, u := range c.Ulimits {
		if !slices.Contains(u.Name.Values(), u.Name) {
			return setting(c, "Invalid ulimit name '"+string(u.Name)+"'.")
		}
		if u.SoftLimit > u.HardLimit && u.HardLimit >= 0 {
			return setting(c, "The soft limit of a ulimit cannot be greater than its hard limit.")
		}
	}
	return nil
}

func validatePorts(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	if len(c.PortMappings) > maxPortMappings {
		return setting(c, "There can be at most 100 port mappings.")
	}
	if def.NetworkMode == types.NetworkModeNone && len(c.PortMappings) > 0 {
		return clientError("When networkMode=none, port mappings are not supported.")
	}
	for _, p := range c.PortMappings {
		switch {
		case p.ContainerPort == nil || outside(p.ContainerPort, 1, 65535):
			return setting(c, "Container ports must be between 1 and 65535.")
		case outside(p.HostPort, 0, 65535):
			return setting(c, "Host ports must be between 0 and 65535.")
		case p.Protocol != types.TransportProtocolTcp && p.Protocol != types.TransportProtocolUdp:
			return setting(c, "Invalid protocol '"+string(p.Protocol)+"' of a port mapping.")
		case def.NetworkMode == types.NetworkModeHost && *p.HostPort != *p.ContainerPort:
			return clientError("When networkMode=host, the host ports and container ports in port mappings must match.")
		case p.AppProtocol != "" && !slices.Contains(p.AppProtocol.Values(), p.AppProtocol):
			return setting(c, "Invalid appProtocol '"+string(p.AppProtocol)+"' of a port mapping.")
		case p.Name != nil && !validPortName(*p.Name):
			return setting(c, "Port mapping names can have up to 64 lowercase letters, numbers, underscores, and hyphens.")
		}
	}
	return nil
}

// validPortName follows ECS API reference, PortMapping.name.
func validPortName(s string) bool {
	return validName(s) && len(s) <= 64 && s == strings.ToLower(s) && s[0] != '-'
}

func validateNetworking(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	mode := def.NetworkMode
	if mode != "" && mode != types.NetworkModeBridge && len(c.Links) > 0 {
		return clientError("Links are not supported when networkMode=%s.", mode)
	}
	for _, h := range c.ExtraHosts {
		if _, err := netip.ParseAddr(aws.ToString(h.IpAddress)); err != nil || aws.ToString(h.Hostname) == "" {
			return setting(c, "Extra hosts must have a hostname and an IP address.")
		}
	}
	for _, s := range c.DnsServers {
		if _, err := netip.ParseAddr(s); err != nil {
			return setting(c, "DNS servers must be IP addresses.")
		}
	}
	if c.Hostname != nil && (len(*c.Hostname) > 255 || *c.Hostname == "" || strings.ContainsAny(*c.Hostname, " /\t\n")) {
		return setting(c, "The hostname is invalid.")
	}
	for _, s := range c.SystemControls {
		if aws.ToString(s.Namespace) == "" || s.Value == nil {
			return setting(c, "System controls must have a namespace and a value.")
		}
		if mode == types.NetworkModeHost && strings.HasPrefix(*s.Namespace, "net.") {
			return setting(c, "System controls of the network namespace are not supported when networkMode=host.")
		}
	}
	return nil
}

// validateMounts checks mount points against the task's volumes.
func validateMounts(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, m := range c.MountPoints {
		name := aws.ToString(m.SourceVolume)
		if !slices.ContainsFunc(def.Volumes, func(v types.Volume) bool { return aws.ToString(v.Name) == name }) {
			return clientError("Unknown volume '%s'.", name)
		}
		if !strings.HasPrefix(aws.ToString(m.ContainerPath), "/") {
			return setting(c, "The containerPath of a mount point must be an absolute path.")
		}
	}
	return nil
}

func validateHealthCheck(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	switch {
	case len(h.Command) == 0:
		return setting(c, "The health check command cannot be empty.")
	case h.Command[0] != "CMD" && h.Command[0] != "CMD-SHELL" || len(h.Command) < 2:
		return setting(c, "The health check command must begin with CMD or CMD-SHELL.")
	case outside(h.Interval, 5, 300):
		return setting(c, "The health check interval must be between 5 and 300 seconds.")
	case outside(h.Timeout, 2, 60):
		return setting(c, "The health check timeout must be between 2 and 60 seconds.")
	case outside(h.Retries, 1, 10):
		return setting(c, "The health check retries must be between 1 and 10.")
	case outside(h.StartPeriod, 0, 300):
		return setting(c, "The health check startPeriod must be between 0 and 300 seconds.")
	}
	return nil
}

func validateLinux(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	l := c.LinuxParameters
	if l == nil {
		return nil
	}
	switch {
	case outside(l.MaxSwap, 0, 1<<30):
		return setting(c, "'maxSwap' must not be negative.")
	case outside(l.Swappiness, 0, 100):
		return setting(c, "'swappiness' must be between 0 and 100.")
	case l.Swappiness != nil && l.MaxSwap == nil:
		return setting(c, "'swappiness' needs 'maxSwap'.")
	case outside(l.SharedMemorySize, 1, 1<<30):
		return setting(c, "'sharedMemorySize' must be positive.")
	}
	for _, t := range l.Tmpfs {
		if !strings.HasPrefix(aws.ToString(t.ContainerPath), "/") || t.Size < 1 {
			return setting(c, "A tmpfs must have an absolute containerPath and a size.")
		}
	}
	for _, dev := range l.Devices {
		if !strings.HasPrefix(aws.ToString(dev.HostPath), "/") {
			return setting(c, "A device must have an absolute hostPath.")
		}
	}
	return nil
}

// checkDefinitionSize bounds the definition as JSON.
func checkDefinitionSize(def *types.TaskDefinition) error {
	encoded, err := wire.Marshal(wire.AWSJSON11, def)
	if err != nil {
		return err
	}
	if len(encoded) > maxDefinitionSize {
		return clientError("Actual length: '%d'. Max allowed length is '%d' bytes.", len(encoded), maxDefinitionSize)
	}
	return nil
}
