package containerd

import (
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
)

// initPath is where the init is shown inside containers that want one.
const initPath = "/sbin/roadstead-init"

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func buildProcess(c runtime.Container, image runtime.ImageConfig, users accounts, m machine) (*specs.Process, error) {
	arguments, err := arguments(c, image)
	if err != nil {
		return nil, err
	}
	if c.Init {
		if m.init == "" {
			return nil, fmt.Errorf("the init process asked for is not installed on this machine: %w", errCannotCreate)
		}
		arguments = append([]string{initPath, "--"}, arguments...)
	}
	user, err := users.resolve(first(c.User, image.User))
	if err != nil {
		return nil, err
	}
	capabilities, err := capabilitiesOf(c, m)
	if err != nil {
		return nil, err
	}
	limits, err := rlimits(c.Ulimits)
	if err != nil {
		return nil, err
	}
	score := 0 // else it would be that of the shim, which the kernel hardly ever kills
	return &specs.Process{
		Terminal:     c.TTY,
		User:         user,
		Args:         arguments,
		Env:          environment(c, image, m),
		Cwd:          first(c.WorkingDir, image.WorkingDir, "/"),
		Capabilities: capabilities,
		Rlimits:      limits,
		OOMScoreAdj:  &score,
	}, nil
}

// arguments joins entrypoint and command; an entrypoint that is given also hides the image's command.
func arguments(c runtime.Container, image runtime.ImageConfig) ([]string, error) {
	entrypoint, command := c.Entrypoint, c.Command
	if entrypoint == nil {
		entrypoint = image.Entrypoint
		if command == nil {
			command = image.Cmd
		}
	}
	all := slices.Concat(entrypoint, command)
	if len(all) == 0 {
		return nil, fmt.Errorf("no command specified: %w", errCannotCreate)
	}
	return all, nil
}

// environment starts from Docker's defaults; what comes later wins but keeps the place of what it replaces.
func environment(c runtime.Container, image runtime.ImageConfig, m machine) []string {
	defaults := []string{defaultPath, "HOSTNAME=" + hostnameOf(c, m)}
	if c.TTY {
		defaults = append(defaults, "TERM=xterm")
	}
	var result []string
	place := make(map[string]int)
	for _, variable := range slices.Concat(defaults, image.Env, c.Env) {
		name, _, _ := strings.Cut(variable, "=")
		if at, known := place[name]; known {
			result[at] = variable
			continue
		}
		place[name] = len(result)
		result = append(result, variable)
	}
	return result
}

func rlimits(ulimits []runtime.Ulimit) ([]specs.POSIXRlimit, error) {
	var limits []specs.POSIXRlimit
	for _, ulimit := range ulimits {
		if !slices.Contains(ulimitNames, ulimit.Name) {
			return nil, fmt.Errorf("ulimit %q is not one of %s: %w", ulimit.Name, strings.Join(ulimitNames, ", "), errInvalid)
		}
		// -1 becomes the largest number, which is the kernel's way of saying no limit.
		soft, hard := uint64(ulimit.Soft), uint64(ulimit.Hard)
		if soft > hard {
			return nil, fmt.Errorf("ulimit %q: soft limit %d is above hard limit %d: %w", ulimit.Name, ulimit.Soft, ulimit.Hard, errInvalid)
		}
		limits = append(limits, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(ulimit.Name), Soft: soft, Hard: hard})
	}
	return limits, nil
}

var ulimitNames = []string{
	"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
	"sigpending", "stack",
}

// first gives the first that is not empty.
func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
