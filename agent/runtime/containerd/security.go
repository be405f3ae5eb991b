package containerd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
)

// defaultCapabilities are those that Docker gives.
var defaultCapabilities = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
	"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

// capabilitiesOf adds and drops as Docker does: "ALL" first, single ones after it, and dropping wins.
func capabilitiesOf(c runtime.Container, m machine) (*specs.LinuxCapabilities, error) {
	add, addAll, err := capabilityNames(c.CapAdd, m.capabilities)
	if err != nil {
		return nil, err
	}
	drop, dropAll, err := capabilityNames(c.CapDrop, m.capabilities)
	if err != nil {
		return nil, err
	}
	kept := slices.Clone(defaultCapabilities)
	if c.Privileged || addAll {
		kept = slices.Clone(m.capabilities)
	}
	if dropAll && !c.Privileged {
		kept = nil
		if addAll {
			kept = slices.Clone(m.capabilities)
		}
	}
	kept = append(kept, add...)
	if !c.Privileged {
		kept = slices.DeleteFunc(kept, func(name string) bool { return slices.Contains(drop, name) })
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	// Ambient stays empty: a user other than root has no capabilities, as in Docker.
	return &specs.LinuxCapabilities{Bounding: kept, Effective: kept, Permitted: kept}, nil
}

func capabilityNames(given, known []string) (names []string, all bool, err error) {
	for _, name := range given {
		full := strings.ToUpper(name)
		if full == "ALL" {
			all = true
			continue
		}
		if !strings.HasPrefix(full, "CAP_") {
			full = "CAP_" + full
		}
		if !slices.Contains(known, full) {
			return nil, false, fmt.Errorf("capability %q is not known: %w", name, errInvalid)
		}
		names = append(names, full)
	}
	return names, all, nil
}

// secure hides what a container should not see and filters its system calls; a privileged one is spared all of it.
func secure(spec *specs.Spec, c runtime.Container) error {
	unconfined := false
	for _, option := range c.SecurityOpt {
		name, value := securityOption(option)
		switch {
		case name == "no-new-privileges" && (value == "" || value == "true"):
			spec.Process.NoNewPrivileges = true
		case name == "no-new-privileges" && value == "false":
		case name == "seccomp" && value == "unconfined":
			unconfined = true
		case name == "apparmor" && value != "":
			spec.Process.ApparmorProfile = value
		default:
			return fmt.Errorf("security option %q is not supported: %w", option, errInvalid)
		}
	}
	if c.Privileged {
		return nil
	}
	spec.Linux.MaskedPaths = slices.Clone(maskedPaths)
	spec.Linux.ReadonlyPaths = slices.Clone(readonlyPaths)
	if !unconfined {
		spec.Linux.Seccomp = seccomp.DefaultProfile(spec)
		// Nobody builds x32 programs, and runc compiles the filter for each architecture at each start: without this
		// one it takes 6 ms less. Its system calls are then refused like those of any architecture that is not listed.
		spec.Linux.Seccomp.Architectures = slices.DeleteFunc(spec.Linux.Seccomp.Architectures,
			func(a specs.Arch) bool { return a == specs.ArchX32 })
	}
	return nil
}

// securityOption takes an option apart. Docker reads ":" and "=" alike.
func securityOption(option string) (name, value string) {
	name, value, _ = strings.Cut(strings.Replace(option, ":", "=", 1), "=")
	return name, value
}

var maskedPaths = []string{
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
	"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
}

var readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
