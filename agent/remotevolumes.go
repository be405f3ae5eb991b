package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// remoteVolume is a volume of a task whose files a server of NFS has.
type remoteVolume struct {
	name      string
	server    string // HOST:/export
	directory string // where it is mounted
	shared    bool   // other tasks may have the same mount
	// elsewhere says that the server listens where nobody knows how to ask whether it is there.
	elsewhere bool
}

// remoteVolumes gives the volumes of a task whose files servers have: those of EFS, and those of Docker's local driver that
// are of type nfs.
func (n *Node) remoteVolumes(t acs.Task) (all []remoteVolume) {
	for _, v := range t.Volumes {
		switch {
		case v.EFS != nil:
			all = append(all, remoteVolume{name: v.Name, server: n.options.FileSystems[fileSystemID(v.EFS.FileSystemID)], directory: n.fileSystem(t, v)})
		case v.Docker != nil && usableVolume(v.Name) == nil:
			dir, shared := n.dockerDirectory(t, v)
			if r, ok := nfsVolume(n.driverOptions(dir, v)); ok {
				r.name, r.directory, r.shared = v.Name, filepath.Join(dir, volumeData), shared
				all = append(all, r)
			}
		}
	}
	return all
}

// driverOptions are those that a volume was made with, which a definition that shares it need not know.
func (n *Node) driverOptions(dir string, v acs.Volume) map[string]string {
	text, err := os.ReadFile(filepath.Join(dir, volumeAccount))
	var kept volumeRecord
	if err != nil || json.Unmarshal(text, &kept) != nil {
		return v.Docker.DriverOpts
	}
	return kept.Options
}

// nfsVolume reads the options of Docker's local driver: the server is in addr=, or before the device's path.
// Source: nfs(5); Docker's reference, `docker volume create`.
func nfsVolume(options map[string]string) (r remoteVolume, ok bool) {
	if !strings.HasPrefix(options["type"], "nfs") {
		return r, false
	}
	host, export, _ := strings.Cut(options["device"], ":/")
	for _, option := range strings.Split(options["o"], ",") {
		name, value, _ := strings.Cut(option, "=")
		switch {
		case name == "addr":
			host = value
		case name == "port" && value != "2049", name == "proto" && strings.HasPrefix(value, "udp"), option == "udp":
			r.elsewhere = true
		}
	}
	r.server = host + ":/" + export
	return r, host != ""
}

// usedByOthers are the shared volumes that other tasks have than one. It is called by the node's loop.
func (n *Node) usedByOthers(arn string) (names []string) {
	for other, l := range n.live {
		if other == arn {
			continue
		}
		for _, v := range l.payload.Volumes {
			if v.Docker != nil && v.Docker.Scope == scopeShared {
				names = append(names, v.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
