package containerd

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
)

const defaultShmSize = 64 << 20 // bytes, Docker's

// buildMounts gives Docker's file systems, then the task's files, then what the container asks for. A mount of the
// container's own at the same place replaces one of ours.
func buildMounts(c runtime.Container, m machine) ([]specs.Mount, error) {
	access := "ro"
	if c.Privileged {
		access = "rw"
	}
	mounts := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", access}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime", access}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
	}
	mounts = append(mounts, sharedMemory(c, m)...)
	for _, file := range []struct{ source, destination string }{
		{m.hostnameFile, "/etc/hostname"}, {c.HostsFile, "/etc/hosts"}, {c.ResolvConf, "/etc/resolv.conf"},
	} {
		if file.source == "" {
			continue
		}
		options := []string{"rbind", "rprivate"}
		if c.Scratch != "" { // what it writes is to be on that disk, and these files are not
			options = append(options, "ro")
		}
		mounts = append(mounts, specs.Mount{Destination: file.destination, Type: "bind", Source: file.source, Options: options})
	}
	if c.Init {
		mounts = append(mounts, specs.Mount{Destination: initPath, Type: "bind", Source: m.init, Options: []string{"bind", "ro"}})
	}
	own, err := ownMounts(c)
	if err != nil {
		return nil, err
	}
	mounts = slices.DeleteFunc(mounts, func(ours specs.Mount) bool {
		return slices.ContainsFunc(own, func(theirs specs.Mount) bool { return theirs.Destination == ours.Destination })
	})
	return append(mounts, own...), nil
}

// sharedMemory gives /dev/shm: it goes with the IPC namespace.
func sharedMemory(c runtime.Container, m machine) []specs.Mount {
	shown := specs.Mount{Destination: "/dev/shm", Type: "bind", Options: []string{"rbind", "rprivate"}}
	switch c.IPC {
	case runtime.SharedWithNobody:
		return nil
	case runtime.SharedInTask:
		shown.Source = m.shared.SharedMemory()
	case runtime.SharedWithHost:
		shown.Source = "/dev/shm"
	default:
		shown.Type, shown.Source = "tmpfs", "shm"
		shown.Options = []string{"nosuid", "noexec", "nodev", "mode=1777", "size=" + strconv.FormatInt(shmSize(c), 10)}
	}
	return []specs.Mount{shown}
}

func shmSize(c runtime.Container) int64 {
	if c.ShmSize == 0 {
		return defaultShmSize
	}
	return c.ShmSize
}

func ownMounts(c runtime.Container) ([]specs.Mount, error) {
	var own []specs.Mount
	for _, mount := range c.Mounts {
		propagation := mount.Propagation
		if propagation == "" {
			propagation = "rprivate"
		}
		if !slices.Contains([]string{"rprivate", "rshared", "rslave", "private", "shared", "slave"}, propagation) {
			return nil, fmt.Errorf("mount propagation %q: %w", mount.Propagation, errInvalid)
		}
		// Asked for here so that the error names the path; the OCI runtime's names a file descriptor.
		if _, err := os.Stat(mount.Source); err != nil {
			return nil, fmt.Errorf("bind source path does not exist: %s: %w", mount.Source, errCannotCreate)
		}
		options := []string{"rbind", propagation}
		if mount.ReadOnly { // a plain "rw" would undo what the source is mounted with, such as noexec
			options = append(options, "ro")
		}
		if mount.Options != "" {
			options = append(options, strings.Split(mount.Options, ",")...)
		}
		if c.Isolated && !mount.Given { // what is given belongs to the container's user outside, too
			options = append(options, "idmap") // what belongs to root outside belongs to root inside
		}
		own = append(own, specs.Mount{Destination: mount.Destination, Type: "bind", Source: mount.Source, Options: options})
	}
	for _, tmpfs := range c.Tmpfs {
		options := []string{"nosuid", "nodev", "noexec"}
		for _, option := range tmpfs.Options {
			// "exec" undoes the default "noexec", and so on.
			options = slices.DeleteFunc(options, func(o string) bool { return o == "no"+option || "no"+o == option })
			options = append(options, option)
		}
		if tmpfs.Size > 0 {
			options = append(options, "size="+strconv.FormatInt(tmpfs.Size, 10))
		}
		own = append(own, specs.Mount{Destination: tmpfs.Destination, Type: "tmpfs", Source: "tmpfs", Options: options})
	}
	// An outer mount must come before the one inside it, or it would hide it.
	slices.SortStableFunc(own, func(a, b specs.Mount) int {
		return strings.Count(strings.TrimRight(a.Destination, "/"), "/") - strings.Count(strings.TrimRight(b.Destination, "/"), "/")
	})
	return own, nil
}
