package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// linuxCapabilities are those that a container may be given or denied.
// Source: ECS API reference, KernelCapabilities.
var linuxCapabilities = strings.Fields(`ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID
	IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP
	SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
	SYS_TTY_CONFIG SYSLOG WAKE_ALARM`)

// tmpfsOptions are the mount options of a tmpfs, those that take a value as
// far as the "=". Source: ECS API reference, Tmpfs.
var tmpfsOptions = strings.Fields(`defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime
	diratime nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime
	nostrictatime mode uid gid nr_inodes nr_blocks mpol`)

// validateLinux checks linuxParameters. Swappiness without maxSwap means
// nothing, to AWS, too.
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
	case outside(l.SharedMemorySize, 1, 1<<30):
		return setting(c, "'sharedMemorySize' must be positive.")
	}
	if l.Capabilities != nil {
		for _, name := range slices.Concat(l.Capabilities.Add, l.Capabilities.Drop) {
			if !slices.Contains(linuxCapabilities, strings.TrimPrefix(name, "CAP_")) {
				return setting(c, "Unknown Linux capability '"+name+"'.")
			}
		}
	}
	for _, dev := range l.Devices {
		if err := validateDevice(c, dev); err != nil {
			return err
		}
	}
	for _, t := range l.Tmpfs {
		if err := validateTmpfs(c, t); err != nil {
			return err
		}
	}
	return nil
}

func validateDevice(c *types.ContainerDefinition, dev types.Device) error {
	if !strings.HasPrefix(aws.ToString(dev.HostPath), "/") {
		return setting(c, "A device must have an absolute hostPath.")
	}
	for _, p := range dev.Permissions {
		if !slices.Contains(p.Values(), p) {
			return setting(c, "Invalid device permission '"+string(p)+"'.")
		}
	}
	return nil
}

func validateTmpfs(c *types.ContainerDefinition, t types.Tmpfs) error {
	if !strings.HasPrefix(aws.ToString(t.ContainerPath), "/") || t.Size < 1 {
		return setting(c, "A tmpfs must have an absolute containerPath and a size.")
	}
	for _, option := range t.MountOptions {
		name, _, _ := strings.Cut(option, "=")
		if !slices.Contains(tmpfsOptions, name) {
			return setting(c, "Invalid tmpfs mount option '"+option+"'.")
		}
	}
	return nil
}

func validateUlimits(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	seen := map[types.UlimitName]bool{}
	for _, u := range c.Ulimits {
		switch {
		case !slices.Contains(u.Name.Values(), u.Name):
			return setting(c, "Invalid ulimit name '"+string(u.Name)+"'.")
		case seen[u.Name]:
			return setting(c, "The ulimit '"+string(u.Name)+"' is given more than once.")
		case u.SoftLimit > u.HardLimit && u.HardLimit >= 0:
			return clientError("Soft limit exceeds hard limit for ulimit %s", u.Name)
		}
		seen[u.Name] = true
	}
	return nil
}

// securityOption takes an option of dockerSecurityOptions apart. Docker reads
// "=" where AWS writes ":".
func securityOption(s string) (kind, value string) {
	kind, value, _ = strings.Cut(strings.Replace(s, "=", ":", 1), ":")
	return kind, value
}

// validateSecurity checks security options and credential specs. Source: ECS
// API reference, ContainerDefinition.
func validateSecurity(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	for _, option := range c.DockerSecurityOptions {
		kind, value := securityOption(option)
		plain := kind == "no-new-privileges" && (value == "" || value == "true")
		if !plain && (value == "" || !slices.Contains([]string{"apparmor", "label", "credentialspec"}, kind)) {
			return setting(c, "Invalid dockerSecurityOptions '"+option+"'.")
		}
	}
	if len(c.CredentialSpecs) > maxCredentialSpecs {
		return setting(c, "There can be at most one credential spec.")
	}
	for _, s := range c.CredentialSpecs {
		kind, arn, _ := strings.Cut(s, ":")
		if kind != "credentialspec" && kind != "credentialspecdomainless" || !validARN(arn, "ssm", "s3") {
			return setting(c, "Invalid credential spec '"+s+"'.")
		}
	}
	return nil
}
