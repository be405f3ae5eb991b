//go:build linux && cgo && seccomp

package direct

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// newProcess turns a process of the OCI configuration into libcontainer's.
func newProcess(p *specs.Process) (*libcontainer.Process, error) {
	process := &libcontainer.Process{
		Args:            p.Args,
		Env:             p.Env,
		UID:             int(p.User.UID),
		GID:             int(p.User.GID),
		Cwd:             p.Cwd,
		Label:           p.SelinuxLabel,
		AppArmorProfile: p.ApparmorProfile,
		NoNewPrivileges: &p.NoNewPrivileges,
		Scheduler:       p.Scheduler,
		IOPriority:      p.IOPriority,
	}
	for _, group := range p.User.AdditionalGids {
		process.AdditionalGroups = append(process.AdditionalGroups, int(group))
	}
	if size := p.ConsoleSize; size != nil {
		process.ConsoleWidth, process.ConsoleHeight = uint16(size.Width), uint16(size.Height)
	}
	if c := p.Capabilities; c != nil {
		process.Capabilities = &configs.Capabilities{
			Bounding: c.Bounding, Effective: c.Effective, Inheritable: c.Inheritable, Permitted: c.Permitted, Ambient: c.Ambient,
		}
	}
	for _, limit := range p.Rlimits {
		kind, known := resources[limit.Type]
		if !known {
			return nil, fmt.Errorf("wrong rlimit value: %s", limit.Type)
		}
		process.Rlimits = append(process.Rlimits, configs.Rlimit{Type: kind, Soft: limit.Soft, Hard: limit.Hard})
	}
	var err error
	process.CPUAffinity, err = configs.ConvertCPUAffinity(p.ExecCPUAffinity)
	return process, err
}

// limits are a process's own, or else its container's, with one for locked memory in any case.
func (r *request) limits(own, containers []configs.Rlimit) []configs.Rlimit {
	if len(own) == 0 {
		own = containers
	}
	if slices.ContainsFunc(own, func(l configs.Rlimit) bool { return l.Type == unix.RLIMIT_MEMLOCK }) {
		return own
	}
	return append(slices.Clone(own), configs.Rlimit{Type: unix.RLIMIT_MEMLOCK, Soft: r.locked.Cur, Hard: r.locked.Max})
}

// resources are the numbers of what limits can be set for; some are not in package unix on every machine.
var resources = map[string]int{
	"RLIMIT_AS":         unix.RLIMIT_AS,
	"RLIMIT_CORE":       unix.RLIMIT_CORE,
	"RLIMIT_CPU":        unix.RLIMIT_CPU,
	"RLIMIT_DATA":       unix.RLIMIT_DATA,
	"RLIMIT_FSIZE":      unix.RLIMIT_FSIZE,
	"RLIMIT_LOCKS":      unix.RLIMIT_LOCKS,
	"RLIMIT_MEMLOCK":    unix.RLIMIT_MEMLOCK,
	"RLIMIT_MSGQUEUE":   unix.RLIMIT_MSGQUEUE,
	"RLIMIT_NICE":       unix.RLIMIT_NICE,
	"RLIMIT_NOFILE":     unix.RLIMIT_NOFILE,
	"RLIMIT_NPROC":      unix.RLIMIT_NPROC,
	"RLIMIT_RSS":        unix.RLIMIT_RSS,
	"RLIMIT_RTPRIO":     unix.RLIMIT_RTPRIO,
	"RLIMIT_RTTIME":     unix.RLIMIT_RTTIME,
	"RLIMIT_SIGPENDING": unix.RLIMIT_SIGPENDING,
	"RLIMIT_STACK":      unix.RLIMIT_STACK,
}

// checkProcess refuses what runc refuses.
func checkProcess(p *specs.Process) error {
	switch {
	case p == nil:
		return errors.New("process property must not be empty")
	case p.Cwd == "":
		return errors.New("Cwd property must not be empty")
	case !filepath.IsAbs(p.Cwd):
		return errors.New("Cwd must be an absolute path")
	case len(p.Args) == 0:
		return errors.New("args must not be empty")
	case p.SelinuxLabel != "":
		return errUnknown
	}
	return nil
}
