package containerd

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// takeNetworkSysctls removes the settings of the network from a specification and returns them: the network namespace
// of an isolated container is the machine's, and so its settings are not the container's root's to change.
func takeNetworkSysctls(spec *specs.Spec) map[string]string {
	taken := make(map[string]string)
	for _, name := range slices.Collect(maps.Keys(spec.Linux.Sysctl)) {
		if strings.HasPrefix(name, "net.") {
			taken[name] = spec.Linux.Sysctl[name]
			delete(spec.Linux.Sysctl, name)
		}
	}
	return taken
}

// setNetworkSysctls writes settings in the network namespace at a path.
func setNetworkSysctls(path string, settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	if path == "" {
		return fmt.Errorf("settings of the network need a network of the container's own: %w", errInvalid)
	}
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread, which is in a foreign namespace, ends with the goroutine
		result <- writeNetworkSysctls(path, settings)
	}()
	return <-result
}

func writeNetworkSysctls(path string, settings map[string]string) error {
	namespace, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open network namespace: %w: %w", err, errCannotCreate)
	}
	defer unix.Close(namespace)
	if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace: %w: %w", err, errCannotCreate)
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		file := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
		if !strings.HasPrefix(file, "/proc/sys/net/") {
			return fmt.Errorf("sysctl %q: %w", name, errInvalid)
		}
		if err := os.WriteFile(file, []byte(settings[name]), 0o644); err != nil {
			return fmt.Errorf("set sysctl %s: %w: %w", name, err, errCannotCreate)
		}
	}
	return nil
}
