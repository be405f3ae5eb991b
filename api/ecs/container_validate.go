package ecs

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Limits of containers. Source: ECS API reference, ContainerDefinition,
// HealthCheck and ContainerRestartPolicy.
const (
	maxImage           = 255
	minTimeout         = 2 // seconds
	maxIgnoredCodes    = 50
	minRestartPeriod   = 60 // seconds
	maxRestartPeriod   = 1800
	maxCredentialSpecs = 1
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
	case len(image) > maxImage || strings.ContainsAny(image, " \t\r\n\"'\\$\x00"):
		return clientError("Container.image contains invalid characters.")
	}
	for _, check := range []func(*types.TaskDefinition, *types.ContainerDefinition) error{
		validateWhatRuns, validateMemory, validateTimeouts, validateEnvironment, validatePorts, validateNetworking, validateSysctls, validateMounts,
		validateHealthCheck, validateLogs, validateRouter, validateUlimits, validateLinux, validateSecurity, validateResources, validateRestart,
	} {
		if err := check(def, c); err != nil {
			return err
		}
	}
	return nil
}

// validateWhatRuns checks the words that are handed to the kernel: none can
// have a NUL in it. A working directory that is not absolute is left to the
// runtime, which refuses to start it, as AWS does.
func validateWhatRuns(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, p := range []struct {
		name  string
		words []string
	}{
		{"command", c.Command}, {"entryPoint", c.EntryPoint}, {"user", []string{aws.ToString(c.User)}},
		{"workingDirectory", []string{aws.ToString(c.WorkingDirectory)}},
	} {
		if slices.ContainsFunc(p.words, func(s string) bool { return strings.ContainsRune(s, 0) }) {
			return clientError("Container.%s contains invalid characters.", p.name)
		}
	}
	if r := c.RepositoryCredentials; r != nil && !validARN(aws.ToString(r.CredentialsParameter), "secretsmanager") {
		return clientError("Invalid arn syntax.")
	}
	if !oneOf(c.VersionConsistency, c.VersionConsistency.Values()) {
		return setting(c, "Invalid versionConsistency '"+string(c.VersionConsistency)+"'.")
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
	}
	return nil
}

func outside(p *int32, least, most int32) bool { return p != nil && (*p < least || *p > most) }

func validateTimeouts(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	switch {
	case outside(c.StartTimeout, minTimeout, 1<<30):
		return clientError("Granular start timeout on container '%s' must be at least %d seconds.", *c.Name, minTimeout)
	case outside(c.StopTimeout, minTimeout, 1<<30):
		return clientError("Granular stop timeout on container '%s' must be at least %d seconds.", *c.Name, minTimeout)
	}
	return nil
}

// searchDomain matches domains of dnsSearchDomains. Source: ECS API
// reference, ContainerDefinition.
var searchDomain = regexp.MustCompile(`^[a-zA-Z0-9-.]{0,253}[a-zA-Z0-9]$`)

// validateNames checks what names hosts.
func validateNames(c *types.ContainerDefinition) error {
	for _, h := range c.ExtraHosts {
		if _, err := netip.ParseAddr(aws.ToString(h.IpAddress)); err != nil || badHost(aws.ToString(h.Hostname)) {
			return setting(c, "Extra hosts must have a hostname and an IP address.")
		}
	}
	for _, s := range c.DnsServers {
		if _, err := netip.ParseAddr(s); err != nil {
			return setting(c, "DNS servers must be IP addresses.")
		}
	}
	for _, s := range c.DnsSearchDomains {
		if !searchDomain.MatchString(s) {
			return setting(c, "Invalid DNS search domain '"+s+"'.")
		}
	}
	if c.Hostname != nil && badHost(*c.Hostname) {
		return setting(c, "The hostname is invalid.")
	}
	return nil
}

func badHost(s string) bool { return s == "" || len(s) > 255 || strings.ContainsAny(s, " /\t\r\n\x00") }

// validateMounts checks mount points against the task's volumes.
func validateMounts(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, m := range c.MountPoints {
		name := aws.ToString(m.SourceVolume)
		if !slices.ContainsFunc(def.Volumes, func(v types.Volume) bool { return aws.ToString(v.Name) == name }) {
			return clientError("Unknown volume '%s'.", name)
		}
		if !absolutePath.MatchString(aws.ToString(m.ContainerPath)) {
			return setting(c, "The containerPath of a mount point must be an absolute path.")
		}
	}
	return nil
}

// validateHealthCheck checks a health check. AWS accepts a command that
// begins with neither CMD nor CMD-SHELL.
func validateHealthCheck(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	if len(h.Command) == 0 || len(h.Command) == 1 && (h.Command[0] == "CMD" || h.Command[0] == "CMD-SHELL") {
		return setting(c, "The health check command cannot be empty.")
	}
	for _, p := range []struct {
		name        string
		value       *int32
		least, most int32
	}{{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 60}, {"retries", h.Retries, 1, 10}, {"startPeriod", h.StartPeriod, 0, 300}} {
		switch {
		case p.value == nil:
		case *p.value < p.least:
			return clientError("Health check %s must be greater than or equal to the minimum allowed value %d for container '%s'", p.name, p.least, *c.Name)
		case *p.value > p.most:
			return clientError("Health check %s must be less than or equal to the maximum allowed value %d for container '%s'", p.name, p.most, *c.Name)
		}
	}
	return nil
}

func validateRestart(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	r := c.RestartPolicy
	switch {
	case r == nil:
		return nil
	case r.Enabled == nil:
		return setting(c, "The restart policy must say whether it is enabled.")
	case outside(r.RestartAttemptPeriod, minRestartPeriod, maxRestartPeriod):
		return clientError("The 'restartAttemptPeriod' setting for container '%s' must be between %d and %d.", *c.Name, minRestartPeriod, maxRestartPeriod)
	case len(r.IgnoredExitCodes) > maxIgnoredCodes:
		return clientError("The 'ignoredExitCodes' setting for container '%s' can have at most %d exit codes.", *c.Name, maxIgnoredCodes)
	}
	return nil
}

// validateResources checks GPUs and other devices. Source: ECS API reference,
// ResourceRequirement.
func validateResources(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, r := range c.ResourceRequirements {
		value := aws.ToString(r.Value)
		n, err := strconv.Atoi(value)
		count := err == nil && n > 0 || value == "ALL"
		shared := r.SharingStrategy != nil
		switch {
		case !slices.Contains(r.Type.Values(), r.Type):
			return setting(c, "Invalid resource requirement type '"+string(r.Type)+"'.")
		case shared && r.Type != types.ResourceTypeGpu:
			return setting(c, "A sharingStrategy is for resource requirements of type GPU.")
		case shared && r.Value != nil:
			return setting(c, "A GPU resource requirement has either a value or a sharingStrategy.")
		case r.Type == types.ResourceTypeGpu && !shared && !count, r.Type == types.ResourceTypeNeuronDevice && value != "ALL",
			r.Type == types.ResourceTypeInferenceAccelerator: // a definition can have none
			return setting(c, "Invalid value '"+value+"' of a resource requirement of type "+string(r.Type)+".")
		}
	}
	return nil
}
