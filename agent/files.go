package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// writeFiles makes the files that the container sees as /etc/hosts and
// /etc/resolv.conf. A container in the host's network sees the host's.
func (n *Node) writeFiles(out *runtime.Container, t acs.Task, host acs.HostConfig, r run, peers map[string]string) error {
	// The directory is there for every container: it says that there may be
	// something to remove.
	dir := n.filesDir(r.id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	onHost := t.NetworkMode == "host"
	if onHost {
		out.HostsFile, out.ResolvConf = "/etc/hosts", "/etc/resolv.conf"
		if len(host.ExtraHosts) == 0 && len(host.DNS) == 0 && len(host.DNSSearch) == 0 {
			return nil
		}
	}
	if out.Hostname == "" && !onHost {
		out.Hostname = hostname(t, r)
	}
	out.HostsFile, out.ResolvConf = filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(out.HostsFile, []byte(hosts(hostNames(t, out.Hostname), host, r, peers)), 0o644); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	if err := os.WriteFile(out.ResolvConf, []byte(resolvConf(n.options.ResolvConf, resolverOf(t, host))), 0o644); err != nil {
		return fmt.Errorf("files of container %s: %w", r.id, err)
	}
	return nil
}

// hostname is the private DNS name of an awsvpc task, as with Amazon's agent,
// and else the beginning of the container's id, as with Docker.
func hostname(t acs.Task, r run) string {
	if sharesNetwork(t) && r.sandbox.IPv4.IsValid() && t.Interfaces[0].PrivateDNSName != "" {
		return t.Interfaces[0].PrivateDNSName
	}
	return r.id[:min(len(r.id), 12)]
}

// hostNames are the names of a container's own address: its host name, and the
// first part of a private DNS name.
func hostNames(t acs.Task, hostname string) string {
	if first, _, qualified := strings.Cut(hostname, "."); qualified && sharesNetwork(t) {
		return hostname + " " + first
	}
	return hostname
}

// resolverOf returns the name servers and domains of a container: its own, else
// its interface's, if it says any.
func resolverOf(t acs.Task, host acs.HostConfig) acs.HostConfig {
	if !sharesNetwork(t) || len(t.Interfaces) == 0 {
		return host
	}
	if len(host.DNS) == 0 {
		host.DNS = t.Interfaces[0].DomainNameServers
	}
	if len(host.DNSSearch) == 0 {
		host.DNSSearch = t.Interfaces[0].DomainNames
	}
	return host
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

// filesDir is where a container's files are: those of one task stand together.
func (n *Node) filesDir(container string) string {
	task, index := splitID(container)
	return filepath.Join(n.options.Dir, "containers", task, index)
}

// splitID returns the task's id and the container's place in the task.
func splitID(container string) (task, index string) {
	at := max(0, strings.LastIndexByte(container, '-'))
	return container[:at], strings.TrimPrefix(container[at:], "-")
}

// removeFiles removes a container's files, and its task's volumes with the
// last of the task's containers.
func (n *Node) removeFiles(container string) error {
	task, index := splitID(container)
	if task == "" || index == "" {
		return nil // not one of ours
	}
	if err := os.RemoveAll(n.filesDir(container)); err != nil {
		return fmt.Errorf("files of container %s: %w", container, err)
	}
	err := os.Remove(filepath.Dir(n.filesDir(container)))
	switch {
	case errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST):
		return nil // there are others
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("files of task %s: %w", task, err)
	}
	if err := n.removeVolumes(task); err != nil {
		return fmt.Errorf("volumes of task %s: %w", task, err)
	}
	return nil
}

// containersWithFiles returns the ids of all containers that have files.
func (n *Node) containersWithFiles() (ids []string) {
	// Both patterns have a fixed form; what cannot be read is met again when it is removed.
	tasks, _ := os.ReadDir(filepath.Join(n.options.Dir, "containers"))
	for _, t := range tasks {
		containers, _ := os.ReadDir(filepath.Join(n.options.Dir, "containers", t.Name()))
		for _, c := range containers {
			ids = append(ids, t.Name()+"-"+c.Name())
		}
		if len(containers) == 0 {
			_ = os.Remove(filepath.Join(n.options.Dir, "containers", t.Name()))
		}
	}
	return ids
}
