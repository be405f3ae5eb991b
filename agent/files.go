package agent

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// writeFiles makes the files that the container sees as /etc/hosts and
// /etc/resolv.conf. A container in the host's network sees the host's.
func (n *Node) writeFiles(out *runtime.Container, t acs.Task, host acs.HostConfig, r run, peers map[string]string) error {
	if t.NetworkMode == "host" {
		out.HostsFile, out.ResolvConf = "/etc/hosts", "/etc/resolv.conf"
		if len(host.ExtraHosts) == 0 && len(host.DNS) == 0 && len(host.DNSSearch) == 0 {
			return nil
		}
	}
	dir := n.filesDir(r.id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	if out.Hostname == "" {
		out.Hostname = r.id[:min(len(r.id), 12)]
	}
	out.HostsFile, out.ResolvConf = filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(out.HostsFile, []byte(hosts(out.Hostname, host, r, peers)), 0o644); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	if err := os.WriteFile(out.ResolvConf, []byte(resolvConf(n.options.ResolvConf, host)), 0o644); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	return nil
}

func hosts(hostname string, host acs.HostConfig, r run, peers map[string]string) string {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	if r.sandbox.IPv4.IsValid() {
		fmt.Fprintf(&b, "%s\t%s\n", r.sandbox.IPv4, hostname)
	}
	for _, alias := range slices.Sorted(maps.Keys(peers)) {
		fmt.Fprintf(&b, "%s\t%s\n", peers[alias], alias)
	}
	for _, h := range host.ExtraHosts {
		if name, ip, ok := strings.Cut(h, ":"); ok {
			fmt.Fprintf(&b, "%s\t%s\n", ip, name)
		}
	}
	return b.String()
}

// resolvConf returns the instance's resolver settings with what the container
// asked for instead.
func resolvConf(base string, host acs.HostConfig) string {
	if len(host.DNS) == 0 && len(host.DNSSearch) == 0 {
		return base
	}
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(base), "\n") {
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		replaced := first == "nameserver" && len(host.DNS) > 0 || first == "search" && len(host.DNSSearch) > 0
		if !replaced && first != "" {
			b.WriteString(line + "\n")
		}
	}
	for _, s := range host.DNS {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(host.DNSSearch) > 0 {
		b.WriteString("search " + strings.Join(host.DNSSearch, " ") + "\n")
	}
	return b.String()
}

func (n *Node) filesDir(container string) string {
	return filepath.Join(n.options.Dir, "containers", container)
}

func (n *Node) volumesDir(task string) string {
	return filepath.Join(n.options.Dir, "volumes", task)
}

// removeFiles removes a container's files, and its task's volumes with the
// last of the task's containers.
func (n *Node) removeFiles(container string) error {
	if err := os.RemoveAll(n.filesDir(container)); err != nil {
		return err
	}
	task := container[:max(0, strings.LastIndexByte(container, '-'))]
	others, err := filepath.Glob(n.filesDir(task + "-*"))
	if err != nil || len(others) > 0 || task == "" {
		return err
	}
	return os.RemoveAll(n.volumesDir(task))
}

// mounts returns what a container mounts: its mount points, and those of the
// containers that it takes volumes from.
func (n *Node) mounts(t acs.Task, c acs.Container) ([]runtime.Mount, error) {
	var out []runtime.Mount
	for _, m := range c.MountPoints {
		source, err := n.volume(t, m.SourceVolume)
		if err != nil {
			return nil, err
		}
		out = append(out, runtime.Mount{Source: source, Destination: m.ContainerPath, ReadOnly: m.ReadOnly})
	}
	for _, from := range c.VolumesFrom {
		other := containerOf(t, from.SourceContainer)
		other.VolumesFrom = nil
		mounts, err := n.mounts(t, other)
		if err != nil {
			return nil, err
		}
		for _, m := range mounts {
			m.ReadOnly = m.ReadOnly || from.ReadOnly
			out = append(out, m)
		}
	}
	return out, nil
}

// volume returns the directory of a task's volume, made when absent. A volume
// without a path of the host's lives and dies with the task.
func (n *Node) volume(t acs.Task, name string) (string, error) {
	for _, v := range t.Volumes {
		if v.Name != name {
			continue
		}
		path := ""
		if v.Host != nil {
			path = v.Host.SourcePath
		}
		if path == "" {
			path = filepath.Join(n.volumesDir(taskID(t.ARN)), filepath.Base(name))
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			return "", fmt.Errorf("volume %s: %w", name, err)
		}
		return path, nil
	}
	return "", fmt.Errorf("volume %q is not defined", name)
}
