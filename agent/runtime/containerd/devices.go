package containerd

import (
	"fmt"
	"os"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/containerd/containerd/v2/pkg/oci"

	"github.com/roadstead/roadstead/agent/runtime"
)

// addDevices allows Docker's few devices, which the OCI runtime makes itself, and those asked for.
func addDevices(spec *specs.Spec, c runtime.Container, m machine) error {
	if c.Privileged {
		devices, err := m.devices("/dev")
		if err != nil {
			return fmt.Errorf("list devices: %w", err)
		}
		spec.Linux.Devices = devices
		spec.Linux.Resources.Devices = []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
		return nil
	}
	rules := []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"},
		anyNumber("c", "m"), anyNumber("b", "m"), // making device files is harmless, opening them is not
		device("c", 1, 3), device("c", 1, 5), device("c", 1, 7), // null, zero, full
		device("c", 1, 8), device("c", 1, 9), // random, urandom
		device("c", 5, 0), device("c", 5, 1), device("c", 5, 2), // tty, console, ptmx
		device("c", 136, -1), // pts
	}
	for _, wanted := range c.Devices {
		permissions := first(wanted.Permissions, "rwm")
		if strings.Trim(permissions, "rwm") != "" {
			return fmt.Errorf("device permissions %q: want some of \"rwm\": %w", wanted.Permissions, errInvalid)
		}
		found, err := m.devices(wanted.HostPath)
		if err != nil {
			return fmt.Errorf("error gathering device information while adding custom device %q: %w: %w", wanted.HostPath, err, errCannotCreate)
		}
		for _, d := range found {
			d.Path = first(wanted.ContainerPath, wanted.HostPath) + strings.TrimPrefix(d.Path, wanted.HostPath)
			if wanted.Mode != nil {
				mode := os.FileMode(*wanted.Mode)
				d.FileMode = &mode
			}
			if wanted.UID != nil {
				d.UID = wanted.UID
			}
			if wanted.GID != nil {
				d.GID = wanted.GID
			}
			spec.Linux.Devices = append(spec.Linux.Devices, d)
			rules = append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: d.Type, Major: &d.Major, Minor: &d.Minor, Access: permissions})
		}
	}
	spec.Linux.Resources.Devices = rules
	return nil
}

func device(kind string, major, minor int64) specs.LinuxDeviceCgroup {
	rule := specs.LinuxDeviceCgroup{Allow: true, Type: kind, Major: &major, Access: "rwm"}
	if minor >= 0 {
		rule.Minor = &minor
	}
	return rule
}

func anyNumber(kind, access string) specs.LinuxDeviceCgroup {
	return specs.LinuxDeviceCgroup{Allow: true, Type: kind, Access: access}
}

// readDevices finds the device at a path, or all those below a directory.
func readDevices(path string) ([]specs.LinuxDevice, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		found, err := oci.DeviceFromPath(path)
		if err != nil {
			return nil, err
		}
		return []specs.LinuxDevice{*found}, nil
	}
	devices, err := oci.HostDevices()
	if err != nil || path == "/dev" {
		return devices, err
	}
	return slices.DeleteFunc(devices, func(d specs.LinuxDevice) bool {
		return !strings.HasPrefix(d.Path, strings.TrimRight(path, "/")+"/")
	}), nil
}
