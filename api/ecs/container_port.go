package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// maxPortMappings bounds the port mappings of a container. Source: ECS API
// reference, PortMapping.
const maxPortMappings = 100

func validatePorts(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	if len(c.PortMappings) > maxPortMappings {
		return setting(c, "There can be at most 100 port mappings.")
	}
	if def.NetworkMode == types.NetworkModeNone && len(c.PortMappings) > 0 {
		return clientError("When networkMode=none, port mappings are not supported.")
	}
	for _, p := range c.PortMappings {
		check := validatePort
		if p.ContainerPortRange != nil {
			check = validatePortRange
		}
		if err := check(def, c, p); err != nil {
			return err
		}
		switch {
		case !oneOf(p.AppProtocol, p.AppProtocol.Values()):
			return setting(c, "Invalid appProtocol '"+string(p.AppProtocol)+"' of a port mapping.")
		case p.Name != nil && !validPortName(*p.Name):
			return setting(c, "Port mapping names can have up to 64 lowercase letters, numbers, underscores, and hyphens.")
		}
	}
	return nil
}

func validatePort(def *types.TaskDefinition, c *types.ContainerDefinition, p types.PortMapping) error {
	mode := def.NetworkMode
	switch {
	case p.ContainerPort == nil || outside(p.ContainerPort, 1, 65535):
		return clientError("Invalid 'containerPort' setting for container '%s'.", *c.Name)
	case outside(p.HostPort, 0, 65535):
		return clientError("Invalid 'hostPort' setting for container '%s'.", *c.Name)
	case (mode == types.NetworkModeHost || mode == types.NetworkModeAwsvpc) && *p.HostPort != *p.ContainerPort:
		return clientError("When networkMode=%s, the host ports and container ports in port mappings must match.", mode)
	}
	return nil
}

func validatePortRange(def *types.TaskDefinition, c *types.ContainerDefinition, p types.PortMapping) error {
	first, last, ok := portRange(*p.ContainerPortRange)
	switch {
	case p.ContainerPort != nil || p.HostPort != nil:
		return clientError("Invalid port mapping for container '%s', cannot specify both single port and port range.", *c.Name)
	case !ok || first >= last:
		return clientError("Invalid 'containerPortRange' setting for container '%s'.", *c.Name)
	case def.NetworkMode == types.NetworkModeHost:
		return clientError("When networkMode=host, container port ranges are not supported.")
	}
	return nil
}

// portRange reads "8080-8090".
func portRange(s string) (first, last int, ok bool) {
	a, b, _ := strings.Cut(s, "-")
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	return first, last, err1 == nil && err2 == nil && first >= 1 && last <= 65535
}

// validPortName follows ECS API reference, PortMapping.name.
func validPortName(s string) bool {
	return validName(s) && len(s) <= 64 && s == strings.ToLower(s) && s[0] != '-'
}

// distinctPorts refuses a definition that uses a port, or the name of a
// port, twice where there is only one.
func distinctPorts(def *types.TaskDefinition) error {
	mode := orWord(string(def.NetworkMode), string(types.NetworkModeBridge))
	shared := def.NetworkMode == types.NetworkModeAwsvpc || def.NetworkMode == types.NetworkModeHost
	host, names, inside := map[model.Port]bool{}, map[string]bool{}, map[model.Port]bool{}
	for _, c := range def.ContainerDefinitions {
		if !shared {
			clear(inside)
		}
		for _, m := range c.PortMappings {
			if name := aws.ToString(m.Name); name != "" && names[name] {
				return clientError("When networkMode=%s, port mapping name is already used", mode)
			}
			names[aws.ToString(m.Name)] = true
			port := model.Port{Number: int(aws.ToInt32(m.HostPort)), Protocol: string(m.Protocol)}
			if port.Number != 0 && host[port] && def.NetworkMode != types.NetworkModeAwsvpc {
				return clientError("%s host port '%d' is mapped multiple times in task.", strings.ToUpper(port.Protocol), port.Number)
			}
			host[port] = true
			if err := takePorts(inside, m, mode, shared); err != nil {
				return err
			}
		}
	}
	return nil
}

// takePorts notes the container ports of a mapping, and refuses one that is
// taken. A port that has a container's own network to itself may be mapped to
// several ports of the host, but not one by one and in a range.
func takePorts(taken map[model.Port]bool, m types.PortMapping, mode string, shared bool) error {
	first, last := int(aws.ToInt32(m.ContainerPort)), int(aws.ToInt32(m.ContainerPort))
	if m.ContainerPortRange != nil {
		first, last, _ = portRange(*m.ContainerPortRange)
	}
	for n := first; n <= last; n++ {
		port := model.Port{Number: n, Protocol: string(m.Protocol)}
		if ranged, ok := taken[port]; ok && (shared || ranged || m.ContainerPortRange != nil) {
			return clientError("%s container port '%d' is used multiple times in task when networkMode=%s.", strings.ToUpper(port.Protocol), n, mode)
		}
		taken[port] = m.ContainerPortRange != nil
	}
	return nil
}

// validateNetworking checks what a container says of its network.
func validateNetworking(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	mode := def.NetworkMode
	if mode != "" && mode != types.NetworkModeBridge && len(c.Links) > 0 {
		return clientError("Links are not supported when networkMode=%s.", mode)
	}
	if mode == types.NetworkModeAwsvpc {
		if err := refuse(func(what string) error {
			return clientError("%s supported on container when networkMode=awsvpc.", what)
		},
			parameter{"DNS servers are not", len(c.DnsServers) > 0},
			parameter{"DNS search domains are not", len(c.DnsSearchDomains) > 0},
			parameter{"Extra hosts are not", len(c.ExtraHosts) > 0},
			parameter{"hostname is not", c.Hostname != nil},
			parameter{"Disable Networking is not", aws.ToBool(c.DisableNetworking)},
		); err != nil {
			return err
		}
	}
	return validateNames(c)
}

// namespacedSysctl reports whether a kernel parameter can be set for a
// container. Source: ECS API reference, SystemControl.
func namespacedSysctl(name string) bool {
	return strings.HasPrefix(name, "net.") || strings.HasPrefix(name, "fs.mqueue.") || slices.Contains([]string{"kernel.msgmax", "kernel.msgmnb",
		"kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"}, name)
}

// validateSysctls checks kernel parameters: those of a namespace that the
// container shares with the host cannot be set.
func validateSysctls(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, s := range c.SystemControls {
		name := aws.ToString(s.Namespace)
		switch {
		case name == "" || s.Value == nil:
			return setting(c, "System controls must have a namespace and a value.")
		case !namespacedSysctl(name):
			return setting(c, fmt.Sprintf("The system control '%s' is not supported.", name))
		case def.NetworkMode == types.NetworkModeHost && strings.HasPrefix(name, "net."):
			return setting(c, "System controls of the network namespace are not supported when networkMode=host.")
		case def.IpcMode == types.IpcModeHost && !strings.HasPrefix(name, "net."):
			return setting(c, "System controls of the IPC namespace are not supported when ipcMode=host.")
		}
	}
	return nil
}
